"""What taps on published menus say of a person, held in memory for the drain and read again when menus change."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from hub.kernel import clock
from wechat.models import MenuVersion
from wechat.rules import menus
from wechat.service.menus.drafts import LIVE, REPLACED

REFRESH = 2.0
KEPT_BY_PHONES = timedelta(days=2)
"""Phones show a menu for up to a day after it was replaced, and pushes may come late."""

Evidence = Mapping[str, Mapping[tuple[str, str], Mapping[str, str]]]
"""AppID -> (kind of activity, key) -> stage and BU."""


class _Menus:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self._evidence: Evidence = {}
        self._newest: datetime | None = None
        self._looked_at = self._read_at = float("-inf")

    def of(self, session: Session) -> Evidence:
        with self._lock:
            now = time.monotonic()
            if now - self._looked_at > REFRESH:
                newest = session.scalar(select(func.max(MenuVersion.published_at)))
                if newest != self._newest or now - self._read_at > 3600:
                    self._evidence, self._newest, self._read_at = _read(session), newest, now
                self._looked_at = now
            return self._evidence


def _read(session: Session) -> Evidence:
    recent = (MenuVersion.state == REPLACED) & (MenuVersion.replaced_at > clock.now() - KEPT_BY_PHONES)
    query = select(MenuVersion.appid, MenuVersion.content).where(or_(MenuVersion.state == LIVE, recent))
    found: defaultdict[str, dict[tuple[str, str], Mapping[str, str]]] = defaultdict(dict)
    for appid, content in session.execute(query.order_by(MenuVersion.published_at)):
        found[appid].update(menus.evidence(content))
    return found


_menus = _Menus()


def menu_evidence(session: Session) -> Evidence:
    """Return what taps on the menus of all accounts stand for; asks the database at most every two seconds."""
    return _menus.of(session)


def forget_menus() -> None:
    """Read the menus anew at the next batch of callbacks."""
    _menus.forget()
