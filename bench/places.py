"""Where a run happens: a private PostgreSQL and Valkey of its own in build/bench, gone afterwards."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench import bare_app
from bench.pushes import GROUP_FILE
from hub.kernel import settings
from hub.kernel.db import transaction
from hub.web import groupfile
from hub.web.cli.runtime import running

HOME = Path("build", "bench").absolute()
_ELSEWHERE = ("HUB_DATABASE_URL", "HUB_REDIS_URL", "HUB_VAULT_DATABASE_URL", "HUB_KEYSTORE", "HUB_NOW_OFFSET")


class NotStarted(Exception):
    """A contender does not answer."""


@contextmanager
def fresh_engines() -> Iterator[None]:
    """Give this process and its children new engines with the sample group, whatever the environment named."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME, prefix="data-", ignore_cleanup_errors=True) as data_dir:
        settings.adopt(**dict.fromkeys(_ELSEWHERE, ""), HUB_ENV="development", HUB_DATA_DIR=data_dir, HUB_API_RATE="0")
        with running(redis=True):
            with transaction() as session:
                groupfile.apply(session, GROUP_FILE)
            with bare_app.connect() as connection:
                connection.execute(bare_app.TABLE)
            yield


@contextmanager
def served(argv: Sequence[str], port: int, *, cwd: Path | None = None, **environment: str) -> Iterator[None]:
    """Run `argv`, which serves `port`, as long as the block lasts; raise NotStarted when /healthz never answers."""
    process = subprocess.Popen(argv, cwd=cwd, env=settings.environment(**environment))
    try:
        _wait(process, Path(argv[0]).name, f"http://127.0.0.1:{port}/healthz")
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def hub_served(port: int) -> Iterator[None]:
    """Serve the hub as `hub up` does, with its two web processes and shared counters, but no worker and no clock."""
    metrics = Path(settings.current().data_dir, "metrics")
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir()
    argv = [sys.executable, "-m", "hub", "serve", "--port", str(port), "--web-workers", "2"]
    with served(argv, port, PROMETHEUS_MULTIPROC_DIR=str(metrics)):
        yield


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], what: str, url: str) -> None:
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up and process.poll() is None:
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=1):
            return
        time.sleep(0.1)
    raise NotStarted(f"{what} does not serve: see its messages above")


def versions_of(argv: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return what each command of `argv` prints, without those that are not there."""
    found = {}
    for name, words in argv.items():
        with suppress(OSError, subprocess.CalledProcessError):
            found[name] = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    return found
