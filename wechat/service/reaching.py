"""What may be sent to a person now: by which account and channel, until when, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel import clock
from hub.pool import service as pool
from wechat.models import MessageTemplate
from wechat.rules import reach as rules
from wechat.rules import restraint
from wechat.rules.reach import Way
from wechat.rules.reachwords import say_all
from wechat.rules.sends import MARKETING
from wechat.service import ledgers, policies
from wechat.service.claiming import Heard


@dataclass(frozen=True, slots=True)
class Reachable:
    """Hold what one account may send to a person now; `sentences` are by language."""

    appid: str
    openid: str
    account: str
    kind: str
    ways: tuple[Way, ...]
    sentences: Mapping[str, tuple[str, ...]]
    quiet_until: datetime | None
    """When the account's quiet hours end, which hold marketing back."""


@dataclass(frozen=True, slots=True)
class ReachShown:
    """Hold everything that may be sent to a person; `capped_until` holds marketing back at every account."""

    accounts: tuple[Reachable, ...]
    capped_until: datetime | None


def reach_of(session: Session, person_id: UUID) -> ReachShown:
    """Return what may be sent to the person now, account by account, by any id they ever had."""
    return _shown(session, person_id, pool.openids_of(session, person_id))


def _shown(session: Session, person_id: UUID, openids: list[tuple[str, str]]) -> ReachShown:
    now, policy = clock.now(), policies.policy(session)
    row = {"person_id": person_id, "purpose": MARKETING}
    heard = Heard.look(session, [row], policy).of(row)
    return ReachShown(tuple(_accounts(session, openids)), restraint.capped_until(policy, heard, now))


def _accounts(session: Session, openids: list[tuple[str, str]]) -> list[Reachable]:
    now, policy = clock.now(), policies.policy(session)
    places = {place.slug: place for place in group.touchpoints(session)}
    known = [key for key in openids if key[0] in places]
    held = ledgers.look(session, known) if known else {}
    titles = template_titles(session)
    found = []
    for appid, openid in known:
        ways = rules.ways(held[appid, openid], places[appid].kind, now.timestamp())
        sentences = {lang: tuple(say_all(ways, lang, policy.zone, titles)) for lang in ("zh", "en")}
        quiet = restraint.quiet_until(policy, appid, now)
        found.append(Reachable(appid, openid, places[appid].name, places[appid].kind, ways, sentences, quiet))
    return found


def template_titles(session: Session) -> dict[str, str]:
    """Return what the group's templates are called, by id."""
    query = select(MessageTemplate.template_id, MessageTemplate.title)
    return {template_id: title for template_id, title in session.execute(query)}
