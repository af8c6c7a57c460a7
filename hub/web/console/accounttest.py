"""The "test it" button: go the way WeChat would go, step by step, and say where it ends and how to go on."""

from __future__ import annotations

from dataclasses import dataclass

import requests

from hub.group.service import Account
from hub.web.languages import _, language
from wechat import service as wechat
from wechat.client import WeChatError
from wechat.rules import Kind, known

_PATIENCE = 4.0


@dataclass(frozen=True, slots=True)
class Check:
    """Hold one step: what was tried, whether it worked, and what to do where it did not."""

    what: str
    ok: bool
    detail: str


def run(account: Account, callback: str) -> list[Check]:
    """Return every step's outcome; called with no transaction open, as it asks our own door and WeChat."""
    door = [] if account.component else [_door(account, callback)]  # WeChat asks a platform's addresses nothing
    return [_keys(account), _push(account), *door, _token(account)]


def _keys(account: Account) -> Check:
    problem = wechat.keys_problem(account)
    words = {
        None: _("Token、EncodingAESKey 与加解密方式齐全。"),
        "no_aes_key": _("缺少 EncodingAESKey：安全模式和兼容模式都需要它，请从公众平台复制。"),
        "bad_aes_key": _("EncodingAESKey 应为 43 位数字或字母，请从公众平台重新复制。"),
    }
    return Check(_("密钥是否齐全"), problem is None, words[problem])


def _push(account: Account) -> Check:
    problem = wechat.push_problem(account)
    if problem is None:
        return Check(_("按微信的方式签名、加密，再解开"), True, _("可以解开，收信正常。"))
    return Check(
        _("按微信的方式签名、加密，再解开"),
        False,
        _("解不开（%(reason)s）：请核对 Token、EncodingAESKey 与原始 ID。", reason=problem),
    )


def _door(account: Account, callback: str) -> Check:
    """Ask our own callback address as WeChat does when it is entered there."""
    what = _("回调地址能否访问")
    probe = wechat.probe(account)
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(callback, params=probe.query, timeout=_PATIENCE, allow_redirects=False)
    except requests.RequestException:
        return Check(what, False, _("%(url)s 打不开：请检查 HUB_BASE_URL、域名解析、证书和防火墙。", url=callback))
    if answer.status_code == requests.codes.ok and answer.text == probe.echo:
        return Check(what, True, _("地址可达，签名校验通过。"))
    hints = {
        404: _("地址通了，但中台不认识这个 AppID：请稍等两秒再试，或检查 HUB_BASE_URL 是否指向本中台。"),
        403: _("地址通了，但签名不对：Token 与正在运行的中台不一致，或两边时钟相差超过 10 分钟。"),
    }
    other = _("地址返回 %(status)d，内容不是微信要的回声：前面的网关可能改写了回答。", status=answer.status_code)
    return Check(what, False, hints.get(answer.status_code, other))


def _token(account: Account) -> Check:
    what = _("能否向微信取得 access_token")
    try:
        wechat.check_token(account)
    except WeChatError as error:
        return Check(what, False, _refusal(error))
    return Check(what, True, _("取得成功，AppSecret 与 IP 白名单正确。"))


def _refusal(error: WeChatError) -> str:
    hint = known(error.errcode)
    if hint.kind is Kind.UNKNOWN:
        return _("微信拒绝了：%(code)d %(text)s", code=error.errcode, text=error.errmsg)
    return _("%(hint)s（%(code)d）", hint=hint.en if language() == "en" else hint.zh, code=error.errcode)
