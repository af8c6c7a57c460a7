"""Parametric QR codes: ask WeChat for a ticket."""

from __future__ import annotations

from dataclasses import dataclass

from wechat.client.api import HubClient
from wechat.client.errors import UNREADABLE, WeChatError


@dataclass(frozen=True, slots=True)
class Ticket:
    """Hold what WeChat made: `url` is what the picture says; `seconds` is None for a permanent code."""

    ticket: str
    url: str
    seconds: int | None


def create(client: HubClient, scene: str, *, seconds: int | None) -> Ticket:
    """Return the ticket of a code with a text scene, temporary for `seconds` or permanent; raise WeChatError."""
    kind = "QR_LIMIT_STR_SCENE" if seconds is None else "QR_STR_SCENE"
    body: dict[str, object] = {"action_name": kind, "action_info": {"scene": {"scene_str": scene}}}
    if seconds is not None:
        body["expire_seconds"] = seconds
    answer = client.post("qrcode/create", data=body)
    if not answer.get("ticket") or not answer.get("url"):
        raise WeChatError(UNREADABLE, "the answer holds no ticket")
    left = answer.get("expire_seconds")
    return Ticket(str(answer["ticket"]), str(answer["url"]), None if left is None else int(left))
