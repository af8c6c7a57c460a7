"""Messages to one person within a reply window."""

from __future__ import annotations

from wechat.simulator.accounts import SimAccount
from wechat.simulator.api.calls import Call, Document, Route
from wechat.simulator.errors import ApiError
from wechat.simulator.world import World, now

TEXT_BYTES = 2048
OFFICIAL_TYPES = (
    "text", "image", "voice", "video", "music", "news", "mpnews", "mpnewsarticle", "msgmenu", "wxcard",
    "miniprogrampage",
)  # fmt: skip
MINIPROGRAM_TYPES = ("text", "image", "link", "miniprogrampage")


def _custom_send(world: World, account: SimAccount, call: Call) -> Document:
    openid = call.text("touser")
    world.person(account.appid, openid)
    _check_message(account, call)
    if (account.appid, openid) in world.outbox.muted:
        raise ApiError(48002)
    if account.official and not world.follows(account.appid, openid):
        raise ApiError(45015)
    world.ledger.spend(account.appid, openid, now())
    world.outbox.received[account.appid, openid, "custom"] += 1
    world.sent.append({"appid": account.appid, **call.fields})
    return {"errcode": 0, "errmsg": "ok"}


def _check_message(account: SimAccount, call: Call) -> None:
    kind = call.text("msgtype")
    if kind not in (OFFICIAL_TYPES if account.official else MINIPROGRAM_TYPES):
        raise ApiError(40008)
    body = call.fields.get(kind)
    if kind == "text":
        _check_text(body)
    elif not isinstance(body, dict) or not body:
        raise ApiError(47001)
    elif kind == "news" and len(body.get("articles") or ()) != 1:
        raise ApiError(45008)
    elif kind in ("image", "voice", "video") and not body.get("media_id"):
        raise ApiError(40007)


def _check_text(text: object) -> None:
    content = text.get("content") if isinstance(text, dict) else None
    if not isinstance(content, str) or not content:
        raise ApiError(44004)
    if len(content.encode()) > TEXT_BYTES:
        raise ApiError(45002)


def _typing(world: World, account: SimAccount, call: Call) -> Document:
    openid = call.text("touser")
    world.person(account.appid, openid)
    if call.text("command") not in ("Typing", "CancelTyping"):
        raise ApiError(45072)
    if not world.ledger.open(account.appid, openid, now()):
        raise ApiError(45080)
    return {"errcode": 0, "errmsg": "ok"}


ROUTES = {
    "/cgi-bin/message/custom/send": Route("POST", _custom_send),
    "/cgi-bin/message/custom/typing": Route("POST", _typing),
}
