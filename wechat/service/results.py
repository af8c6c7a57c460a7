"""What becomes of a message after WeChat took it: result pushes, matched by id however early they come."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, text, tuple_
from sqlalchemy.orm import Session

from hub.kernel import bulk, clock
from wechat.models import Callback, Send, SendResult
from wechat.rules import refusals
from wechat.rules import sends as rules
from wechat.rules.refusals import heard, verdict
from wechat.service import ledgers
from wechat.service.massjobs import close_jobs
from wechat.service.sendrows import Move, move, plain

_TEMPLATE, _NOTICE, _MASS = "templatesendjobfinish", "subscribe_msg_sent_event", "masssendjobfinish"
_CHANNELS: Mapping[str, tuple[str, ...]] = {
    _TEMPLATE: (rules.TEMPLATE,),
    _NOTICE: (rules.NOTICE, rules.MINIPROGRAM_NOTICE),
    _MASS: (rules.MASS,),
}
_REFUSED = "43101"
KEPT = timedelta(days=3)
"""How long a result waits for its send; those of messages that others sent never find one."""

_Result = dict[str, Any]


def note_results(session: Session, callbacks: Sequence[Callback]) -> None:
    """Close the sends whose results are among `callbacks`; keep those whose send has no id yet."""
    told = [result for callback in callbacks if callback.event in _CHANNELS for result in _read(callback)]
    if not told:
        return
    found = {(result["appid"], result["msgid"]): result for result in told}
    left = _apply(session, list(found.values()))
    rows = [found[key] for key in sorted(found) if key in left]
    bulk.insert_rows(session, SendResult, rows, conflict="DO NOTHING")


def match(session: Session, sent: Collection[tuple[str, str]]) -> int:
    """Close those of `sent` (AppID, message id) whose results came before their ids; return how many."""
    if not sent:
        return 0
    wanted = tuple_(SendResult.appid, SendResult.msgid).in_(sorted(sent))
    return _match(session, session.scalars(select(SendResult).where(wanted)).all())


def match_all(session: Session) -> int:
    """Match what waits with sends that got their ids meanwhile, and forget what waited in vain; return how many."""
    session.execute(delete(SendResult).where(SendResult.heard_at < clock.now() - KEPT))
    ids = text(
        "SELECT r.appid, r.msgid FROM send_result r WHERE EXISTS (SELECT FROM send s WHERE s.appid = r.appid"
        " AND s.msgid = r.msgid) OR EXISTS (SELECT FROM mass_job j WHERE j.appid = r.appid AND j.msg_id = r.msgid)"
    )
    return match(session, {(row.appid, row.msgid) for row in session.execute(ids)})


def _match(session: Session, waiting: Sequence[SendResult]) -> int:
    names = ("appid", "msgid", "kind", "status", "counts", "heard_at")
    results = [{name: getattr(row, name) for name in names} for row in waiting]
    left = _apply(session, results)
    done = [key for r in results if (key := (r["appid"], r["msgid"])) not in left]
    session.execute(delete(SendResult).where(tuple_(SendResult.appid, SendResult.msgid).in_(done)))
    return len(done)


def _read(callback: Callback) -> Iterator[_Result]:
    details = callback.details
    common = {"appid": callback.appid, "kind": callback.event, "counts": {}, "heard_at": clock.now()}
    if callback.event == _NOTICE:
        for notice in details.get("notices", ()):
            if notice.get("job_id"):
                yield {**common, "msgid": str(notice["job_id"]), "status": str(notice.get("error_code") or "0")}
    elif details.get("job_id"):
        counts = dict(details.get("counts") or {})
        yield {**common, "msgid": str(details["job_id"]), "status": str(details.get("status", "")), "counts": counts}


def _apply(session: Session, results: Sequence[_Result]) -> set[tuple[str, str]]:
    """Close what `results` tell of; return the keys of those that no send or job has."""
    mass = [result for result in results if result["kind"] == _MASS]
    left = close_jobs(session, mass)
    single = {(r["appid"], r["msgid"]): r for r in results if r["kind"] != _MASS}
    if not single:
        return left
    query = select(Send.__table__).where(tuple_(Send.appid, Send.msgid).in_(sorted(single))).with_for_update()
    rows = [plain(row) for row in session.execute(query.order_by(Send.id))]
    told = [(row, single[row["appid"], row["msgid"]]) for row in rows]
    told = [(row, result) for row, result in told if row["channel"] in _CHANNELS[result["kind"]]]
    moves = [_move(row, result) for row, result in told]
    move(session, [m for m in moves if m.verb in rules.TABLE[m.row["state"]]])
    _learn(session, told)
    return left | (single.keys() - {(row["appid"], row["msgid"]) for row, _ in told})


def _move(row: Mapping[str, Any], result: _Result) -> Move:
    verb = verdict(result["status"])
    changes = {"closed_at": result["heard_at"], "why": {**row["why"], "result": result["status"]}}
    return Move(row, verb, {**changes, "error": None if verb == "deliver" else result["status"][:60]})


def _learn(session: Session, told: Sequence[tuple[Mapping[str, Any], _Result]]) -> None:
    bad = {(row["appid"], row["openid"]): (row, r) for row, r in told if verdict(r["status"]) == "bounce"}
    if not bad:
        return
    held, now = ledgers.lock(session, bad), clock.now().timestamp()
    changed = {}
    for key, (row, result) in bad.items():
        ledger = heard(held[key], result["status"])
        if result["status"] == _REFUSED:
            code = int(_REFUSED)
            ledger = refusals.learnt(ledger, row["channel"], code, str(row["content"].get("template_id", "")), now)
        if ledger != held[key]:
            changed[key] = ledger
    ledgers.write(session, changed)
