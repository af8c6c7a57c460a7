"""What a push means as behaviours of a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MENU_CLICK, MESSAGE = "menu_click", "message"
TAPS = frozenset({MENU_CLICK, "page_view", "miniprogram_view"})
"""What a tap on a menu becomes."""

BEHAVIOURS = {
    "subscribe": "follow",
    "unsubscribe": "unfollow",
    "scan": "scan",
    **dict.fromkeys(("click", "scancode_push", "scancode_waitmsg", "location_select"), MENU_CLICK),
    **dict.fromkeys(("pic_sysphoto", "pic_photo_or_album", "pic_weixin"), MENU_CLICK),
    "view": "page_view",
    "view_miniprogram": "miniprogram_view",
    "kf_create_session": "enter_chat",
    "user_enter_tempsession": "enter_chat",
    "user_info_modified": "info_modified",
    "user_authorization_revoke": "authorization_revoked",
    "user_authorization_cancellation": "account_cancelled",
}
"""Event in lower case -> kind of activity."""
MESSAGES = frozenset({"text", "image", "voice", "video", "shortvideo", "location", "link", "miniprogrampage"})
NOTICES = {"accept": "notice_accepted", "reject": "notice_rejected"}
_CHOICES = frozenset({"subscribe_msg_popup_event", "subscribe_msg_change_event"})


def behaviours(msg_type: str, event: str, details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the kind and key of each activity a push stands for; `details` are its clear facts.

    A choice on notices is one for each template. What WeChat reports about our own sends is nobody's behaviour.
    """
    if msg_type != "event":
        return [(MESSAGE, details.get("menu_choice", ""))] if msg_type in MESSAGES else []
    if event in _CHOICES:
        chosen = details.get("notices", ())
        return [(NOTICES[n["status"]], n.get("template_id", "")) for n in chosen if n.get("status") in NOTICES]
    kind = BEHAVIOURS.get(event)
    key: str = details.get("scene") or details.get("key") or details.get("session_from", "")
    return [(kind, key)] if kind else []
