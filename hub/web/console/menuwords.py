"""The words of the menu pages: types, flaws, differences, and what WeChat refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.web.console.page import label
from hub.web.languages import _, language
from wechat.models import MenuVersion
from wechat.rules import known
from wechat.rules.errortable import Kind
from wechat.rules.menudiff import Change
from wechat.rules.menus import Flaw, Place
from wechat.rules.menuwire import accused


def types() -> dict[str, str]:
    """Return the types of buttons."""
    return {
        "click": _("点击推送事件"),
        "view": _("打开网页"),
        "miniprogram": _("打开小程序"),
        "scancode_push": _("扫码"),
        "scancode_waitmsg": _("扫码并等回复"),
        "pic_sysphoto": _("拍照"),
        "pic_photo_or_album": _("拍照或选图"),
        "pic_weixin": _("选微信相册"),
        "location_select": _("选位置"),
        "media_id": _("发素材"),
        "view_limited": _("打开图文（素材）"),
        "article_id": _("发已发布的文章"),
        "article_view_limited": _("打开已发布的文章"),
    }


def fields() -> dict[str, str]:
    """Return the fields of buttons and rules."""
    return {
        "name": _("名称"),
        "type": _("类型"),
        "key": _("菜单 key"),
        "url": _("网页链接"),
        "appid": _("小程序 AppID"),
        "pagepath": _("小程序页面"),
        "media_id": _("素材 media_id"),
        "article_id": _("文章 article_id"),
        "stage": _("采购阶段"),
        "bu": _("事业部"),
        "tag_id": _("标签编号"),
        "client_platform_type": _("手机系统"),
        "place": _("位置"),
    }


def platforms() -> dict[str, str]:
    """Return the kinds of phones that a conditional menu may ask for."""
    return {"1": "iOS", "2": "Android", "3": _("其他")}


def sentence(flaw: Flaw) -> str:
    """Return what is wrong and how to mend it."""
    field = str(flaw.place[-1])
    name = fields().get(field, field)
    forms = {
        "url": _("请填 https:// 开头的完整链接。"),
        "appid": _("小程序 AppID 是 wx 加 16 位数字或字母 a-f。"),
        "tag_id": _("标签编号是数字，在粉丝标签里能查到。"),
    }
    said = {
        "missing": _("请填%(field)s。", field=name) if field != "buttons" else _("这个个性化菜单还没有按钮。"),
        "no_act": _("请选择点击后做什么，或给它加子菜单。"),
        "too_many": _("最多 %(n)d 个。", n=flaw.most),
        "wide": _("名称最多显示 %(n)d 个汉字（字母数字算半个），请缩短。", n=flaw.most),
        "long": _("%(field)s太长：最多 %(n)d 字节。", field=name, n=flaw.most),
        "no_default": _("有个性化菜单时必须先有默认菜单。"),
        "no_rule": _("请至少填一个条件：标签编号或手机系统。"),
        "domains": _("个性化菜单里的网页链接最多用 %(n)d 个域名。", n=flaw.most),
        "unknown": _("请重新选择%(field)s。", field=name),
        "form": forms.get(field, ""),
    }
    return said[flaw.code]


def button_name(content: Mapping[str, Any], place: Place) -> str:
    """Return the names that lead to the button at or around `place`, the conditional menu's first."""
    names: list[str] = []
    found: Any = content
    for step in place:
        found = found[int(step)] if isinstance(found, list) else found.get(step)
        if isinstance(found, dict):
            names.append(found.get("name") or _("未命名"))
        elif not isinstance(found, list):
            break
    return " / ".join(names)


def told(change: Change) -> str:
    """Return one difference as a sentence."""
    what = {
        "added": _("新增「%(path)s」"),
        "removed": _("删除「%(path)s」"),
        "changed": _("修改「%(path)s」"),
        "moved": _("调整顺序：%(path)s"),
        "rule_added": _("新增个性化菜单「%(path)s」"),
        "rule_removed": _("删除个性化菜单「%(path)s」"),
        "rule_changed": _("修改个性化菜单「%(path)s」的条件"),
    }[change.what]
    separator = "、" if change.what == "moved" else " / "
    path = change.rule if change.what.startswith("rule") else separator.join(change.path)
    said = what % {"path": path}
    return f"[{change.rule}] {said}" if change.rule and not change.what.startswith("rule") else said


def details(change: Change) -> list[tuple[str, str, str]]:
    """Return (field, before, after) of one difference, in words."""
    names = fields()
    return [(names[name], shown(name, pair[0]), shown(name, pair[1])) for name, pair in change.fields.items()]


def shown(field: str, value: str) -> str:
    """Return a field's value in words."""
    if field == "type":
        return types().get(value, value)
    if field == "client_platform_type":
        return platforms().get(value, value)
    return label("stages", value) if field == "stage" and value else value


def refusal(version: MenuVersion) -> tuple[str, list[str]]:
    """Return why WeChat did not take a version, and the names of the buttons that it may mean."""
    code = version.errcode or 0
    hint = known(code)
    words = hint.en if language() == "en" else hint.zh
    why = _("微信拒绝了：%(text)s", text=version.errmsg) if hint.kind is Kind.UNKNOWN else words
    rules = version.content["conditional"]
    number = next((n for n, rule in enumerate(rules) if rule["name"] == version.place), None)
    start: Place = ("buttons",) if number is None else ("conditional", number, "buttons")
    buttons = version.content["buttons"] if number is None else rules[number]["buttons"]
    places = accused(code, version.errmsg, buttons)
    named = [button_name(version.content, (*start, *place)) for place in places]
    return _("%(why)s（%(code)d）", why=why, code=code), named or ([version.place] if version.place else [])
