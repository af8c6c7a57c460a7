"""From YAML text to plain data that knows its lines; everything of YAML that a group file has no use for is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml import events

from hub.kernel.conditions.values import show
from hub.web.groupfile.mistakes import GroupFileError, Mistake, Place, at

MAX_BYTES = 5_000_000
MAX_DEPTH = 32
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is some twenty times faster

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Fewer words than YAML 1.1 has: `no`, `12:30`, `0123`, `2030-01-31` and digits too long for a count are texts here.
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*([eE][-+][0-9]+)?")


@dataclass(frozen=True, slots=True)
class Document:
    """Hold a file's data, the line of every place in it, and the mistakes that reading could go on after."""

    data: Any
    lines: dict[Place, int]
    mistakes: list[Mistake]


def load(text: str | bytes) -> Document:
    """Return the document in `text` (UTF-8 when bytes); raise GroupFileError where reading cannot go on."""
    clean = _printable(_decode(text))
    reader = _Reader(_parse(clean))
    return Document(reader.document(), reader.lines, reader.mistakes)


def _decode(text: str | bytes) -> str:
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > MAX_BYTES:
        raise _refusal(1, f"the file has {len(raw):,} bytes: at most {MAX_BYTES:,} are taken")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8: save the file in the encoding UTF-8"
        raise _refusal(line, message) from error


def _printable(text: str) -> str:
    found = _UNPRINTABLE.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise _refusal(line, f"the control character U+{ord(found[0]):04X} has no place in a group file")
    return text


def _parse(text: str) -> Iterator[events.Event]:
    try:
        yield from yaml.parse(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _refusal(mark.line + 1 if mark else 1, f"this is not YAML: {error.problem or error.context}") from error


def _refusal(line: int, message: str) -> GroupFileError:
    return GroupFileError([Mistake(line, "", message)])


@dataclass(slots=True)
class _Reader:
    """Build data from the parser's events, which know no more than one level each."""

    events: Iterator[Any]
    lines: dict[Place, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def document(self) -> Any:
        data = None
        for event in self.events:
            if isinstance(event, events.DocumentStartEvent):
                if () in self.lines:
                    raise _refusal(_line(event), "a second document begins here: a group file is one document")
                data = self._node(next(self.events), ())
        return data

    def _node(self, event: Any, place: Place) -> Any:
        self.lines.setdefault(place, _line(event))
        if len(place) > MAX_DEPTH:
            raise _refusal(_line(event), f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, events.AliasEvent):
            return self._refuse(event, place, "an alias (*) has no place in a group file: write the value out")
        self._refuse_marks(event, place)
        if isinstance(event, events.MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, events.SequenceStartEvent):
            return self._sequence(place)
        return self._scalar(event, place)

    def _mapping(self, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), events.MappingEndEvent):
            if not isinstance(event, events.ScalarEvent):
                raise _refusal(_line(event), "a key must be one word")
            inner = (*place, event.value)
            self._refuse_marks(event, inner)
            if _UNPRINTABLE.search(event.value):
                self._refuse(event, inner, "an escaped control character has no place in a key")
            if event.value in found:
                first = self.lines[inner]
                self._refuse(event, inner, f"the key {show(event.value)} stands on line {first} already")
            self.lines.setdefault(inner, _line(event))
            value = self._node(next(self.events), inner)
            found.setdefault(event.value, value)
        return found

    def _sequence(self, place: Place) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self.events), events.SequenceEndEvent):
            found.append(self._node(event, (*place, len(found))))
        return found

    def _scalar(self, event: Any, place: Place) -> Any:
        text: str = event.value
        if _UNPRINTABLE.search(text):
            return self._refuse(event, place, "an escaped control character has no place in a group file")
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text

    def _refuse_marks(self, event: Any, place: Place) -> None:
        if event.anchor is not None:
            self._refuse(event, place, "an anchor (&) has no place in a group file")
        if event.tag is not None:
            self._refuse(event, place, "a tag (!) has no place in a group file")

    def _refuse(self, event: Any, place: Place, message: str) -> None:
        self.mistakes.append(at({place: _line(event)}, place, message))


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1
