"""Recognise contact data in text that ought to hold none."""

from __future__ import annotations

import re
import unicodedata

_GAP = r"[\s.\-\u2010-\u2015\u00b7_()/]{0,3}"
_MOBILE = re.compile(rf"(?<![0-9])(?:(?:\+|00)?86{_GAP})?1{_GAP}[3-9](?:{_GAP}[0-9]){{9}}(?![0-9])")
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z]{2,24}")


def looks_like_contact(text: str) -> bool:
    """Tell whether `text` holds what reads like a Chinese mobile number or an e-mail address.

    Full-width and other decimal digits count, and so do spaces, dashes and invisible characters between them. It is a
    guard against mistakes, not a proof of absence.
    """
    plain = _plain(text)
    return _MOBILE.search(plain) is not None or ("@" in plain and _EMAIL.search(plain) is not None)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text)
    if folded.isascii():
        return folded
    visible = (c for c in folded if unicodedata.category(c) != "Cf")
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in visible)
