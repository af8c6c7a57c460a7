"""Exchange a code of WeChat once, however many requests bring it at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy.orm import Session

from hub.group.service import Account
from hub.kernel import metrics
from hub.kernel.db import transaction
from hub.kernel.logs import log
from wechat.client.errors import NETWORK
from wechat.service import exchanges
from wechat.service.exchanges import Exchanged

PATIENCE, POLL = 10.0, 0.05
"""For how many seconds a request waits for the one that asks WeChat, and how often it looks."""
Note = Callable[[Session, Exchanged, str], None]
"""Write down who signed in, under the name that this code alone has."""


def exchange(
    kind: str, account: Account, code: str, ask: Callable[[], Exchanged], note: Note, *, state: str = ""
) -> Exchanged:
    """Return what `code` came to: kept from before, told by another request, or asked now and noted once."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with transaction() as session:
            claim = exchanges.claim_code(session, kind, account.appid, code, state=state)
        if claim.done is not None:
            return claim.done
        if claim.token is not None:
            break
        if claim.lost or time.monotonic() > deadline:
            return Exchanged("restart", NETWORK)
        time.sleep(POLL)
    found = ask()
    _count(kind, account.appid, found)
    with transaction() as session:
        return exchanges.settle_code(session, claim, found, lambda session: note(session, found, claim.digest.hex()))


def _count(kind: str, appid: str, found: Exchanged) -> None:
    metrics.WECHAT_CALLS.labels(f"login_{kind}", str(found.errcode) if found.errcode else "ok").inc()
    if found.outcome != "signed_in":
        log.info("login_not_done", appid=appid, kind=kind, outcome=found.outcome, errcode=found.errcode)
