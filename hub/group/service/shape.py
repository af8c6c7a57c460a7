"""Read the group's shape: business units, legal entities, open platforms, touchpoints."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.group.models import BusinessUnit, Group, LegalEntity, OpenPlatform, Touchpoint, WechatAccount
from hub.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class Change:
    """Say what applying one object of the group file did: created, changed, left."""

    kind: str
    slug: str
    action: str


@dataclass(frozen=True, slots=True)
class Bu:
    """Hold what others need to know of a business unit."""

    id: UUID
    slug: str
    name: str
    legal_entity: str
    circulation: str
    accept_within_hours: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Hold one touchpoint and its web sites; an account's slug is its AppID."""

    id: UUID
    slug: str
    name: str
    kind: str
    origins: tuple[str, ...] = ()


def bus(session: Session) -> list[Bu]:
    """Return every business unit, by slug."""
    query = (
        select(BusinessUnit, LegalEntity.slug)
        .join(LegalEntity, LegalEntity.id == BusinessUnit.legal_entity_id)
        .order_by(BusinessUnit.slug)
    )
    return [
        Bu(bu.id, bu.slug, bu.name, entity, bu.circulation, bu.accept_within_hours)
        for bu, entity in session.execute(query)
    ]


def bu_by_slug(session: Session, slug: str) -> Bu | None:
    """Return the business unit named `slug`, if there is one."""
    return next((bu for bu in bus(session) if bu.slug == slug), None)


def bu_by_id(session: Session, bu_id: UUID) -> Bu:
    """Return the business unit with this id; raise KeyError when there is none."""
    found = next((bu for bu in bus(session) if bu.id == bu_id), None)
    if found is None:
        raise KeyError(f"no business unit {bu_id}")
    return found


def open_platforms(session: Session) -> set[str]:
    """Return the slugs of the group's Open Platform accounts."""
    return set(session.scalars(select(OpenPlatform.slug)))


def touchpoint_ids(session: Session) -> dict[str, UUID]:
    """Return the id of each touchpoint by its slug (an account's slug is its AppID)."""
    return {slug: id_ for slug, id_ in session.execute(select(Touchpoint.slug, Touchpoint.id))}


def touchpoints(session: Session) -> list[Place]:
    """Return every touchpoint, accounts included, in the order in which they were made."""
    rows = session.scalars(select(Touchpoint).order_by(Touchpoint.id))
    return [Place(row.id, row.slug, row.name, row.kind, tuple(row.origins)) for row in rows]


def ensure_touchpoint(session: Session, slug: str, name: str, kind: str) -> UUID:
    """Return the id of the touchpoint named `slug`, made with `name` and `kind` when there is none."""
    row = {"id": new_id(), "slug": slug, "name": name, "kind": kind}
    session.execute(insert(Touchpoint).values(row).on_conflict_do_nothing(index_elements=["slug"]))
    return session.scalars(select(Touchpoint.id).where(Touchpoint.slug == slug)).one()


def group_timezone(session: Session) -> str:
    """Return the group's IANA time zone, Asia/Shanghai until a group file says otherwise."""
    return session.scalar(select(Group.timezone)) or "Asia/Shanghai"


def collecting_entity(session: Session, *, appid: str | None, touchpoint_id: UUID | None) -> str | None:
    """Return the slug of the legal entity that collects at an account or touchpoint.

    An account collects for the owner of its Open Platform account; any other touchpoint for its own legal entity, or
    the group's first. None when the group file names no legal entity yet.
    """
    if appid is not None:
        owner = session.scalar(
            select(LegalEntity.slug)
            .join(OpenPlatform, OpenPlatform.legal_entity_id == LegalEntity.id)
            .join(WechatAccount, WechatAccount.open_platform_id == OpenPlatform.id)
            .where(WechatAccount.appid == appid)
        )
        if owner is not None:
            return owner
    own = session.scalar(
        select(LegalEntity.slug)
        .join(Touchpoint, Touchpoint.legal_entity_id == LegalEntity.id)
        .where(Touchpoint.id == touchpoint_id)
    )
    return own or session.scalar(select(LegalEntity.slug).order_by(LegalEntity.position).limit(1))
