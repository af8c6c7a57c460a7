"""The words of every page, as they stand in code and templates, and the English catalogue for them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).parents[2] / "hub" / "web"
PO = WEB / "translations" / "en" / "LC_MESSAGES" / "messages.po"
_HEAD: dict[str, Any] = {
    "header_comment": "# The pages in English; `python -m tests.web.catalogue` writes it anew and names what it lacks.",
    "msgid_bugs_address": "-",
    "last_translator": "-",
    "language_team": "-",
    "creation_date": datetime(2026, 1, 1, tzinfo=UTC),  # fixed, so that only words make a difference
    "revision_date": datetime(2026, 1, 1, tzinfo=UTC),
}
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]


def said() -> dict[str, list[tuple[str, int]]]:
    """Return every text that is passed to _() in hub/web, with the places where it stands."""
    found: dict[str, list[tuple[str, int]]] = {}
    keywords = {"_": None, "gettext": None, "lazy_gettext": None}
    for name, line, message, _comments, _context in extract_from_dir(WEB, METHODS, keywords=keywords):
        found.setdefault(str(message), []).append((name, line))
    return found


def read() -> Catalog:
    """Return the English catalogue as it is written."""
    with PO.open("rb") as file:
        return read_po(file, locale="en", domain="messages")


def compiled(catalogue: Catalog) -> bytes:
    """Return the catalogue as gettext reads it."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def write(english: dict[str, str]) -> list[str]:
    """Write the catalogue of what is said now, with `english` added to what it holds; return what lacks a word."""
    before = read() if PO.exists() else Catalog(locale="en", domain="messages")
    made = Catalog(locale="en", domain="messages", project="Hub", version="1", fuzzy=False, **_HEAD)
    lacking = []
    for text in sorted(said()):
        old = before.get(text)
        word = english.get(text) or (str(old.string) if old else "")
        made.add(text, word)
        lacking += [] if word else [text]
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        write_po(file, made, omit_header=False, width=120, sort_output=True)
    PO.with_suffix(".mo").write_bytes(compiled(read()))
    return lacking


if __name__ == "__main__":
    for line in write({}):
        print(line)
