"""Every command's name, the module it is in, and its line in the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Named:
    """Tell where a command is, and what the list says of it: the first sentence of its help."""

    module: str
    line: str


COMMANDS: Mapping[str, Named] = {
    "apply": Named("group", "Apply a group file; print what it created, changed and left."),
    "clock": Named("run", "Ring the bell each second, and drain when Redis is away."),
    "db": Named("operate", "The database schema."),
    "deadletters": Named("operate", "Work that failed for good and waits for somebody to look."),
    "demo": Named(
        "demo", "Run the hub with a sample group and simulated followers; starting again continues where it was."
    ),
    "doctor": Named("operate", "Show every setting and engine, and what is wrong with them."),
    "export": Named("group", "Write the group file that would make this installation."),
    "followers": Named("followers", "Followers of the accounts: imported, compared, counted."),
    "key": Named("keys", "API keys."),
    "privacy": Named("operate", "Personal data."),
    "serve": Named("run", "Serve HTTP (granian, WSGI)."),
    "simulate": Named(
        "simulate", "Be WeChat: serve its API on loopback, and deliver the acts of simulated people to a hub."
    ),
    "up": Named("run", "Run the hub in the foreground: web, workers and clock."),
    "user": Named("users", "Users of the console."),
    "worker": Named("run", "Drain whatever the bell announces (RQ, one queue)."),
}
