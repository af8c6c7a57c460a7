"""The reply rules: written by the group file or the console, and held in memory for the five seconds WeChat waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from hub.group.service import Change
from hub.kernel import clock, conditions
from hub.kernel.logs import log
from hub.pool.rules.fields import PERSON
from wechat.models import ReplyRule
from wechat.rules import replies as rules
from wechat.rules.replies import Book, Rule, Variant

_BODY = ("on", "reply", "variants")
_FOLDED = frozenset({"keyword", "contains"})
Section = Sequence[Mapping[str, Any]]
Stamp = tuple[int, datetime | None]


def apply_replies(session: Session, section: Section) -> list[Change]:
    """Create or change the rules the group file names, in its order; what it does not name stays as it is."""
    rows = {row.name: row for row in session.scalars(select(ReplyRule))}
    named = [rows[wanted["name"]].position for wanted in section if wanted["name"] in rows]
    end = max((row.position for row in rows.values()), default=-1) + 1
    # The named ones share out the places they have, in the file's order; nobody else moves.
    places = sorted([*named, *range(end, end + len(section) - len(named))])
    return [
        Change("reply", wanted["name"], save_reply(session, wanted, position=place, row=rows.get(wanted["name"])))
        for wanted, place in zip(section, places, strict=True)
    ]


def save_reply(session: Session, wanted: Mapping[str, Any], *, position: int, row: ReplyRule | None) -> str:
    """Write one validated rule on `row` (None makes a new one); return what happened: created, changed, left."""
    values = {
        "name": wanted["name"],
        "appid": wanted.get("account"),
        "body": {name: wanted[name] for name in _BODY if wanted.get(name)},
        "enabled": wanted.get("enabled", True),
        "position": position,
    }
    if row is not None and all(getattr(row, name) == value for name, value in values.items()):
        return "left"
    if row is None:
        session.add(ReplyRule(**values, changed_at=clock.now()))
    else:
        for name, value in values.items():
            setattr(row, name, value)
        row.changed_at = clock.now()
    session.flush()
    return "changed" if row is not None else "created"


def export_replies(session: Session) -> list[dict[str, Any]]:
    """Return every rule as the group file writes it."""
    return [reply_section(row) for row in list_replies(session)]


def reply_section(row: ReplyRule) -> dict[str, Any]:
    """Return one rule as the group file writes it."""
    account = {"account": row.appid} if row.appid else {}
    off = {} if row.enabled else {"enabled": False}
    body: dict[str, Any] = {name: row.body[name] for name in _BODY if name in row.body}
    return {"name": row.name, **account, **body, **off}


def list_replies(session: Session) -> list[ReplyRule]:
    """Return every rule in its order."""
    return list(session.scalars(select(ReplyRule).order_by(ReplyRule.position, ReplyRule.id)))


def reply_rule(session: Session, id_: UUID) -> ReplyRule | None:
    """Return one rule."""
    return session.get(ReplyRule, id_)


def next_place(session: Session) -> int:
    """Return the position after every rule."""
    last = session.scalar(select(func.max(ReplyRule.position)))
    return 0 if last is None else last + 1


def move_reply(session: Session, id_: UUID, *, up: bool) -> None:
    """Let a rule and the one before it (after it, unless `up`) change places."""
    rows = list_replies(session)
    at = next((place for place, row in enumerate(rows) if row.id == id_), None)
    other = None if at is None else at + (-1 if up else 1)
    if at is None or other is None or not 0 <= other < len(rows):
        return
    rows[at], rows[other] = rows[other], rows[at]
    now = clock.now()
    for place, row in enumerate(rows):
        if row.position != place:
            row.position, row.changed_at = place, now
    session.flush()


def drop_reply(session: Session, id_: UUID) -> None:
    """Delete a rule."""
    session.execute(delete(ReplyRule).where(ReplyRule.id == id_))


def book_stamp(session: Session) -> Stamp:
    """Return what changes whenever the rules do."""
    n, at = session.execute(select(func.count(), func.max(ReplyRule.changed_at)).select_from(ReplyRule)).one()
    return int(n), at


def read_book(session: Session) -> Book:
    """Return the rules that are on, ready to be asked; one that can no longer be read is left out and logged."""
    found = []
    for row in list_replies(session):
        if not row.enabled:
            continue
        try:
            found.append(compiled(reply_section(row)))
        except (conditions.ConditionError, KeyError, ValueError) as error:
            log.error("reply_rule_not_read", id=str(row.id), error=type(error).__name__)
    return rules.book(found)


def compiled(section: Mapping[str, Any]) -> Rule:
    """Return a validated rule ready to be asked."""
    trigger, value = next(iter(section["on"].items()))
    if trigger in _FOLDED:
        value = rules.folded(value)
    if trigger == "event":
        value = rules.EVENTS[value]
    variants = tuple(
        Variant(conditions.compile_python(conditions.parse(variant["when"], PERSON)), variant["reply"])
        for variant in section.get("variants", ())
    )
    account = section.get("account") or ""
    return Rule(section["name"], account, trigger, str(value), section["reply"], variants, section)
