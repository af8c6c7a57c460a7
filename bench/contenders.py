"""Who takes callbacks in, and how each is served."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from bench import places
from bench.pushes import account
from hub.kernel.db import transaction

HUB, BARE, ROBOT, NPM, NPM_TWO, CO = "hub", "bare", "werobot", "npm", "npm x2", "co-wechat"
_NODE, _PYTHON = places.HOME / "node", places.HOME / "python"
_MODULES = ("express", "wechat", "koa", "co-wechat")


@dataclass(frozen=True, slots=True)
class Contender:
    """Name one that answers callbacks; `stored` counts what it has on disk, None when it stores nothing."""

    name: str
    title: str
    serve: Callable[[int], AbstractContextManager[None]]
    stored: Callable[[], int] | None = None


def contenders(say: Callable[[str], None]) -> list[Contender]:
    """Return everybody who can run here; say who cannot, and why."""
    found = [
        Contender(HUB, "the hub: decrypted, deduplicated, committed", places.hub_served, lambda: _count("callback")),
        Contender(BARE, "Flask + wechatpy + one commit each", _serve_bare, lambda: _count("bare")),
    ]
    for name, install, those in (("WeRoBot", _install_robot, _ROBOTS), ("npm's libraries", _install_npm, _NPMS)):
        missing = install()
        if missing:
            say(f"{name}: left out, {missing}")
        else:
            found += those
    return found


def npm_versions() -> dict[str, str]:
    """Return the versions of the npm packages that were measured."""
    files = {name: _NODE / "node_modules" / name / "package.json" for name in _MODULES}
    return {name: json.loads(file.read_text())["version"] for name, file in files.items() if file.exists()}


def _serve_bare(port: int) -> AbstractContextManager[None]:
    return places.served([sys.executable, "-m", "bench.bare_app", str(port)], port)


def _serve_robot(port: int) -> AbstractContextManager[None]:
    path = f"{Path(__file__).parents[1]}:{_PYTHON}"
    return places.served([sys.executable, "-m", "bench.robot_app", str(port)], port, PYTHONPATH=path)


def _serve_npm(port: int, processes: int, app: str = "express_app.js") -> AbstractContextManager[None]:
    to = account()
    words = (str(port), str(processes), to.path, to.token, to.aes_key, to.appid)
    return places.served(["node", app, *words], port, cwd=_NODE, NODE_ENV="production", NODE_NO_WARNINGS="1")


def _install_npm() -> str:
    """Put Express and wechat where the runs find them, once; return why that is not possible, "" when it is done."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node and npm are not installed"
    _NODE.mkdir(parents=True, exist_ok=True)
    for app in ("express_app.js", "koa_app.js"):
        shutil.copy(Path(__file__).with_name(app), _NODE)
    if len(npm_versions()) == len(_MODULES):
        return ""
    (_NODE / "package.json").write_text('{"private": true}\n')
    words = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", *_MODULES]
    done = subprocess.run(words, cwd=_NODE, capture_output=True, text=True, timeout=120, check=False)
    return "" if done.returncode == 0 else f"npm install ended with {done.returncode}"


def _install_robot() -> str:
    """Put WeRoBot where its run finds it, once, apart from the hub's own packages."""
    if (_PYTHON / "werobot").exists():
        return ""
    words = [sys.executable, "-m", "pip", "install", "-q", "--target", str(_PYTHON), "WeRoBot"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    return "" if done.returncode == 0 else f"pip install ended with {done.returncode}"


def robot_version() -> dict[str, str]:
    """Return the version of WeRoBot that was measured."""
    found = [path.name.split("-")[1] for path in _PYTHON.glob("WeRoBot-*.dist-info")]
    return {"WeRoBot": found[0].removesuffix(".dist")} if found else {}


_ROBOTS = [Contender(ROBOT, "WeRoBot, stores nothing", _serve_robot)]
_NPMS = [
    Contender(NPM, "npm wechat on Express, one process, stores nothing", lambda port: _serve_npm(port, 1)),
    Contender(NPM_TWO, "npm wechat on Express, two processes, stores nothing", lambda port: _serve_npm(port, 2)),
    Contender(CO, "npm co-wechat on Koa, one process, stores nothing", lambda port: _serve_npm(port, 1, "koa_app.js")),
]


def _count(table: str) -> int:
    with transaction() as session:
        return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)
