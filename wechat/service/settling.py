"""Write what WeChat made of a batch of sends."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from hub.kernel import clock
from wechat.rules import reach, refusals
from wechat.rules.reach import Ledger
from wechat.rules.refusals import Settled, Tried
from wechat.service import ledgers, quotas, results
from wechat.service.sendrows import Move, Outgoing, move

_NOT_CALLED = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what came of one call: an id, or an error; `called` is False when there was no time left for the call."""

    send: Outgoing
    msgid: str = ""
    errcode: int = 0
    errmsg: str = ""
    at_token: bool = False
    wait: float = 0.0
    called: bool = True


def settle_sends(session: Session, answers: Sequence[Answer]) -> None:
    """Close, repeat or doubt each send by its answer; correct ledgers and quotas by what was learnt."""
    now = clock.now()
    settled = [(answer, _settled(answer, now)) for answer in answers]
    _calls(session, settled)  # buckets, sends, ledgers: whoever locks several of them does so in this order
    move(session, [_move(answer, found, now) for answer, found in settled])
    _correct(session, settled)
    results.match(session, {(a.send.row["appid"], a.msgid) for a, _ in settled if a.msgid})


def _settled(answer: Answer, now: datetime) -> Settled:
    row = answer.send.row
    if not answer.called:
        # Of a repeat, the first try may have reached somebody.
        return Settled("repeat" if "repeated" in row["why"] else "again", now + _NOT_CALLED, unused=True)
    tried = Tried(
        channel=row["channel"],
        purpose=row["purpose"],
        attempts=row["attempts"],
        first_try=row["first_try_at"],
        errcode=answer.errcode,
        at_token=answer.at_token,
        wait=answer.wait,
    )
    found = refusals.settle(tried, now, random.random())  # noqa: S311 - it spreads retries
    if found.verb == "again" and "repeated" in row["why"]:
        return Settled("repeat", found.not_before, unused=True, blocks=found.blocks)
    return found


def _move(answer: Answer, found: Settled, now: datetime) -> Move:
    row = answer.send.row
    changes: dict[str, Any] = {"errcode": answer.errcode or None, "detail": answer.errmsg or None}
    if answer.errcode:
        tries = [*row["why"].get("tries", [])[-7:], {"at": now.isoformat(), "errcode": answer.errcode}]
        changes |= {"why": {**row["why"], "tries": tries}, "error": f"wechat {answer.errcode}"}
    if found.not_before is not None:
        changes["not_before"] = found.not_before
    if found.verb == "accept":
        changes |= {"msgid": answer.msgid or None, "sent_at": now, "error": None}
    if found.verb in ("refuse", "doubt"):
        changes["closed_at"] = now
    if found.verb in ("again", "repeat"):
        changes |= {"fence": None, "attempts": row["attempts"] - found.unused}
    return Move(row, found.verb, changes)


def _correct(session: Session, settled: Iterable[tuple[Answer, Settled]]) -> None:
    """Give back what paid for nothing, and take WeChat's word where it knows better than the ledger."""
    told: defaultdict[ledgers.Key, list[tuple[Answer, Settled]]] = defaultdict(list)
    for answer, found in settled:
        if answer.errcode or (found.unused and answer.send.paid):
            told[answer.send.key].append((answer, found))
    if told:
        held = ledgers.lock(session, told)
        after = {key: _corrected(held[key], told[key]) for key in told}
        ledgers.write(session, {key: ledger for key, ledger in after.items() if ledger != held[key]})


def _corrected(ledger: Ledger, told: Iterable[tuple[Answer, Settled]]) -> Ledger:
    now = clock.now().timestamp()
    for answer, found in told:
        channel = answer.send.row["channel"]
        if found.unused:
            ledger = reach.refund(ledger, channel, answer.send.paid)
        if answer.called:
            ledger = refusals.learnt(ledger, channel, answer.errcode, answer.send.credit, now)
    return ledger


def _calls(session: Session, settled: Iterable[tuple[Answer, Settled]]) -> None:
    unused: Counter[quotas.Key] = Counter()
    blocks: dict[quotas.Key, tuple[datetime, int]] = {}
    for answer, found in settled:
        unused[answer.send.api] += not answer.called
        if found.blocks is not None:
            blocks[answer.send.api] = (found.blocks, answer.errcode)
    quotas.settle_calls(session, +unused, blocks)
