"""What a push means as a behaviour of a person."""

from __future__ import annotations

BEHAVIOURS = {
    "subscribe": "follow",
    "unsubscribe": "unfollow",
    "scan": "scan",
    "click": "menu_click",
    "view": "page_view",
    "view_miniprogram": "miniprogram_view",
    "text": "message",
    "user_info_modified": "info_modified",
    "user_authorization_revoke": "authorization_revoked",
    "user_authorization_cancellation": "account_cancelled",
}
"""Event (or message type) in lower case -> kind of activity."""


def behaviour(msg_type: str, event: str) -> str | None:
    """Return the kind of activity a push stands for, None when it stands for none."""
    return BEHAVIOURS.get(event if msg_type == "event" else msg_type)
