"""The accounts that the simulated WeChat knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["service", "subscription", "miniprogram"]
Mode = Literal["plain", "compatible", "safe"]


@dataclass(frozen=True, slots=True)
class SimAccount:
    """Hold one account as its owner configured it; an empty `open_platform` means it is bound to none."""

    appid: str
    original_id: str
    kind: Kind
    open_platform: str
    mode: Mode
    token: str
    aes_key: str
    secret: str

    @property
    def official(self) -> bool:
        """Tell whether people follow this account (a mini program has no followers)."""
        return self.kind != "miniprogram"
