"""What can be wrong with a group file, and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.kernel.conditions.values import show

_LONGEST_KEY = 60

Place = tuple[str | int, ...]
"""Where something stands in the file: the keys and list positions from the top."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """Hold one mistake: its line (1-based), its path such as ``accounts[0].token``, and what was expected there."""

    line: int
    path: str
    message: str

    def __str__(self) -> str:
        """Return the mistake on one line."""
        return f"line {self.line}: {self.path}: {self.message}" if self.path else f"line {self.line}: {self.message}"


class GroupFileError(Exception):
    """Carries every mistake of a group file that was refused whole."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(set(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


def write_place(place: Place) -> str:
    """Return `place` as people write it."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{_write_key(step)}" for step in place)
    return "".join(steps).removeprefix(".")


def _write_key(key: str) -> str:
    return key if key.isidentifier() and len(key) <= _LONGEST_KEY else show(key)


def at(lines: Mapping[Place, int], place: Place, message: str) -> Mistake:
    """Return the mistake at `place`, on its line or that of the nearest thing around it that is in the file."""
    found = place
    while found and found not in lines:
        found = found[:-1]
    return Mistake(lines.get(found, 1), write_place(place), message)
