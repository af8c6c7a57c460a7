"""Parametric QR codes: tickets, and the caps on them."""

from __future__ import annotations

import secrets

from wechat.simulator.accounts import SimAccount
from wechat.simulator.api.calls import Call, Document, Route
from wechat.simulator.errors import ApiError
from wechat.simulator.world import World, now

LONGEST, SHORTEST = 2_592_000, 60
SILENTLY = 4_294_967_295
"""What an impossible scene id becomes, without a word."""


def _create(world: World, account: SimAccount, call: Call) -> Document:
    if account.kind == "subscription":
        raise ApiError(48001)
    action = call.text("action_name")
    info = call.fields.get("action_info")
    scene = info.get("scene") if isinstance(info, dict) else None
    if action not in ("QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE") or not isinstance(
        scene, dict
    ):
        raise ApiError(40052 if isinstance(scene, dict) else 40053)
    permanent = "LIMIT" in action
    value = _text(scene) if "STR" in action else str(_number(scene, permanent=permanent))
    seconds = None if permanent else _seconds(call.fields.get("expire_seconds"))
    ticket = f"gQ{secrets.token_urlsafe(60)}"
    world.codes_made(account.appid, ticket, value, None if seconds is None else now() + seconds)
    answer: Document = {"ticket": ticket, "url": f"http://weixin.qq.com/q/{secrets.token_urlsafe(12)}"}
    return answer if seconds is None else {**answer, "expire_seconds": seconds}


def _text(scene: dict[str, object]) -> str:
    value = scene.get("scene_str")
    if not isinstance(value, str) or not 1 <= len(value) <= 64:
        raise ApiError(40053)
    return value


def _number(scene: dict[str, object], *, permanent: bool) -> int:
    value = scene.get("scene_id")
    if not isinstance(value, int):
        raise ApiError(40053)
    return value if 1 <= value <= (100_000 if permanent else 2**32 - 1) else SILENTLY


def _seconds(value: object) -> int:
    return min(LONGEST, value) if isinstance(value, int) and value > 0 else SHORTEST


ROUTES = {"/cgi-bin/qrcode/create": Route("POST", _create, official=True)}
