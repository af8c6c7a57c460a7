"""Invented people whose every value is unique to this run, so that whatever is found of them was left behind."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field


def words(length: int = 5) -> str:
    """Return Chinese characters drawn by lot, which nobody writes by chance."""
    return "".join(chr(0x4E00 + secrets.randbelow(0x5000)) for _ in range(length))


def mobile() -> str:
    """Return a number drawn by lot from an obviously invented range."""
    return f"1390{secrets.randbelow(10**7):07d}"


def contact() -> dict[str, str]:
    """Return contact data of which every field is unique."""
    return {
        "name": f"示例{words()}",
        "mobile": mobile(),
        "email": f"canary-{secrets.token_hex(5)}@example.com",
        "company": f"示例{words()}公司",
        "title": f"示例{words()}职务",
    }


def little() -> dict[str, str]:
    """Return contact data of two unique fields."""
    return {"name": f"示例{words()}", "mobile": mobile()}


@dataclass(frozen=True, slots=True)
class Canaries:
    """Hold what is planted, by the path it takes through the hub."""

    api: Mapping[str, str] = field(default_factory=contact)
    form: Mapping[str, str] = field(default_factory=contact)
    crash: Mapping[str, str] = field(default_factory=little)
    dead: Mapping[str, str] = field(default_factory=little)
    loose: Mapping[str, str] = field(
        default_factory=lambda: {
            "message": words(8),
            "message mobile": mobile(),
            "unknown push": words(8),
            "note": words(8),
            "refused e-mail": f"canary {secrets.token_hex(5)}",
            "unknown field": words(8),
            "query": words(8),
        }
    )

    def values(self) -> dict[str, str]:
        """Return every value by a name that says where it went in."""
        paths = {"api": self.api, "form": self.form, "crash": self.crash, "dead": self.dead}
        found = {f"{path} {name}": value for path, fields in paths.items() for name, value in fields.items()}
        return found | dict(self.loose)
