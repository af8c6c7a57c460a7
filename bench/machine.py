"""What the figures were measured on: the machine and the versions, no names and no places."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

from sqlalchemy import text

from bench import bare_app, contenders, places
from hub.kernel import clock
from hub.kernel.db import transaction


def describe() -> dict[str, str]:
    """Return what a reader needs to compare these figures with theirs."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    with transaction() as session:
        postgres = str(session.scalar(text("SHOW server_version")))
    node = places.versions_of({"Node": ["node", "--version"]})
    npm = {f"npm {name}": version for name, version in contenders.npm_versions().items() if node}
    return {
        "Date": f"{clock.wall():%Y-%m-%d %H:%M} UTC",
        "Processor": f"{_processor()}, {os.cpu_count()} cores, the load generator's included",
        "Memory": f"{memory:.0f} GiB",
        "System": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PostgreSQL": f"{postgres}, fsync on; one connection commits {_commits():,.0f} rows/s",
        **node,
        **npm,
        **contenders.robot_version(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _commits(seconds: float = 1.0) -> float:
    """Return how many single-row transactions a second the disk lets one connection commit."""
    count, started = 0, time.perf_counter()
    with bare_app.connect() as connection:
        while time.perf_counter() - started < seconds:
            connection.execute("INSERT INTO bare (type) VALUES ('probe')")
            count += 1
    return count / (time.perf_counter() - started)
