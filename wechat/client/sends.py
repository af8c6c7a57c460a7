"""Calls that send something, and those that ask what became of it or which templates there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wechat.client.api import HubClient
from wechat.client.errors import UNREADABLE, WeChatError
from wechat.rules.refusals import EXISTS
from wechat.rules.sends import CHANNELS, CUSTOM, MASS, MINIPROGRAM_NOTICE, NOTICE, TEMPLATE

_WXA = "https://api.weixin.qq.com/wxaapi/"


def send(client: HubClient, channel: str, openid: str, content: Mapping[str, Any], client_msg_id: str) -> str:
    """Send one message; return its id, "" for a channel that gives none. A repeat that WeChat knows is a success."""
    fields: dict[str, Any] = {"touser": openid, **content}
    if channel != CUSTOM:
        fields["data"] = {name: {"value": value} for name, value in content["data"].items()}
    if channel == TEMPLATE:
        fields["client_msg_id"] = client_msg_id
    return _ask(client, channel, fields)


def send_mass(client: HubClient, openids: Sequence[str], content: Mapping[str, Any], client_msg_id: str) -> str:
    """Send one mass message to 2 to 10,000 OpenIDs; return the id of the job."""
    return _ask(client, MASS, {"touser": list(openids), **content, "clientmsgid": client_msg_id})


def mass_status(client: HubClient, msg_id: str) -> str:
    """Return what became of a mass message, as WeChat words it: SEND_SUCCESS, SENDING, SEND_FAIL or DELETE."""
    answer: Mapping[str, Any] = client.post("message/mass/get", data={"msg_id": msg_id})
    return str(answer.get("msg_status") or "")


def templates(client: HubClient, kind: str) -> dict[str, list[Mapping[str, Any]]]:
    """Return an account's templates by channel, as WeChat words them."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    if kind == "service":
        answer: Mapping[str, Any] = client.get("template/get_all_private_template")
        found[TEMPLATE] = list(answer.get("template_list") or [])
    notices: Mapping[str, Any] = client.get("newtmpl/gettemplate", api_base_url=_WXA)
    found[MINIPROGRAM_NOTICE if kind == "miniprogram" else NOTICE] = list(notices.get("data") or [])
    return found


def _ask(client: HubClient, channel: str, fields: Mapping[str, Any]) -> str:
    try:
        answer: Mapping[str, Any] = client.post(CHANNELS[channel].api, data=dict(fields))
    except WeChatError as error:
        if error.errcode != EXISTS:
            raise
        return error.msg_id
    if "errcode" not in answer:
        raise WeChatError(UNREADABLE, "the answer says neither yes nor no")
    return str(answer.get("msgid") or answer.get("msg_id") or "")
