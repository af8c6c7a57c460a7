"""Read the group's own sections back, as the group file writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.group.models import (
    BusinessUnit,
    ComponentPlatform,
    Group,
    LegalEntity,
    OpenPlatform,
    Touchpoint,
    WechatAccount,
)
from hub.group.schemas import RELEASE_CHECK
from hub.group.service.accounts import Account, Component, accounts, components
from hub.group.service.applying import FLAGS, SECRETS


@dataclass(frozen=True, slots=True)
class Slugs:
    """Hold the names that a group file may refer to without defining them, as they are known already."""

    has_group: bool
    legal_entities: frozenset[str]
    open_platforms: frozenset[str]
    business_units: frozenset[str]
    touchpoints: frozenset[str]
    component_platforms: frozenset[str] = frozenset()
    miniprograms: frozenset[str] = frozenset()


def known_slugs(session: Session) -> Slugs:
    """Return the slugs of everything that was applied before (an account's touchpoint has its AppID)."""

    def slugs(model: Any) -> frozenset[str]:
        return frozenset(session.scalars(select(model.slug)))

    return Slugs(
        has_group=bool(slugs(Group)),
        legal_entities=slugs(LegalEntity),
        open_platforms=slugs(OpenPlatform),
        component_platforms=slugs(ComponentPlatform),
        business_units=slugs(BusinessUnit),
        touchpoints=slugs(Touchpoint),
        miniprograms=frozenset(session.scalars(select(Touchpoint.slug).where(Touchpoint.kind == "miniprogram"))),
    )


def export_shape(session: Session, *, secrets: bool) -> dict[str, Any]:
    """Return the group's sections in the file's order; without `secrets` they are names of variables, `${...}`."""
    group = session.scalar(select(Group))
    shape = {
        "group": {"slug": group.slug, "name": group.name, "timezone": group.timezone} if group else None,
        "legal_entities": _legal_entities(session),
        "open_platforms": _open_platforms(session),
        "business_units": _business_units(session),
        "component_platforms": [_platform(row, secrets) for row in components(session)],
        "accounts": _accounts(session, secrets),
        "touchpoints": _touchpoints(session),
    }
    return {name: section for name, section in shape.items() if section}


def variable(appid: str, secret: str) -> str:
    """Return the name of the environment variable that an exported file reads `secret` of an account from."""
    return f"{appid}_{secret}".upper()


def _legal_entities(session: Session) -> list[dict[str, Any]]:
    rows = session.scalars(select(LegalEntity).order_by(LegalEntity.position, LegalEntity.id))
    return [{"slug": row.slug, "name": row.name} for row in rows]


def _open_platforms(session: Session) -> list[dict[str, Any]]:
    query = select(OpenPlatform.slug, LegalEntity.slug).join(LegalEntity).order_by(OpenPlatform.id)
    return [{"slug": slug, "legal_entity": entity} for slug, entity in session.execute(query)]


def _business_units(session: Session) -> list[dict[str, Any]]:
    query = select(BusinessUnit, LegalEntity.slug).join(LegalEntity).order_by(BusinessUnit.id)
    return [
        _filled(
            slug=row.slug,
            name=row.name,
            legal_entity=entity,
            circulation=row.circulation,
            accept_within_hours=row.accept_within_hours,
        )
        for row, entity in session.execute(query)
    ]


def _accounts(session: Session, secrets: bool) -> list[dict[str, Any]]:
    return [_account(row, secrets) for row in sorted(accounts(session), key=lambda row: row.touchpoint_id)]


def _account(row: Account, secrets: bool) -> dict[str, Any]:
    return _filled(
        appid=row.appid,
        original_id=row.original_id,
        name=row.name,
        kind=row.kind,
        open_platform=row.open_platform,
        mode=row.mode,
        component=row.component.slug if row.component else None,
        **_secrets(row, secrets),
        **{name: True for name in FLAGS if getattr(row, name)},
    )


def account_section(account: Account, *, secrets: bool) -> dict[str, Any]:
    """Return one account as the group file writes it; without `secrets` they are names of variables."""
    return _account(account, secrets)


def _platform(row: Component, secrets: bool) -> dict[str, Any]:
    usual = row.release_check == RELEASE_CHECK
    return _filled(
        slug=row.slug,
        appid=row.appid,
        legal_entity=row.legal_entity,
        release_check=None if usual else list(row.release_check),
        **_secrets(row, secrets),
    )


def _secrets(row: Account | Component, secrets: bool) -> dict[str, str]:
    kept = {name: getattr(row, name) for name in SECRETS if getattr(row, name)}
    return kept if secrets else {name: f"${{{variable(row.appid, name)}}}" for name in kept}


def _touchpoints(session: Session) -> list[dict[str, Any]]:
    query = (
        select(Touchpoint, LegalEntity.slug)
        .outerjoin(LegalEntity)
        .outerjoin(WechatAccount, WechatAccount.touchpoint_id == Touchpoint.id)
        .where(WechatAccount.touchpoint_id.is_(None))
        .order_by(Touchpoint.id)
    )
    return [
        _filled(slug=row.slug, kind=row.kind, name=row.name, legal_entity=entity, origins=row.origins or None)
        for row, entity in session.execute(query)
    ]


def _filled(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
