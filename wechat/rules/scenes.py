"""What a scene of a QR code may be: short, plain, and never somebody's contact data."""

from __future__ import annotations

import re

from privacy.rules.recognition import looks_like_contact

PURPOSES = ("campaign", "bu", "employee", "event")
LONGEST = 64
TEMPORARY_SECONDS = 2_592_000
"""The longest life of a temporary code: 30 days."""
PERMANENT_CODES = 100_000
"""Permanent codes that one account may ever have."""
ALARM = (0.8, 0.95)
"""Shares of the cap at which admins are warned, and warned loudly."""
_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_LONG_NUMBER = re.compile(r"[0-9]{9,}", re.ASCII)
_PREFIXES = ("qrscene_", "last_trade_no_")


def scene_problem(scene: str) -> str | None:
    """Return why `scene` cannot be one ("form", "reserved", "contact"), or None.

    A scene travels through links, logs and reports in clear: what reads like a mobile number, an e-mail address or any
    other long number of a person's is refused.
    """
    if not _FORM.fullmatch(scene):
        return "form"
    if scene.lower().startswith(_PREFIXES):
        return "reserved"  # WeChat's own beginnings: a push with one would be read as something else
    if looks_like_contact(scene.replace("_", "@", 1)) or looks_like_contact(scene) or _LONG_NUMBER.search(scene):
        return "contact"
    return None


def suggest(purpose: str, reference: str, place: str = "") -> str:
    """Return the scene for a purpose: BU codes begin with the BU, others say what they are for, then where."""
    head = reference if purpose in ("bu", "campaign") else f"{purpose}.{reference}"
    return ".".join(part for part in (head, place) if part)[:LONGEST]


def cap_level(used: int, cap: int = PERMANENT_CODES) -> int:
    """Return 0 while there is room, 1 past the first alarm, 2 past the second, 3 when nothing is left."""
    return sum(used >= share * cap for share in (*ALARM, 1))
