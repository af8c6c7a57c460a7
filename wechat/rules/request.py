"""What one inbound request brings, what is needed to check it, and how it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

REASONS = frozenset(
    {
        "bad_signature",
        "stale",
        "wrong_appid",
        "wrong_account",
        "malformed",
        "undecodable",
        "too_large",
        "wrong_format",
        "plaintext_refused",
        "unknown_account",
    }
)


class Rejected(Exception):
    """Says that one inbound request is refused; `reason` is one of REASONS, safe to log and count.

    It is always raised without a cause or context, because the errors of parsers carry what they were parsing.
    """

    def __init__(self, reason: str) -> None:
        if reason not in REASONS:
            raise ValueError(f"{reason!r} is not a reason to reject")
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AccountKeys:
    """Hold what is needed to check the pushes of one account.

    `kind` is service, subscription or miniprogram; `mode` is plain, compatible or safe; `aes_key` has 43 characters,
    or is "" when a plain account has none; an `original_id` of "" is not checked. `plaintext` allows pushes in clear to
    a plain account; `location` keeps where people are, sealed. `earlier` are keys that still hold for a while after a
    change, the likeliest first: WeChat repeats what it sent before, and its console is not changed in the same second.
    `component` is the AppID of the third-party platform whose token and key these are, "" when they are its own.
    """

    appid: str
    original_id: str
    kind: str
    mode: str
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    plaintext: bool = True
    location: bool = False
    earlier: tuple[AccountKeys, ...] = ()
    component: str = ""

    @property
    def recipient(self) -> str:
        """Return the AppID that stands at the end of what is encrypted with these keys."""
        return self.component or self.appid

    @property
    def json_allowed(self) -> bool:
        """Tell whether WeChat may send JSON to an account of this kind."""
        return self.kind == "miniprogram" or bool(self.component)


@dataclass(frozen=True, slots=True)
class Query:
    """Hold the URL parameters that matter; absent ones are ""."""

    signature: str = ""
    timestamp: str = ""
    nonce: str = ""
    encrypt_type: str = ""
    msg_signature: str = ""

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, str]) -> Query:
        """Return the query found in `mapping`, such as the arguments of a Flask request."""
        return cls(
            mapping.get("signature", ""),
            mapping.get("timestamp", ""),
            mapping.get("nonce", ""),
            mapping.get("encrypt_type", ""),
            mapping.get("msg_signature", ""),
        )
