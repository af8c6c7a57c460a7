"""Menus on their way to WeChat, and what WeChat says there is."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from hub.kernel import clock
from wechat import rules
from wechat.client.menus import MenuRefused
from wechat.models import AccountMenu, MenuVersion
from wechat.rules import menus, menuwire
from wechat.service.menus.drafts import (
    DROPPED,
    FAILED,
    LIVE,
    PUBLISHING,
    REPLACED,
    live_content,
    menu_accounts,
    menu_of,
    version_of,
)

ATTEMPTS = 8
FRESH = timedelta(hours=1)


class MenuFlawed(Exception):
    """A menu breaks WeChat's limits, so it is not sent there."""


def publish_menu(session: Session, appid: str, content: Mapping[str, Any], source: str, *, by: UUID | None) -> UUID:
    """Write a new version down, to be published by the job; raise MenuFlawed for one that WeChat would refuse."""
    if menus.flaws(content):
        raise MenuFlawed(appid)
    menu_of(session, appid, lock=True)  # numbers of one account are given out one by one
    waiting = (MenuVersion.appid == appid, MenuVersion.state == PUBLISHING)
    session.execute(update(MenuVersion).where(*waiting).values(state=DROPPED))
    return _version(session, appid, content, source, PUBLISHING, by).id


def due_publications(session: Session, only: Collection[UUID] | None = None) -> list[tuple[UUID, str]]:
    """Return (version id, AppID) of what is to be published now, all of it or that in `only`."""
    query = select(MenuVersion.id, MenuVersion.appid).where(MenuVersion.state == PUBLISHING).order_by(MenuVersion.id)
    waited = or_(MenuVersion.not_before.is_(None), MenuVersion.not_before <= clock.now())
    query = query.where(waited) if only is None else query.where(MenuVersion.id.in_(list(only)))
    return [(id_, appid) for id_, appid in session.execute(query)]


def publication(session: Session, version_id: UUID) -> dict[str, Any] | None:
    """Return the content of a version that still waits to be published."""
    version = session.get(MenuVersion, version_id)
    return version.content if version is not None and version.state == PUBLISHING else None


def menu_published(session: Session, version_id: UUID) -> None:
    """Note that WeChat has a version now, and that it took the place of the one before."""
    version, now = session.get_one(MenuVersion, version_id), clock.now()
    menu = menu_of(session, version.appid, lock=True)
    _replace(session, menu, now)
    version.state, version.published_at, version.errcode, version.errmsg = LIVE, now, None, ""
    menu.live = version.number


def menu_refused(session: Session, version_id: UUID, refusal: MenuRefused) -> None:
    """Let a version wait and be tried again, or fail with WeChat's reason when that is useless."""
    version, now, error = session.get_one(MenuVersion, version_id), clock.now(), refusal.error
    version.attempts += not error.blameless
    version.errcode, version.errmsg, version.place = error.errcode, error.errmsg, refusal.rule
    lot = random.random()  # noqa: S311 - it spreads callers, nothing more
    version.not_before = now + rules.delay(rules.policy(error.errcode), max(1, version.attempts), now, lot)
    version.state = PUBLISHING if error.retryable and version.attempts < ATTEMPTS else FAILED


def menu_found(session: Session, appid: str, found: Mapping[str, Any]) -> bool:
    """Keep the menu that WeChat has; tell whether it is another one than the hub published last."""
    menu = menu_of(session, appid, lock=True)
    menu.found, menu.checked_at, menu.errcode = dict(found), clock.now(), None
    menu.drift = menuwire.shown(found) != menuwire.shown(live_content(session, menu))
    return menu.drift


def menu_not_found(session: Session, appid: str, errcode: int) -> None:
    """Note that WeChat did not tell its menu, and why; the next check asks again."""
    menu = menu_of(session, appid, lock=True)
    menu.checked_at, menu.errcode = clock.now(), errcode


def unchecked_menus(session: Session, limit: int) -> list[str]:
    """Return the accounts whose menu was not asked for in the last hour, those asked longest ago first."""
    checked = {appid: at for appid, at in session.execute(select(AccountMenu.appid, AccountMenu.checked_at))}
    now = clock.now()
    due = [(checked.get(a.appid), a.appid) for a in menu_accounts(session) if _stale(checked.get(a.appid), now)]
    return [appid for _at, appid in sorted(due, key=lambda pair: (pair[0] is not None, pair))][:limit]


def take_over(session: Session, appid: str, *, by: UUID | None) -> MenuVersion | None:
    """Make the menu that WeChat has a version of ours and the draft, with the stages and BUs we know; None without."""
    menu = menu_of(session, appid, lock=True)
    if menu.found is None or not menu.drift:
        return None
    ours = live_content(session, menu) if menu.live else menu.draft
    content, now = menuwire.adopt(menu.found, ours), clock.now()
    _replace(session, menu, now)
    version = _version(session, appid, content, "taken_over", LIVE, by)
    version.published_at = now
    menu.live, menu.drift = version.number, False
    menu.before, menu.draft, menu.revision = menu.draft, content, menu.revision + 1
    menu.drafted_at, menu.drafted_by = now, by
    return version


def _version(
    session: Session, appid: str, content: Mapping[str, Any], source: str, state: str, by: UUID | None
) -> MenuVersion:
    newest = session.scalar(select(func.max(MenuVersion.number)).where(MenuVersion.appid == appid)) or 0
    made = MenuVersion(
        appid=appid,
        number=newest + 1,
        content=dict(content),
        source=source,
        state=state,
        made_at=clock.now(),
        made_by=by,
    )
    session.add(made)
    session.flush()
    return made


def _replace(session: Session, menu: AccountMenu, now: Any) -> None:
    live = version_of(session, menu.appid, menu.live)
    if live is not None:
        live.state, live.replaced_at = REPLACED, now


def _stale(at: Any, now: Any) -> bool:
    return at is None or at <= now - FRESH
