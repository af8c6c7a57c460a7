"""Send what waits: claimed and committed as `sending`, called in parallel with no transaction open, then settled."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy.exc import DBAPIError

from hub.group import service as group
from hub.kernel import leases, metrics, work
from hub.kernel.db import transaction
from hub.kernel.logs import log
from wechat import service
from wechat.client import WeChatError, clients
from wechat.client import sends as calls
from wechat.jobs.templates import sync_stale
from wechat.service import Answer, Outgoing, massjobs
from wechat.service.massjobs import MassCall

BATCH = 256
THREADS = 16
LEASE = timedelta(seconds=60)
CALLING_SECONDS = 20.0
"""No call begins later than this after its batch was claimed: with the longest call it ends well within the lease."""
_TRIES = 3
NO_TEMPLATE = 40037


def drain_sends(lane: int) -> int:
    """Send one batch of a lane; return how many sends were looked at. One process at a time works on a lane."""
    name = f"sends:{lane}"
    with transaction() as session:
        token = leases.acquire(session, name, LEASE)
        if token is None:
            return 0
        outgoing, seen = service.claim_sends(session, lane, token, BATCH)
        mass = massjobs.claim_mass(session, lane, token)
        accounts = {a.appid: a for a in group.accounts(session)} if outgoing or mass else {}
        if not outgoing and mass is None:
            leases.release(session, name, token)
            return seen
    answers = call_all(outgoing, accounts)
    settled = _settle(name, token, answers)
    if mass is not None:
        call_mass(mass, accounts)
    with transaction() as session:
        leases.release(session, name, token)
    sync_stale({answer.send.row["appid"] for answer in answers if answer.errcode == NO_TEMPLATE})
    return seen + (mass is not None) if settled else 0


def call_all(outgoing: Sequence[Outgoing], accounts: Mapping[str, group.Account]) -> list[Answer]:
    """Make the calls in parallel, those to one person one after the other; return every answer."""
    if not outgoing:
        return []
    by_subject: defaultdict[str, list[Outgoing]] = defaultdict(list)
    for send in outgoing:
        by_subject[send.row["subject"]].append(send)
    deadline = time.monotonic() + CALLING_SECONDS

    def one_person(sends: list[Outgoing]) -> list[Answer]:
        return [_call(send, accounts[send.row["appid"]], deadline) for send in sends]

    with ThreadPoolExecutor(min(THREADS, len(by_subject)), "sends") as pool:
        return [answer for answers in pool.map(one_person, by_subject.values()) for answer in answers]


def _call(send: Outgoing, account: group.Account, deadline: float) -> Answer:
    if time.monotonic() > deadline:
        return Answer(send, called=False)
    row = send.row
    try:
        msgid = calls.send(clients().of(account), row["channel"], row["openid"], row["content"], row["client_msg_id"])
    except WeChatError as error:
        metrics.WECHAT_CALLS.labels(row["channel"], str(error.errcode)).inc()
        wait = float(getattr(error, "seconds", 0.0))
        return Answer(send, "", error.errcode, error.errmsg, at_token=error.at_token, wait=wait)
    metrics.WECHAT_CALLS.labels(row["channel"], "ok").inc()
    return Answer(send, msgid)


def _settle(name: str, token: int, answers: Sequence[Answer]) -> bool:
    """Write the answers under the lease; tell whether it was still ours. A deadlock is no reason to forget them."""
    for left in reversed(range(_TRIES)):
        try:
            with transaction() as session:
                leases.confirm(session, name, token)
                service.settle_sends(session, answers)
            return True
        except leases.LeaseLost:  # a later holder has taken these sends up as doubtful; what we were told is dropped
            log.warning("lease_lost", name=name)
            return False
        except DBAPIError as error:
            if not left or not work.interrupted(error):
                raise
    return False


def call_mass(call: MassCall, accounts: Mapping[str, group.Account]) -> None:
    """Make one call of a mass message and write what came of it; whoever calls twice does so with the same id."""
    found = None
    msg_id = ""
    try:
        msg_id = calls.send_mass(clients().of(accounts[call.appid]), call.openids, call.content, call.client_msg_id)
    except WeChatError as error:
        found = error
    metrics.WECHAT_CALLS.labels("mass", str(found.errcode) if found else "ok").inc()
    with transaction() as session:
        if found is None:
            massjobs.settle_mass(session, call, msg_id=msg_id)
        else:
            wait = float(getattr(found, "seconds", 0.0))
            massjobs.settle_mass(session, call, errcode=found.errcode, at_token=found.at_token, wait=wait)


def look_after_sends() -> None:
    """Take care of what no bell rings for: results that came early, mass messages to repeat or to ask about."""
    with transaction() as session:
        service.match_all(session)
        repeats, asked = massjobs.repeats(session), massjobs.to_ask(session)
        accounts = {a.appid: a for a in group.accounts(session)} if repeats or asked else {}
    for call in repeats:
        call_mass(call, accounts)
    for appid, msg_id in asked:
        if appid in accounts:
            _ask(accounts[appid], msg_id)


def _ask(account: group.Account, msg_id: str) -> None:
    try:
        status = calls.mass_status(clients().of(account), msg_id)
    except WeChatError as error:
        log.warning("mass_status_failed", appid=account.appid, errcode=error.errcode)
        return
    if status in ("SEND_SUCCESS", "SEND_FAIL", "DELETE"):
        with transaction() as session:
            massjobs.close_mass(session, account.appid, msg_id, status)
