"""What WeChat told the gateway that others hear of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hub.kernel.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRevoked(Fact):
    """Say that a person took back what they had allowed an account; `revoke_info` is WeChat's number for what."""

    kind: ClassVar[str] = "authorization_revoked"
    appid: str
    revoke_info: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCancelled(Fact):
    """Say that a person deleted their WeChat account: what an account knows of them has to go."""

    kind: ClassVar[str] = "account_cancelled"
    appid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoModified(Fact):
    """Say that WeChat cleaned a person's nickname or picture: what an account holds of them is out of date."""

    kind: ClassVar[str] = "info_modified"
    appid: str
