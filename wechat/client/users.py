"""What WeChat says of one follower, and how a batch with a bad OpenID is halved until only that one fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wechat.client.errors import INVALID_OPENID, WeChatError

BATCH = 100


@dataclass(frozen=True, slots=True)
class UserInfo:
    """Hold what is known of one OpenID; who does not follow has `subscribed` False and the rest empty or 0.

    `subscribe_time` is in Unix seconds; `unionid` is empty while the account is bound to no open platform.
    """

    openid: str
    subscribed: bool
    unionid: str = ""
    subscribe_time: int = 0
    subscribe_scene: str = ""
    qr_scene_str: str = ""


def parse(document: Mapping[str, Any]) -> UserInfo:
    """Return one answer of user/info as a UserInfo; the scene of a numeric QR code is given as its digits."""
    return UserInfo(
        openid=str(document.get("openid") or ""),
        subscribed=bool(int(document.get("subscribe") or 0)),
        unionid=str(document.get("unionid") or ""),
        subscribe_time=int(document.get("subscribe_time") or 0),
        subscribe_scene=str(document.get("subscribe_scene") or ""),
        qr_scene_str=str(document.get("qr_scene_str") or document.get("qr_scene") or ""),
    )


def resolve(
    openids: Sequence[str], fetch: Callable[[Sequence[str]], Sequence[Mapping[str, Any]]]
) -> dict[str, UserInfo]:
    """Return what `fetch` says of each OpenID, in batches of 100; an invalid OpenID is left out.

    One invalid OpenID fails its whole batch, so such a batch is halved until it stands alone.
    """
    distinct = list(dict.fromkeys(openids))
    waiting = [distinct[start : start + BATCH] for start in range(0, len(distinct), BATCH)]
    found: dict[str, UserInfo] = {}
    while waiting:
        batch = waiting.pop()
        try:
            found |= {info.openid: info for info in map(parse, fetch(batch))}
        except WeChatError as error:
            if error.errcode != INVALID_OPENID:
                raise
            middle = len(batch) // 2
            waiting += [batch[:middle], batch[middle:]] if middle else []
    return found
