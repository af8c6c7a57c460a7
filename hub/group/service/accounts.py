"""WeChat accounts with their secrets opened, for the gateway."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.group.models import OpenPlatform, Touchpoint, WechatAccount
from hub.kernel import secretbox, settings


@dataclass(frozen=True, slots=True)
class Account:
    """Hold one WeChat account; its secrets never show in a repr."""

    touchpoint_id: UUID
    appid: str
    original_id: str
    name: str
    kind: str
    open_platform: str | None
    mode: str
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    secret: str = field(repr=False)


def box_key() -> bytes:
    """Return the key under which this installation's account secrets are sealed."""
    return _derived(settings.current().secret_key)


@lru_cache(maxsize=4)
def _derived(secret_key: str) -> bytes:
    return secretbox.derive(secret_key, "wechat_account")


def account(session: Session, appid: str) -> Account | None:
    """Return the account with this AppID, if the group has it."""
    return next(iter(_read(session, appid)), None)


def accounts(session: Session) -> list[Account]:
    """Return every WeChat account of the group, by AppID."""
    return _read(session, None)


def open_platform_of(session: Session, appid: str) -> str | None:
    """Return the slug of the Open Platform account that `appid` is bound to."""
    return session.scalar(
        select(OpenPlatform.slug)
        .join(WechatAccount, WechatAccount.open_platform_id == OpenPlatform.id)
        .where(WechatAccount.appid == appid)
    )


def _read(session: Session, appid: str | None) -> list[Account]:
    query = (
        select(WechatAccount, Touchpoint, OpenPlatform.slug)
        .join(Touchpoint, Touchpoint.id == WechatAccount.touchpoint_id)
        .outerjoin(OpenPlatform, OpenPlatform.id == WechatAccount.open_platform_id)
        .order_by(WechatAccount.appid)
    )
    if appid is not None:
        query = query.where(WechatAccount.appid == appid)
    return [_open(*row) for row in session.execute(query)]


def _open(row: WechatAccount, touchpoint: Touchpoint, platform: str | None) -> Account:
    def clear(name: str) -> str:
        sealed: bytes = getattr(row, name)
        return secretbox.unseal(box_key(), sealed, context=f"{row.appid}:{name}")

    return Account(
        touchpoint_id=touchpoint.id,
        appid=row.appid,
        original_id=row.original_id,
        name=touchpoint.name,
        kind=touchpoint.kind,
        open_platform=platform,
        mode=row.mode,
        token=clear("token"),
        aes_key=clear("aes_key"),
        secret=clear("secret"),
    )
