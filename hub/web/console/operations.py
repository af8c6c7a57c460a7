"""Operations: how far behind the work is, what failed for good, and whether the purge keeps its promise."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.kernel.access import GROUP_ADMIN, allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import Problem
from hub.web import deadletters, lag
from hub.web.console.alarms import read_alarms
from hub.web.console.page import OVERSEERS, blp, page
from hub.web.languages import _, language
from privacy import service as privacy
from wechat import service as wechat
from wechat.rules import reachwords
from wechat.rules.errorwords import error_words

LETTERS = 200
_RUNS = 10


@blp.get("/operations")
@allow(*OVERSEERS)
def operations() -> str:
    """Show the drains, the dead letters and the purge."""
    lags, alarms = lag.read(), read_alarms()
    with transaction() as session:
        return page(
            session,
            "operations.html",
            lags=lags,
            alarms=alarms,
            letters=deadletters.read(session, limit=LETTERS),
            dead=sum(state.dead for state in lags.values()),
            most=lag.MOST,
            more="≥ " if any(state.dead >= lag.MOST for state in lags.values()) else "",
            purge=privacy.purge_state(session, limit=_RUNS),
            quotas=wechat.read_quotas(session, wechat.policy(session)),
            names={place.slug: place.name for place in group.touchpoints(session)},
            channels=reachwords.CHANNELS[language()],
            error_words=lambda code: error_words(code, language()),
            busy=any(state.waiting for state in lags.values()),
        )


@blp.post("/operations/dead-letters/replay")
@allow(GROUP_ADMIN)
def replay() -> Response:
    """Put the chosen dead letters, or all of them, back to work."""
    everything = request.form.get("all") == "1"
    ids = None if everything else [_id(text) for text in request.form.getlist("id")]
    if ids is not None and not ids:
        flash(_("没有选中任何一条。"), "danger")
        return redirect(url_for(".operations"), 303)
    with transaction() as session:
        count = deadletters.replay(session, ids)
        group.audit(
            session, caller(), "dead_letters.replay", "dead_letter", "all" if ids is None else "some", rows=count
        )
    flash(_("%(n)d 条已放回，马上重新处理。", n=count), "done")
    return redirect(url_for(".operations"), 303)


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise Problem(400, _("选中的不是死信。")) from None
