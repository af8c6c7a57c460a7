"""The accounts that the simulated WeChat knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wechat.simulator.components import SimComponent

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
    through: SimComponent | None = None
    """The third-party platform that this account trusts, with whose keys and to whose address it is pushed."""

    @property
    def official(self) -> bool:
        """Tell whether people follow this account (a mini program has no followers)."""
        return self.kind != "miniprogram"

    @property
    def keys(self) -> tuple[str, str, str]:
        """Return token, key and AppID with which pushes are signed and encrypted."""
        if self.through is not None:
            return self.through.token, self.through.aes_key, self.through.appid
        return self.token, self.aes_key, self.appid

    @property
    def pushed_in(self) -> Mode:
        """Return the mode in which pushes come; through a platform they are always encrypted."""
        return self.mode if self.through is None else "safe"

    @property
    def speaks_xml(self) -> bool:
        """Tell whether pushes are XML; only a mini program's own are JSON."""
        return self.official or self.through is not None

    def address(self, hub_url: str) -> str:
        """Return where the account is pushed to."""
        if self.through is not None:
            return f"{hub_url}/wechat/component/{self.through.appid}/callback/{self.appid}"
        return f"{hub_url}/wechat/callback/{self.appid}"
