"""Commands that serve: everything at once, or one process of it."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import sys
import threading
import urllib.error
import urllib.request
from types import FrameType

import click

from hub.kernel import db, settings
from hub.web import supervisor
from hub.web.cli.runtime import Runtime, running
from hub.web.supervisor import Program

_port = click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
_host = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
_web = click.option("--web-workers", default=2, show_default=True, type=click.IntRange(1, 64))


@click.command()
@_host
@_port
@_web
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Draining processes.")
def up(host: str, port: int, web_workers: int, workers: int) -> None:
    """Run the hub in the foreground: web, workers and clock."""
    with running(redis=True) as runtime:
        programs = hub_programs(runtime, host=host, port=port, web_workers=web_workers, workers=workers)
        base = f"http://{host}:{port}"
        sys.exit(
            supervisor.run(
                programs,
                on_tick=runtime.keep_alive,
                ready=lambda: answers(f"{base}/readyz"),
                on_ready=lambda: click.echo(f"The hub serves {base} (Ctrl-C stops it)."),
            )
        )


@click.command()
@_host
@_port
@_web
def serve(host: str, port: int, web_workers: int) -> None:
    """Serve HTTP (granian, WSGI)."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    with running():
        db.dispose()  # the web workers are forked from here
        Granian(
            f"{_door()}:app",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=web_workers,
            blocking_threads=32,
            backpressure=512,
            log_level=LogLevels.error,
            respawn_failed_workers=True,
            workers_kill_timeout=8,
        ).serve()


@click.command()
def worker() -> None:
    """Drain whatever the bell announces (RQ, one queue)."""
    from hub.web import worker as process

    with running(redis=True):
        process.run()


@click.command()
def clock() -> None:
    """Ring the bell each second, and drain when Redis is away."""
    from hub.web import clock as process

    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    with running(redis=True):
        process.run(stop)


def hub_programs(runtime: Runtime, *, host: str, port: int, web_workers: int, workers: int) -> list[Program]:
    """Return the programs of one hub on this machine; they find the engines by this process's environment."""
    metrics = runtime.data_dir / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)  # counters of processes that are gone
    metrics.mkdir(parents=True, exist_ok=True)  # a process of a killed hub may still be writing there
    env = settings.environment(PROMETHEUS_MULTIPROC_DIR=str(metrics))
    web = hub_command("serve", "--host", host, "--port", str(port), "--web-workers", str(web_workers))
    return [
        Program("web", web, env),
        *(Program(f"worker-{n}", hub_command("worker"), env) for n in range(1, workers + 1)),
        Program("clock", hub_command("clock"), env),
    ]


def hub_command(*words: str) -> list[str]:
    """Return the argv that runs `hub` with this interpreter, wherever the project lies."""
    return [sys.executable, "-m", "hub", *words]


def _door() -> str:
    """Return where wsgi.py lies: a bare module name would be looked for in the caller's directory first."""
    found = importlib.util.find_spec("wsgi")
    if found is None or found.origin is None:
        raise click.ClickException("wsgi.py is missing from this installation: install the hub again")
    return found.origin


def answers(url: str) -> bool:
    """Tell whether `url` answers 200 within a second."""
    try:
        with urllib.request.urlopen(url, timeout=1) as response:  # noqa: S310 - our own loopback address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


COMMANDS = (up, serve, worker, clock)
