"""Consent: which scopes there are, and whom a consent lets read."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from privacy.rules.contact import has_control_characters
from privacy.rules.recognition import looks_like_contact

COLLECTION = "collection"
_SCOPE = re.compile(r"collection|phone|email|profiling|cross_border|share:[a-z0-9][a-z0-9_-]{0,62}")


def problem(text_version: str, scopes: Sequence[str]) -> str | None:
    """Return what is wrong with a consent that should let contact data be collected, or None."""
    if not is_plain(text_version, 64):
        return "text_version must name the text shown to the person, in 1 to 64 plain characters."
    if any(_SCOPE.fullmatch(scope) is None for scope in scopes):
        return "A scope is one of collection, phone, email, profiling, cross_border, share:<legal entity slug>."
    if COLLECTION not in scopes:
        return "Without the scope 'collection' no contact data may be taken."
    return None


def may_read(reader: str, collected_by: str | None, scopes: Collection[str]) -> bool:
    """Tell whether the legal entity `reader` may read what `collected_by` collected under the live `scopes`.

    With the consent withdrawn (no scopes) nobody may.
    """
    return COLLECTION in scopes and (reader == collected_by or f"share:{reader}" in scopes)


def is_plain(text: str, longest: int) -> bool:
    """Tell whether `text` is a filled, short note without control characters or contact data."""
    return (
        0 < len(text.strip()) <= len(text) <= longest
        and not has_control_characters(text)
        and not looks_like_contact(text)
    )
