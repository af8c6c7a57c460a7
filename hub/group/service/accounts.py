"""WeChat accounts with their secrets opened, for the gateway."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.group.models import ComponentPlatform, LegalEntity, OpenPlatform, Touchpoint, WechatAccount
from hub.group.service import rotation
from hub.kernel import secretbox, settings


@dataclass(frozen=True, slots=True)
class Component:
    """Hold one third-party platform; its secrets never show in a repr."""

    slug: str
    appid: str
    legal_entity: str | None
    release_check: tuple[str, ...]
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """Hold one WeChat account; its secrets never show in a repr.

    One that is run through a third-party platform names it as `component`, and may lack secrets of its own. `earlier`
    are pairs of token and key that are still accepted after a change; `allow_plaintext` takes pushes in clear in
    production; `location` keeps the places that WeChat reports of people who agreed, sealed.
    """

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
    component: Component | None = None
    allow_plaintext: bool = False
    location: bool = False
    earlier: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    earlier_until: datetime | None = None


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


def components(session: Session) -> list[Component]:
    """Return every third-party platform of the group, in the order in which they were made."""
    query = select(ComponentPlatform, LegalEntity.slug).outerjoin(LegalEntity).order_by(ComponentPlatform.id)
    return [_platform(row, entity) for row, entity in session.execute(query)]


def component(session: Session, appid: str) -> Component | None:
    """Return the third-party platform with this AppID, if the group has it."""
    return next((found for found in components(session) if found.appid == appid), None)


def run_by(session: Session, appid: str, component_slug: str | None) -> None:
    """Let the account be run through a third-party platform from now on, or directly when that is None."""
    found = select(ComponentPlatform.id).where(ComponentPlatform.slug == component_slug).scalar_subquery()
    session.execute(update(WechatAccount).where(WechatAccount.appid == appid).values(component_id=found))


def open_platform_of(session: Session, appid: str) -> str | None:
    """Return the slug of the Open Platform account that `appid` is bound to."""
    return session.scalar(
        select(OpenPlatform.slug)
        .join(WechatAccount, WechatAccount.open_platform_id == OpenPlatform.id)
        .where(WechatAccount.appid == appid)
    )


def _read(session: Session, appid: str | None) -> list[Account]:
    platforms: dict[UUID | None, Component] = {
        row.id: _platform(row, None) for row in session.scalars(select(ComponentPlatform))
    }
    query = (
        select(WechatAccount, Touchpoint, OpenPlatform.slug)
        .join(Touchpoint, Touchpoint.id == WechatAccount.touchpoint_id)
        .outerjoin(OpenPlatform, OpenPlatform.id == WechatAccount.open_platform_id)
        .order_by(WechatAccount.appid)
    )
    if appid is not None:
        query = query.where(WechatAccount.appid == appid)
    return [_open(row, place, slug, platforms.get(row.component_id)) for row, place, slug in session.execute(query)]


def _clear(row: WechatAccount | ComponentPlatform, name: str) -> str:
    sealed: bytes = getattr(row, name)
    return secretbox.unseal(box_key(), sealed, context=f"{row.appid}:{name}")


def _platform(row: ComponentPlatform, entity: str | None) -> Component:
    return Component(
        slug=row.slug,
        appid=row.appid,
        legal_entity=entity,
        release_check=tuple(row.release_check),
        token=_clear(row, "token"),
        aes_key=_clear(row, "aes_key"),
        secret=_clear(row, "secret"),
    )


def _open(row: WechatAccount, touchpoint: Touchpoint, platform: str | None, component: Component | None) -> Account:
    return Account(
        touchpoint_id=touchpoint.id,
        appid=row.appid,
        original_id=row.original_id,
        name=touchpoint.name,
        kind=touchpoint.kind,
        open_platform=platform,
        mode=row.mode,
        token=_clear(row, "token"),
        aes_key=_clear(row, "aes_key"),
        secret=_clear(row, "secret"),
        component=component,
        allow_plaintext=row.allow_plaintext,
        location=row.location,
        earlier=rotation.earlier(row, box_key()),
        earlier_until=rotation.holds_until(row),
    )
