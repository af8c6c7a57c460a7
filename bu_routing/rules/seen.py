"""What a decision saw of a person: every field and count it asked for, once."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from hub.kernel.conditions import Subject
from hub.kernel.conditions.closures import Found


class Seen:
    """Stand between the rules and a person: answer from memory what was asked before, and know all that was asked."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._now = subject.now
        self._values: dict[str, Found] = {}
        self._counts: dict[tuple[str, str | None, str | None, datetime | None], int] = {}

    @property
    def now(self) -> datetime:
        """Return the time that spans are counted back from."""
        return self._now

    def value(self, name: str) -> Found:
        """Return the person's value for a field, None when it is missing."""
        if name not in self._values:
            self._values[name] = self._subject.value(name)
        return self._values[name]

    def activity_count(self, kind: str, key: str | None, key_starts_with: str | None, since: datetime | None) -> int:
        """Return how many of the person's activities match."""
        asked = (kind, key, key_starts_with, since)
        if asked not in self._counts:
            self._counts[asked] = self._subject.activity_count(kind, key, key_starts_with, since)
        return self._counts[asked]

    def digest(self, **context: object) -> str:
        """Return the SHA-256 (hex) over canonical JSON of everything that was seen, and of `context`."""
        # In the order of asking, which the rules and what was seen settle between them; flat, five items a count.
        counts: list[object] = []
        for (kind, key, prefix, since), n in self._counts.items():
            counts += (kind, key, prefix, since and (self._now - since).total_seconds(), n)
        seen = {"values": self._values, "counts": counts, "context": context}
        text = json.dumps(seen, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
        return hashlib.sha256(text.encode()).hexdigest()
