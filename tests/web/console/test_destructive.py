"""Every act of the console asks first, can be undone, or loses nothing: which of the three is written down here."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from flask import Flask

from hub.kernel.access import USER_ROLES

TEMPLATES = Path(__file__).parents[3] / "hub" / "web" / "templates"
UNDONE_BY = {
    "console.claim": "release",
    "console.release": "claim",
    "console.decide_same": "reopen_conflict",
    "console.decide_apart": "reopen_conflict",
    "console.undo_merge": "restore_merge",
    "console.restore_merge": "undo_merge",
    "console.save_view": "delete_view",
    "console.delete_view": "restore_view",
    "console.edit_menu": "undo_menu",
    "console.take_over_menu": "undo_menu",
    "console.cancel_sends": "restore_sends",
    "console.archive_qrcode": "archive_qrcode",
    "access.disable": "enable",
    "access.enable": "disable",
}
"""Act -> the act that its flash offers for taking it back."""
ASKS = {
    "console.reject",
    "console.progress",
    "console.contact",
    "console.delete_reply",
    "console.remove_domain_file",
    "console.publish_menu",
    "access.change_role",
    "access.invite_again",
    "access.end_sessions",
    "access.revoke_key",
    "account.change_password",
    "account.reset_totp",
}
"""Acts whose form says what will happen, or asks for what only somebody who means it gives."""
LOSES_NOTHING = {
    "console.accept": "the next step of a lead one holds; it may still be reported lost",
    "console.replay": "what failed is tried again",
    "console.test_touchpoint": "looks only",
    "console.sync_followers": "adds what WeChat lists; it may be stopped",
    "console.stop_followers": "what was done stays, and it goes on from there",
    "console.add_touchpoint": "adds",
    "console.change_touchpoint": "is changed back; the keys of before hold on for a while",
    "console.adopt_account": "both addresses go on receiving; it leaves again",
    "console.leave_platform": "both addresses go on receiving; it is adopted again",
    "console.link_platform": "adds; the link ends by itself",
    "console.add_reply": "adds",
    "console.change_reply": "is changed back",
    "console.move_reply": "is moved back",
    "console.check_menu": "looks only",
    "console.undo_menu": "takes a change of the draft back",
    "console.add_send": "waits to be sent, and may be cancelled until then",
    "console.restore_sends": "takes a cancellation back",
    "console.sync_templates": "reads what WeChat has",
    "console.add_qrcodes": "adds",
    "console.renew_qrcode": "adds: the old picture works until it ends",
    "console.add_domain_file": "adds",
    "console.check_domain_file": "looks only",
    "console.reopen_conflict": "asks the question again",
    "console.restore_view": "takes a deletion back",
    "access.invite": "adds",
    "access.make_key": "adds",
    "access.rotate_key": "adds; the old key lives on for a week",
    "account.end_session": "that device signs in again",
    "login.logout": "signs in again",
}
"""Act -> why it needs neither."""


@pytest.fixture
def acts(app: Flask) -> set[str]:
    """Return every endpoint with which a signed-in user changes something."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
        and getattr(app.view_functions[rule.endpoint], "allowed", frozenset()) & set(USER_ROLES)
        and not rule.rule.startswith("/api/")
    } | {"login.logout"}


def form_of(endpoint: str) -> str:
    """Return the form in the templates that sends this act."""
    for path in TEMPLATES.rglob("*.html"):
        for form in re.findall(r"<form.*?</form>", path.read_text("utf-8"), re.DOTALL):
            if f"'{endpoint}'" in form or f'"{endpoint}"' in form:
                return form
    return ""


def test_every_act_is_listed_once(acts: set[str]) -> None:
    listed = [*UNDONE_BY, *ASKS, *LOSES_NOTHING]
    assert sorted(acts - set(listed)) == []
    assert sorted(set(listed) - acts) == []
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("endpoint", sorted(UNDONE_BY))
def test_what_can_be_undone_offers_it(app: Flask, endpoint: str) -> None:
    undo, room = UNDONE_BY[endpoint], endpoint.partition(".")[0]
    assert f"{room}.{undo}" in app.view_functions
    view = app.view_functions[endpoint]
    source = inspect.getsource(view)
    shared = inspect.getsource(inspect.getmodule(view))  # type: ignore[arg-type]
    assert "undo:" in shared
    assert undo in source or f".{undo}" in shared


@pytest.mark.parametrize("endpoint", sorted(ASKS))
def test_what_asks_says_what_happens_or_wants_an_answer(endpoint: str) -> None:
    form = form_of(endpoint)
    assert form, endpoint
    assert re.search(r"<p|<select|required|<textarea", form), form
