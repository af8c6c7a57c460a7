"""Pushes about what people take back, as privacy law has it: the person stands in OpenID, WeChat's robot in From."""

from __future__ import annotations

from collections.abc import Sequence

from wechat.simulator.accounts import SimAccount
from wechat.simulator.push import Fields

ROBOT = "oPlatformRobot00000000000000"
EVENTS = ("user_info_modified", "user_authorization_revoke", "user_authorization_cancellation")


def taken_back(
    account: SimAccount, event: str, openids: Sequence[str], *, at: int, revoke_info: str = ""
) -> list[Fields]:
    """Return one push for each of `openids`, all of them in the same second and from the same robot."""
    if event not in EVENTS:
        raise ValueError(f"one of {', '.join(EVENTS)}")
    told = {"RevokeInfo": revoke_info} if revoke_info else {}
    return [
        {
            "ToUserName": account.original_id,
            "FromUserName": ROBOT,
            "CreateTime": at,
            "MsgType": "event",
            "Event": event,
            "OpenID": openid,
            "AppID": account.appid,
            **told,
        }
        for openid in openids
    ]
