"""The keeper of a data directory's servers: ends them some time after every process that used them is gone.

Whoever leaves in good order stops the servers at once. A killed one cannot, and whoever comes soon takes them over; but
if nobody comes, nobody else would ever end them. It waits in a process of its own, which imports next to nothing.
"""

from __future__ import annotations

import signal
import sys

from hub.web.engines.place import Place
from hub.web.engines.server import Answer, Server, running

GRACE = 30.0  # seconds in which another process may take the servers over


def server(place: Place) -> Server:
    """Return the keeper of `place`, which is started, known and ended as the servers are."""
    pid_file = place.run / "keeper.pid"
    words = (str(place.data_dir), str(pid_file), str(GRACE))
    return Server(
        name="the keeper of the servers",
        mark=str(pid_file),
        pid_files=(pid_file,),
        log=place.logs / "keeper.log",
        command=lambda: [sys.executable, "-m", "hub.web.engines.keeping", *words],
        answer=lambda: Answer.READY if running(server(place)) is not None else Answer.NOT_YET,
        patience=10,
        endings=((signal.SIGTERM, 5), (signal.SIGKILL, 5)),
    )
