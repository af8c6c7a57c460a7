"""Menus as people edit them: one draft per account, changed one after another and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.group import service as group
from hub.group.service import Change
from hub.kernel import bulk, clock
from wechat.models import AccountMenu, MenuVersion
from wechat.rules import menus

LIVE, PUBLISHING, FAILED, REPLACED, DROPPED = "live", "publishing", "failed", "replaced", "dropped"


class DraftMoved(Exception):
    """Somebody else has changed the draft since it was read."""


def menu_accounts(session: Session) -> list[group.Account]:
    """Return the accounts that can have a menu."""
    return [account for account in group.accounts(session) if account.kind != "miniprogram"]


def menu_of(session: Session, appid: str, *, lock: bool = False) -> AccountMenu:
    """Return an account's menu, made empty where there is none yet; held to the end of the transaction with `lock`."""
    row = {"appid": appid, "draft": menus.empty(), "revision": 0}
    found = _menu(session, appid, lock)
    if found is None:
        bulk.insert_rows(session, AccountMenu, [row], conflict="DO NOTHING")
        found = _menu(session, appid, lock)
    assert found is not None  # noqa: S101 - it was inserted, by us or by somebody else, and rows are never deleted
    return found


def all_menus(session: Session) -> dict[str, AccountMenu]:
    """Return every menu by its account's AppID."""
    return {menu.appid: menu for menu in session.scalars(select(AccountMenu))}


def save_draft(
    session: Session, appid: str, draft: Mapping[str, Any], *, by: UUID | None, revision: int | None = None
) -> AccountMenu:
    """Keep `draft`, right or wrong as it is; raise DraftMoved when `revision` is given and no longer the newest."""
    menu = menu_of(session, appid, lock=True)
    if revision is not None and menu.revision != revision:
        raise DraftMoved(appid)
    if menu.draft != draft:
        menu.before, menu.draft = menu.draft, dict(draft)
        menu.revision += 1
        menu.drafted_at, menu.drafted_by = clock.now(), by
    return menu


def undo_draft(session: Session, appid: str, *, by: UUID | None) -> bool:
    """Put the draft back as it was before its last change; tell whether there was one."""
    menu = menu_of(session, appid, lock=True)
    if menu.before is None:
        return False
    save_draft(session, appid, menu.before, by=by)
    return True


def version_of(session: Session, appid: str, number: int | None) -> MenuVersion | None:
    """Return one version of an account's menu."""
    if number is None:
        return None
    return session.scalar(select(MenuVersion).where(MenuVersion.appid == appid, MenuVersion.number == number))


def versions(session: Session, appid: str, limit: int) -> list[MenuVersion]:
    """Return the newest versions of an account's menu."""
    query = select(MenuVersion).where(MenuVersion.appid == appid).order_by(MenuVersion.number.desc()).limit(limit)
    return list(session.scalars(query))


def live_content(session: Session, menu: AccountMenu) -> dict[str, Any]:
    """Return the menu that the hub has published last, an empty one before the first."""
    version = version_of(session, menu.appid, menu.live)
    return menus.empty() if version is None else version.content


def apply_menus(session: Session, sections: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Make each of `sections` (validated) its account's draft; nothing is published, so nobody sees it yet."""
    return [_put(session, section) for section in sections]


def export_menus(session: Session) -> list[dict[str, Any]]:
    """Return the drafts as the group file writes them."""
    found = all_menus(session)
    appids = [account.appid for account in group.accounts(session)]
    return [_section(found[appid]) for appid in appids if appid in found and found[appid].draft != menus.empty()]


def _menu(session: Session, appid: str, lock: bool) -> AccountMenu | None:
    query = select(AccountMenu).where(AccountMenu.appid == appid)
    locked = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(locked if lock else query)


def _put(session: Session, section: Mapping[str, Any]) -> Change:
    appid = section["account"]
    before = _menu(session, appid, False)
    wanted = {"buttons": section["buttons"], "conditional": section.get("conditional") or []}
    outcome = "created" if before is None else "left" if before.draft == wanted else "changed"
    save_draft(session, appid, wanted, by=None)
    return Change("menu", appid, outcome)


def _section(menu: AccountMenu) -> dict[str, Any]:
    draft = menu.draft
    section = {"account": menu.appid, "buttons": [_arranged(button) for button in draft["buttons"]]}
    rules = [
        {"name": rule["name"],
         **{name: int(rule[name]) for name in ("tag_id", "client_platform_type") if rule.get(name)},
         "buttons": [_arranged(button) for button in rule["buttons"]]}
        for rule in draft.get("conditional", ())
    ]  # fmt: skip
    return section | ({"conditional": rules} if rules else {})


def _arranged(button: Mapping[str, Any]) -> dict[str, Any]:
    """Return a button with its keys in the order people write them, which PostgreSQL does not keep."""
    order = ("name", "type", *menus.TEXTS, "stage", "bu")
    made = {name: button[name] for name in order if button.get(name)}
    return made | ({"items": [_arranged(item) for item in button["items"]]} if button.get("items") else {})
