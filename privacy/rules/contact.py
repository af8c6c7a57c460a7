"""The contact fields a person may leave, and what makes one acceptable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

LONGEST = {"name": 100, "mobile": 40, "email": 254, "company": 200, "title": 100}
"""Field -> greatest length in characters; the fields there are, in the order they are shown."""
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PHONE = re.compile(r"\+?[0-9()\-\s.]+(?:(?:#|ext\.?|转)\s*[0-9]{1,6})?", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")


def check(contact: Mapping[str, object]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the filled fields of `contact`, trimmed and otherwise as typed, and a message by field for each mistake.

    A message never repeats a value.
    """
    fields: dict[str, str] = {}
    errors: dict[str, str] = {}
    for name, value in contact.items():
        if name not in LONGEST:
            errors[name if name.isascii() and len(name) <= 20 else "contact"] = "There is no such contact field."
            continue
        text = value.strip() if isinstance(value, str) else value
        problem = _problem(name, text)
        if problem is not None:
            errors[name] = problem
        elif text:
            fields[name] = str(text)
    if not fields and not errors:
        errors["contact"] = f"Fill at least one of: {', '.join(LONGEST)}."
    return fields, errors


def _problem(name: str, value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return "This must be text."
    if len(value) > LONGEST[name] or has_control_characters(value):
        return f"This is longer than {LONGEST[name]} characters, or holds invisible or control characters."
    if name == "mobile" and not _is_phone(value):
        return "This does not read like a phone number."
    if name == "email" and _EMAIL.fullmatch(unicodedata.normalize("NFKC", value)) is None:
        return "This does not read like an e-mail address."
    return None


def has_control_characters(text: str) -> bool:
    """Tell whether `text` holds control, format, line-break or broken characters."""
    return any(unicodedata.category(c) in _REFUSED for c in text)


def _is_phone(value: str) -> bool:
    folded = unicodedata.normalize("NFKC", value)
    return _PHONE.fullmatch(folded) is not None and 7 <= sum(c.isdigit() for c in folded) <= 20
