"""Write the group's own sections of the group file, and read them back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

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
from hub.group.service import rotation
from hub.group.service.accounts import Account, Component, account, box_key, components
from hub.group.service.shape import Change
from hub.kernel import secretbox

SECRETS = ("token", "aes_key", "secret")
FLAGS = ("allow_plaintext", "location")
Section = Sequence[Mapping[str, Any]]


def apply_shape(session: Session, data: Mapping[str, Any]) -> list[Change]:
    """Create or change what the validated group file `data` names; what it does not name stays as it is.

    Raise SecretUnreadable when an account's stored secrets do not open under this HUB_SECRET_KEY.
    """
    changes: list[Change] = []
    if "group" in data:
        changes.append(_group(session, data["group"]))
    changes += _legal_entities(session, data.get("legal_entities", ()))
    changes += _open_platforms(session, data.get("open_platforms", ()))
    changes += _business_units(session, data.get("business_units", ()))
    changes += [_platform(session, wanted) for wanted in data.get("component_platforms", ())]
    changes += [_account(session, wanted) for wanted in data.get("accounts", ())]
    return changes + _touchpoints(session, data.get("touchpoints", ()))


def _group(session: Session, wanted: Mapping[str, Any]) -> Change:
    row = session.scalar(select(Group))
    if row is None:
        session.add(Group(**wanted))
    return Change("group", wanted["slug"], _outcome(row, wanted))


def _legal_entities(session: Session, section: Section) -> list[Change]:
    rows = _by_slug(session, LegalEntity)
    named = [rows[wanted["slug"]].position for wanted in section if wanted["slug"] in rows]
    end = max((row.position for row in rows.values()), default=-1) + 1
    # The named ones share out the places they have, in the file's order; nobody else moves.
    places = sorted([*named, *range(end, end + len(section) - len(named))])
    ordered = [{**wanted, "position": place} for wanted, place in zip(section, places, strict=True)]
    return _put(session, "legal_entity", LegalEntity, ordered)


def _open_platforms(session: Session, section: Section) -> list[Change]:
    entities = _ids(session, LegalEntity)
    rows = [{"slug": wanted["slug"], "legal_entity_id": entities[wanted["legal_entity"]]} for wanted in section]
    return _put(session, "open_platform", OpenPlatform, rows)


def _business_units(session: Session, section: Section) -> list[Change]:
    return _put(session, "business_unit", BusinessUnit, _owned(session, section))


def _touchpoints(session: Session, section: Section) -> list[Change]:
    return _put(session, "touchpoint", Touchpoint, _owned(session, section))


def _owned(session: Session, section: Section) -> list[dict[str, Any]]:
    """Return the rows of `section` with the id of the legal entity in the place of its slug."""
    entities = _ids(session, LegalEntity)
    rows = []
    for wanted in section:
        row = dict(wanted)
        owner = row.pop("legal_entity")
        rows.append({**row, "legal_entity_id": None if owner is None else entities[owner]})
    return rows


def _platform(session: Session, wanted: Mapping[str, Any]) -> Change:
    now = {found.slug: found for found in components(session)}.get(wanted["slug"])
    release_check = tuple(wanted["release_check"])
    if now is not None and now == Component(**{**wanted, "release_check": release_check}):
        return Change("component_platform", wanted["slug"], "left")
    entity = _ids(session, LegalEntity).get(wanted["legal_entity"])
    plain = {"slug": wanted["slug"], "appid": wanted["appid"], "legal_entity_id": entity}
    row = {**plain, "release_check": list(release_check), **_sealed(wanted["appid"], wanted)}
    [change] = _put(session, "component_platform", ComponentPlatform, [row])
    return change


def _sealed(appid: str, wanted: Mapping[str, Any]) -> dict[str, bytes]:
    return {name: secretbox.seal(box_key(), wanted[name], context=f"{appid}:{name}") for name in SECRETS}


def _account(session: Session, wanted: Mapping[str, Any]) -> Change:
    now = account(session, wanted["appid"])
    wanted = {**wanted, **_kept(now, wanted)}
    if now is not None and all(_now(now, name) == value for name, value in wanted.items()):
        return Change("account", wanted["appid"], "left")
    touchpoint = {"slug": wanted["appid"], "name": wanted["name"], "kind": wanted["kind"]}
    _put(session, "account", Touchpoint, [touchpoint])
    appid = wanted["appid"]
    sealed = _sealed(appid, wanted)
    component = _ids(session, ComponentPlatform).get(wanted.get("component") or "")
    platform = session.scalar(select(OpenPlatform.id).where(OpenPlatform.slug == wanted["open_platform"]))
    plain = {
        "original_id": wanted["original_id"],
        "mode": wanted["mode"],
        "open_platform_id": platform,
        "component_id": component,
        **{name: wanted.get(name, False) for name in FLAGS},
    }
    if now is None:
        touchpoint_id = _ids(session, Touchpoint)[appid]
        session.add(WechatAccount(touchpoint_id=touchpoint_id, appid=appid, **plain, **sealed))
    else:
        row = session.get_one(WechatAccount, now.touchpoint_id)
        rotation.remember(row, wanted, {name: getattr(now, name) for name in rotation.ROTATED})
        _outcome(row, {**plain, **sealed})
    session.flush()
    return Change("account", appid, "created" if now is None else "changed")


def add_account(
    session: Session, *, appid: str, original_id: str, name: str, kind: str, component: str | None = None
) -> Change:
    """Make an account that has no secrets of its own, because a third-party platform runs it."""
    blank = dict.fromkeys(SECRETS, "")
    told = {"appid": appid, "original_id": original_id, "name": name, "kind": kind, "component": component}
    return _account(session, {**told, **blank, "open_platform": None, "mode": "safe"})


def _kept(now: Account | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the secrets that an account run through a platform keeps, so that it can be run directly again."""
    if now is None or wanted.get("component") is None:
        return {}
    return {name: getattr(now, name) for name in SECRETS if not wanted[name]}


def _now(account: Account, name: str) -> Any:
    value = getattr(account, name)
    return value.slug if isinstance(value, Component) else value


def _put(session: Session, kind: str, model: Any, section: Section) -> list[Change]:
    """Bring the rows of `model` to what `section` says of them, by slug."""
    rows = _by_slug(session, model)
    changes = []
    for wanted in section:
        row = rows.get(wanted["slug"])
        if row is None:
            session.add(model(**wanted))
            session.flush()  # one by one: ids tell the file's order, which the export keeps
        changes.append(Change(kind, wanted["slug"], _outcome(row, wanted)))
    session.flush()
    return changes


def _outcome(row: Any, wanted: Mapping[str, Any]) -> str:
    """Set on `row` what differs from `wanted`, and say what happened; None is a row just made."""
    if row is None:
        return "created"
    different = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return "changed" if different else "left"


def _by_slug(session: Session, model: Any) -> dict[str, Any]:
    return {row.slug: row for row in session.scalars(select(model))}


def _ids(session: Session, model: Any) -> dict[str, UUID]:
    rows: Iterable[Any] = session.execute(select(model.slug, model.id))
    return {slug: id_ for slug, id_ in rows}  # noqa: C416 - a Row is no pair to mypy
