"""Parse a hostile XML or JSON document into plain fields, in time linear in its size."""

from __future__ import annotations

import re
from json import JSONDecoder
from typing import NoReturn
from xml.parsers import expat

from wechat.rules.request import Rejected

Fields = dict[str, object]

MAX_DEPTH = 8
MAX_ELEMENTS = 1_000
_BLANKS = " \t\r\n"
_AROUND = "\ufeff" + _BLANKS
_OPENING, _CLOSING = ("{", "["), ("}", "]")
# A string without an end reaches to the end of the text, so that no part is ever read twice.
_JSON_TOKEN = re.compile(r'[\[\]{}]|"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
# PostgreSQL refuses NUL and lone surrogates; other control characters only ever come from an attacker.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Decimal(str):
    """Mark the text of a JSON number with a fraction or an exponent, which no id and no time may have."""

    __slots__ = ()


def parse_document(text: str, *, json_allowed: bool) -> Fields:
    """Return the top-level fields of an XML or JSON document, told apart by the first character.

    A value is a str, a dict, or a list of those (an element that repeats); JSON adds True, False and None, and its
    numbers stay text. Raises Rejected: "wrong_format" for JSON where only XML is taken, else "malformed".
    """
    refuse_format(text, json_allowed=json_allowed)
    text = text.strip(_AROUND)
    return _parse_json(text) if text[0] == "{" else _parse_xml(text)


def refuse_format(text: str, *, json_allowed: bool) -> None:
    """Raise what parse_document does for a document that cannot be XML or JSON by its first character."""
    first = text.lstrip(_AROUND)[:1]
    if first == "{" and not json_allowed:
        raise Rejected("wrong_format")
    if first not in ("<", "{"):
        raise Rejected("malformed")


def scalar(fields: Fields, name: str, limit: int = 128) -> str:
    """Return the field `name` as printable text without blanks around it, "" when absent or null.

    Raises Rejected("malformed") when it is anything but one text or whole number of up to `limit` characters.
    """
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or isinstance(value, Decimal):
        raise Rejected("malformed")
    value = value.strip(_BLANKS)
    if len(value) > limit or _UNPRINTABLE.search(value):
        raise Rejected("malformed")
    return value


class _Tree:
    """Build fields from the calls of an expat parser, and refuse what is too deep or too much."""

    __slots__ = ("_count", "_open", "root")

    def __init__(self) -> None:
        self.root: Fields = {}
        self._open: list[tuple[Fields, list[str]]] = [(self.root, [])]
        self._count = 0

    def start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) > MAX_DEPTH:
            raise Rejected("malformed")
        self._open.append(({}, []))

    def data(self, data: str) -> None:
        self._open[-1][1].append(data)

    def end(self, name: str) -> None:
        children, texts = self._open.pop()
        value: object = children or "".join(texts)
        into = self._open[-1][0]
        if name not in into:
            into[name] = value
            return
        seen = into[name]
        if isinstance(seen, list):
            seen.append(value)
        else:
            into[name] = [seen, value]


def _parse_xml(text: str) -> Fields:
    _refuse_prolog(text)
    tree = _Tree()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.data
    try:
        # Given a str, expat reads UTF-8 whatever encoding the document claims.
        parser.Parse(text, True)
    except expat.ExpatError:
        tree.root.clear()
    fields = tree.root.get("xml")
    if not isinstance(fields, dict):
        raise Rejected("malformed")
    return fields


def _refuse_prolog(text: str) -> None:
    """Refuse all that may stand before the root but an XML declaration, so that no DTD ever reaches the parser.

    Checked beforehand, because expat parses on to the end of a document after a handler has raised.
    """
    if text.startswith("<?xml"):
        text = text.partition("?>")[2].lstrip(_BLANKS)
    if not text.startswith("<xml"):
        raise Rejected("malformed")


def _parse_json(text: str) -> Fields:
    # The C scanner recurses, and a thread's stack is small: refuse depth before it starts.
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _refuse_nesting(text)
    try:
        fields: object = _DECODER.decode(text)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise Rejected("malformed")
    return fields


def _refuse_nesting(text: str) -> None:
    """Refuse objects and arrays that are too deep or too many; brackets inside strings are neither."""
    depth = count = 0
    for token in _JSON_TOKEN.finditer(text):
        if token[0] in _OPENING:
            depth, count = depth + 1, count + 1
        elif token[0] in _CLOSING:
            depth -= 1
        if depth > MAX_DEPTH or count > MAX_ELEMENTS:
            raise Rejected("malformed")


def _object(pairs: list[tuple[str, object]]) -> Fields:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key stands twice")
    return fields


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


# Whole numbers stay text: ids go beyond 2^53, and turning a huge one into an int costs the square of its length.
_DECODER = JSONDecoder(
    object_pairs_hook=_object, parse_int=str, parse_float=Decimal, parse_constant=_refuse_constant, strict=True
)
