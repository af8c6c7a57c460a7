"""Template messages, subscription notices and one-time messages, with the results that are pushed afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from wechat.simulator.accounts import SimAccount
from wechat.simulator.api.calls import Call, Document, Route
from wechat.simulator.errors import ApiError
from wechat.simulator.outbox import SimTemplate
from wechat.simulator.world import World, now

THING, TITLE, CONTENT = 20, 15, 200
_KIND = re.compile(r"([a-z_]+)\d*")


def _template_send(world: World, account: SimAccount, call: Call) -> Document:
    openid = _addressee(world, account, call)
    template = _template(world.outbox.templates[account.appid], call)
    if account.kind != "service":
        raise ApiError(48001)
    if not world.follows(account.appid, openid):
        raise ApiError(43004)
    if (account.appid, openid) in world.outbox.muted:
        raise ApiError(48002)
    _check_data(template, call)
    client_id = call.text("client_msg_id")
    fresh = world.outbox.next_id()
    msgid = world.outbox.first_time(account.appid, openid, client_id, fresh, now())
    if msgid != fresh:
        raise ApiError(45065, {"msgid": msgid})
    world.outbox.received[account.appid, openid, client_id or template.template_id] += 1
    world.sent.append({"appid": account.appid, **call.fields})
    world.outbox.results.append((account.appid, _finished(world, account, openid, msgid)))
    return {"errcode": 0, "errmsg": "ok", "msgid": msgid}


def _finished(world: World, account: SimAccount, openid: str, msgid: int) -> Mapping[str, str | int]:
    blocked = (account.appid, openid) in world.outbox.blockers
    status = "failed:user block" if blocked else world.outbox.failures.get(account.appid, "success")
    return _event(account, openid, "TEMPLATESENDJOBFINISH") | {"MsgID": msgid, "Status": status}


def _bizsend(world: World, account: SimAccount, call: Call) -> Document:
    openid = _addressee(world, account, call)
    return _notice(world, account, call, openid)


def _subscribe_send(world: World, account: SimAccount, call: Call) -> Document:
    if account.official:
        raise ApiError(48001)
    return _notice(world, account, call, _addressee(world, account, call))


def _notice(world: World, account: SimAccount, call: Call, openid: str) -> Document:
    template = _template(world.outbox.notices[account.appid], call)
    _check_data(template, call)
    world.outbox.spend(account.appid, openid, template.template_id)
    msgid = world.outbox.next_id()
    world.outbox.received[account.appid, openid, template.template_id] += 1
    world.sent.append({"appid": account.appid, **call.fields})
    item = {"TemplateId": template.template_id, "MsgID": str(msgid), "ErrorCode": "0", "ErrorStatus": "success"}
    shown = {"SubscribeMsgSentEvent": {"List": item}} if account.official else {"List": item}
    sent = _event(account, openid, "subscribe_msg_sent_event")
    world.outbox.results.append((account.appid, {**sent, **shown}))
    return {"errcode": 0, "errmsg": "ok", "msgid": msgid}


def _one_time(world: World, account: SimAccount, call: Call) -> Document:
    openid = _addressee(world, account, call)
    if not 0 < len(call.text("title")) <= TITLE:
        raise ApiError(47003, detail="argument invalid! title.value invalid")
    world.outbox.spend(account.appid, openid, f"{call.text('template_id')}|{call.text('scene')}")
    world.outbox.received[account.appid, openid, call.text("template_id")] += 1
    world.sent.append({"appid": account.appid, **call.fields})
    return {"errcode": 0, "errmsg": "ok"}


def _addressee(world: World, account: SimAccount, call: Call) -> str:
    openid = call.text("touser")
    world.person(account.appid, openid)
    return openid


def _template(known: Sequence[SimTemplate], call: Call) -> SimTemplate:
    found = next((t for t in known if t.template_id == call.text("template_id")), None)
    if found is None:
        raise ApiError(40037)
    return found


def _check_data(template: SimTemplate, call: Call) -> None:
    """Check that every field has a value that fits its kind, as WeChat names the first that does not."""
    data = call.fields.get("data")
    if not isinstance(data, dict):
        raise ApiError(47001)
    for name in template.fields:
        entry = data.get(name)
        value = entry.get("value") if isinstance(entry, dict) else None
        kind = _KIND.match(name)
        too_long = kind is not None and kind[1] == "thing" and isinstance(value, str) and len(value) > THING
        if not isinstance(value, str) or not value or too_long:
            raise ApiError(47003, detail=f"argument invalid! data.{name}.value invalid")


def _event(account: SimAccount, openid: str, name: str) -> dict[str, str | int]:
    common: dict[str, str | int] = {"ToUserName": account.original_id, "FromUserName": openid, "CreateTime": int(now())}
    return {**common, "MsgType": "event", "Event": name}


def _private_templates(world: World, account: SimAccount, _call: Call) -> Document:
    known = world.outbox.templates[account.appid]
    return {"template_list": [{**_shown(t), "primary_industry": "", "deputy_industry": ""} for t in known]}


def _notice_templates(world: World, account: SimAccount, _call: Call) -> Document:
    known = world.outbox.notices[account.appid]
    data = [
        {"priTmplId": t.template_id, "title": t.title, "content": t.content, "example": "", "type": 2} for t in known
    ]
    return {"errcode": 0, "errmsg": "ok", "data": data}


def _shown(template: SimTemplate) -> dict[str, str]:
    return {
        "template_id": template.template_id,
        "title": template.title,
        "content": template.content,
        "example": "",
    }


ROUTES = {
    "/cgi-bin/message/template/send": Route("POST", _template_send, official=True),
    "/cgi-bin/message/subscribe/bizsend": Route("POST", _bizsend, official=True),
    "/cgi-bin/message/subscribe/send": Route("POST", _subscribe_send),
    "/cgi-bin/message/template/subscribe": Route("POST", _one_time, official=True),
    "/cgi-bin/template/get_all_private_template": Route("GET", _private_templates, official=True),
    "/wxaapi/newtmpl/gettemplate": Route("GET", _notice_templates),
}
