"""The keeper's process: it looks whether anybody uses the servers of a data directory, and ends them when nobody does.

It imports what stops the servers only when it comes to that, as it runs beside them all the time.
"""

from __future__ import annotations

import fcntl
import sys
import time
from pathlib import Path

USERS, START = "engines.users", "engines.start"
"""Lock files of a data directory: shared by all who use its servers; held alone by who starts or stops them."""
_LOOK = 0.5  # seconds between two looks


def keep(data_dir: Path, grace: float) -> None:
    """Return once the servers were ended because nobody used them for `grace` seconds, or their directory is gone."""
    seen = time.monotonic()
    while (data_dir / USERS).exists():
        time.sleep(min(_LOOK, grace))
        if _used(data_dir):
            seen = time.monotonic()
        elif time.monotonic() - seen >= grace:
            from hub.web.engines.shared import end_unused

            if end_unused(data_dir):
                return


def _used(data_dir: Path) -> bool:
    """Tell whether a process uses the servers, or starts or stops them now: its own look must not seem to be one."""
    try:
        with (data_dir / START).open() as start, (data_dir / USERS).open() as users:
            for held in (start, users):
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass  # the whole directory is gone, which the next look shows
    return False


if __name__ == "__main__":
    keep(Path(sys.argv[1]), float(sys.argv[2]))
