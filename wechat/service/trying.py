"""See which reply a message or an event would get, without one being sent."""

from __future__ import annotations

from sqlalchemy.orm import Session

from hub.kernel import clock
from wechat.rules import Envelope
from wechat.rules.replies import EVENTS, Rule
from wechat.service.replies import read_book


def try_reply(session: Session, appid: str, how: str, words: str) -> Rule | None:
    """Return the rule that would answer; `how` is message, follow, scan, enter_chat or menu, `words` what it says."""
    event = "click" if how == "menu" else EVENTS.get(how, "")
    envelope = Envelope(
        appid=appid,
        msg_type="event" if event else "text",
        event=event,
        subject="",
        occurred_at=clock.now(),
        msg_id="",
        key=words if event else "",
        scene=words if how in ("follow", "scan") else "",
        unionid="",
        revoke_info="",
        dedupe_key=b"",
        known=True,
        private=b"",
        words="" if event else words,
    )
    return read_book(session).find(envelope)
