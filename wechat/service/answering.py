"""Answer a push within WeChat's five seconds; what needs longer follows as a customer-service message."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from hub.kernel import metrics, secretbox, settings, spool
from hub.kernel.conditions import SubjectError
from hub.kernel.deadlines import Reader, TooLate
from hub.kernel.logs import log
from hub.pool import service as pool
from hub.pool.service import OPENID, IdentityRef, Snapshot
from wechat.models import Callback
from wechat.rules import AccountKeys, Envelope, Query
from wechat.rules.content import ContentRefused
from wechat.rules.replies import Content, Rule, as_message
from wechat.rules.replydocs import SUCCESS, write_reply
from wechat.rules.sends import CUSTOM, SERVICE
from wechat.service.directory import reply_book
from wechat.service.replies import compiled
from wechat.service.sends import NewSend, queue_sends

READ_WITHIN = 1.5
"""Seconds for reading the person: with the commits that follow it the answer is out well before WeChat's five."""
LATE = "late"


def choose(envelope: Envelope) -> dict[str, Any] | None:
    """Return what is stored with the push: the content it is answered with, that it is to follow, or None."""
    rule = reply_book().find(envelope)
    if rule is None:
        return None
    content: Content | None = rule.content
    if rule.variants:
        content = _for_person(rule, envelope)
    metrics.REPLIES.labels("late" if content is None else "made").inc()
    return {LATE: dict(rule.section)} if content is None else dict(content)


def answer(keys: AccountKeys, query: Query, envelope: Envelope, stored: dict[str, Any] | None) -> str:
    """Return the body WeChat gets for a push that was stored with this choice."""
    if not stored or LATE in stored:
        return SUCCESS
    return write_reply(
        keys, query, envelope, stored, original_id=keys.original_id, seed=_derived(settings.current().secret_key)
    )


def note(session: Session, callbacks: Sequence[Callback]) -> None:
    """Send what did not make it into the answer, to those whose push lets the account write to them."""
    for callback in callbacks:
        if callback.reply and LATE in callback.reply:
            _send_late(session, callback, compiled(callback.reply[LATE]))


def person(session: Session, appid: str, openid: str) -> Snapshot:
    """Return the person behind an OpenID as conditions see them; whoever is new has done nothing yet."""
    ref = IdentityRef(OPENID, appid, openid)
    known = pool.people_of(session, [ref]).get(ref)
    found = pool.snapshot(session, [known]) if known else {}
    return next(iter(found.values()), None) or pool.stranger()


def _send_late(session: Session, callback: Callback, rule: Rule) -> None:
    openid = callback.subject.split(":", 1)[1]
    message = as_message(rule.pick(person(session, callback.appid, openid)))
    if message is None:  # a conversation cannot be handed over afterwards
        return
    send = NewSend(
        appid=callback.appid,
        openid=openid,
        channel=CUSTOM,
        content=message,
        purpose=SERVICE,
        campaign="reply",
        dedupe_key=f"reply:{bytes(callback.dedupe_key).hex()}",
    )
    try:
        queue_sends(session, [send])
    except ContentRefused as error:
        log.warning("late_reply_refused", name=rule.name, reason=error.field)


def _for_person(rule: Rule, envelope: Envelope) -> Content | None:
    """Return the content for the sender, None when reading who they are takes too long."""
    if spool.local().waiting():
        return None  # the database is away, or was a moment ago: every push would wait for it in vain
    try:
        who = _reader.read(lambda session: person(session, envelope.appid, envelope.subject), within=READ_WITHIN)
    except TooLate as error:
        log.warning("reply_late", name=rule.name, error=str(error))
        return None
    try:
        return rule.pick(who)
    except SubjectError as error:  # a reply for everyone is better than none
        log.error("reply_condition_failed", name=rule.name, error=type(error).__name__)
        return rule.content


@lru_cache(maxsize=4)
def _derived(secret_key: str) -> bytes:
    return secretbox.derive(secret_key, "reply")


_reader = Reader(threads=4)
