"""The rows of the reach ledger: learn from callbacks, read and write for whoever sends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.kernel import bulk
from hub.pool import service as pool
from hub.pool.service import OPENID, IdentityRef
from wechat.models import Callback, Reach
from wechat.rules.reach import Act, Grant, Ledger, fold

Key = tuple[str, str]
"""AppID and OpenID."""

_TRIGGERS = {
    "subscribe": "follow",
    "unsubscribe": "unfollow",
    "user_authorization_cancellation": "unfollow",
    "scan": "scan",
    "click": "click",
    "scancode_push": "click",
    "scancode_waitmsg": "click",
    "user_enter_tempsession": "enter",
}
_NOTICES = ("subscribe_msg_popup_event", "subscribe_msg_change_event")
_MESSAGES = frozenset({"text", "image", "voice", "video", "shortvideo", "location", "link", "miniprogrampage"})


def note_reach(session: Session, callbacks: Sequence[Callback]) -> None:
    """Fold what `callbacks` (in order per person) allow into the ledgers: two statements a batch."""
    acts: defaultdict[Key, list[Act]] = defaultdict(list)
    for callback in callbacks:
        for act in _acts(callback):
            acts[callback.appid, callback.subject.split(":", 1)[1]].append(act)
    if not acts:
        return
    ledgers = lock(session, acts)
    for key, done in acts.items():
        for act in done:
            ledgers[key] = fold(ledgers[key], act)
    write(session, {key: ledgers[key] for key in acts}, _HEARD)


def _acts(callback: Callback) -> Iterator[Act]:
    at = callback.occurred_at.timestamp()
    if callback.event in _NOTICES:
        for notice in callback.details.get("notices", ()):
            if notice.get("status") in ("accept", "reject"):
                yield Act(notice["status"], at, notice.get("template_id", ""))
    elif callback.event in _TRIGGERS:
        yield Act(_TRIGGERS[callback.event], at)
    elif callback.msg_type in _MESSAGES:
        # A tap on a menu inside a message is answered like a menu, not like words.
        yield Act("click" if callback.details.get("menu_choice") else "message", at)


def lock(session: Session, keys: Collection[Key]) -> dict[Key, Ledger]:
    """Return the ledger of each key, its row held to the end of the transaction (all lock in one order)."""
    return _read(session, keys, " ORDER BY r.appid, r.openid FOR UPDATE OF r")


def look(session: Session, keys: Collection[Key]) -> dict[Key, Ledger]:
    """Return the ledger of each key, with the pool's newer word on following."""
    return with_follows(session, _read(session, keys, ""))


def with_follows(session: Session, ledgers: Mapping[Key, Ledger]) -> dict[Key, Ledger]:
    """Return `ledgers` with the pool's word on following where it is the newer one."""
    known = pool.following_of(session, [IdentityRef(OPENID, *key) for key in ledgers])
    return {key: _newer(ledger, known.get(IdentityRef(OPENID, *key))) for key, ledger in ledgers.items()}


def _newer(ledger: Ledger, known: tuple[bool, datetime] | None) -> Ledger:
    if known is None or known[1].timestamp() <= ledger.followed_at:
        return ledger
    follows, at = known
    if follows:
        return Ledger(**_fields(ledger) | {"followed": True, "followed_at": at.timestamp()})
    return fold(ledger, Act("unfollow", at.timestamp()))


def _fields(ledger: Ledger) -> dict[str, Any]:
    return {name: getattr(ledger, name) for name in Ledger.__slots__}


_READ = """
SELECT r.* FROM unnest(cast(:appids AS text[]), cast(:openids AS text[])) AS w(appid, openid)
JOIN reach r ON r.appid = w.appid AND r.openid = w.openid
"""


def _read(session: Session, keys: Collection[Key], more: str) -> dict[Key, Ledger]:
    columns = {"appids": [appid for appid, _ in keys], "openids": [openid for _, openid in keys]}
    found: dict[Key, Ledger] = dict.fromkeys(keys, Ledger())
    for row in session.execute(text(_READ + more), columns):
        found[row.appid, row.openid] = _ledger(row)
    return found


def _ledger(row: Any) -> Ledger:
    return Ledger(
        grants={trigger: Grant(*held) for trigger, held in row.grants.items()},
        credits=row.credits,
        mass_month=row.mass_month,
        mass_used=row.mass_used,
        followed=row.followed,
        followed_at=row.followed_at.timestamp() if row.followed_at else 0.0,
        muted=row.muted,
        blocked=row.blocked,
    )


_ALL = ("grants", "credits", "mass_month", "mass_used", "followed", "followed_at", "muted", "blocked")
_HEARD = tuple(name for name in _ALL if not name.startswith("mass_"))
"""What callbacks change. A row that two writers make at once loses nothing: the sender alone counts mass messages."""


def write(session: Session, ledgers: Mapping[Key, Ledger], changing: Sequence[str] = _ALL) -> None:
    """Store `ledgers`; of a row that is there, the columns in `changing`."""
    rows = [_row(*key, ledgers[key]) for key in sorted(ledgers)]
    sets = ", ".join(f"{name} = excluded.{name}" for name in changing)
    bulk.insert_rows(session, Reach, rows, conflict=f"(appid, openid) DO UPDATE SET {sets}")


def _row(appid: str, openid: str, ledger: Ledger) -> dict[str, Any]:
    at = datetime.fromtimestamp(ledger.followed_at, UTC) if ledger.followed_at else None
    return {
        "appid": appid,
        "openid": openid,
        "grants": {trigger: [g.left, g.until, g.at] for trigger, g in ledger.grants.items()},
        "credits": dict(ledger.credits),
        "mass_month": ledger.mass_month,
        "mass_used": ledger.mass_used,
        "followed": ledger.followed,
        "followed_at": at,
        "muted": ledger.muted,
        "blocked": ledger.blocked,
    }
