"""What the reach ledger allows, as sentences in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from wechat.rules.reach import OPEN, Way

CHANNELS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "custom": "客服消息",
        "template": "模板消息",
        "notice": "订阅通知",
        "one_time": "一次性订阅消息",
        "miniprogram_notice": "小程序订阅消息",
        "mass": "群发",
    },
    "en": {
        "custom": "Customer-service message",
        "template": "Template message",
        "notice": "Subscription notice",
        "one_time": "One-time message",
        "miniprogram_notice": "Mini program notice",
        "mass": "Mass message",
    },
}
"""Language -> channel -> what it is called."""

REASONS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        OPEN: "可以发",
        "not_for_kind": "此类账号没有这种消息",
        "unfollowed": "没有关注这个账号",
        "muted": "本人关闭了这个账号的消息",
        "blocked": "本人拒收这个账号的消息",
        "no_window": "最近没有互动：对方发来消息、点菜单、扫码或关注后才能发",
        "window_used": "最近一次互动允许的条数已用完",
        "no_credit": "本人没有授权，或授权次数已用完",
        "mass_used": "本月 4 条已用完",
        "quiet": "现在是免打扰时段",
        "capped": "这个人最近收到的营销消息已到上限",
        "quota": "账号今天的接口额度已用完，或微信要求等待",
        "expired": "过了有效期",
        "no_account": "集团没有这个账号",
        "mass_needs_two": "群发至少要两个人：请换一种消息",
        "interrupted": "发送途中进程中断，不知道对方是否收到",
        "cancelled": "已撤下",
    },
    "en": {
        OPEN: "may be sent",
        "not_for_kind": "this kind of account has no such message",
        "unfollowed": "the person does not follow this account",
        "muted": "the person switched this account's messages off",
        "blocked": "the person refuses this account's messages",
        "no_window": "no recent interaction: it takes a message, a menu tap, a scan or a follow",
        "window_used": "the messages that the last interaction allows are used up",
        "no_credit": "the person gave no consent, or it is used up",
        "mass_used": "the 4 of this month are used up",
        "quiet": "these are quiet hours",
        "capped": "the person got as much marketing as the cap allows",
        "quota": "the account's quota is used up, or WeChat asked to wait",
        "expired": "it came to its end unsent",
        "no_account": "the group has no such account",
        "mass_needs_two": "a mass message goes to two people at least: use another channel",
        "interrupted": "the process ended while sending: whether it arrived is not known",
        "cancelled": "taken back",
    },
}
"""Language -> reason -> why a send goes out, waits or was skipped."""


def say(way: Way, lang: str, zone: str, template: str = "") -> str:
    """Return one way as a sentence: what may be sent, how often and until when, or why not and when again."""
    name = f"{CHANNELS[lang][way.channel]}{_named(template, lang)}"
    if lang == "zh":
        return f"{name}：{REASONS[lang][way.why]}{_more_zh(way, zone)}。"
    return f"{name}: {REASONS[lang][way.why]}{_more_en(way, zone)}."


def say_all(ways: Sequence[Way], lang: str, zone: str, titles: Mapping[str, str]) -> list[str]:
    """Return every way as a sentence; `titles` names templates."""
    return [say(way, lang, zone, titles.get(way.key.partition("|")[0], way.key)) for way in ways]


def reason(key: str, lang: str) -> str:
    """Return what a send's reason means; a code of WeChat or a result is given as it is."""
    return REASONS[lang].get(key, key)


def _named(template: str, lang: str) -> str:
    if not template:
        return ""
    return f"「{template}」" if lang == "zh" else f' "{template}"'


def _more_zh(way: Way, zone: str) -> str:
    if way.open:
        count = "" if way.left is None else f"，还有 {way.left} 条"
        return count + ("" if way.until is None else f"，到 {_at(way.until, zone)} 为止")
    return "" if way.opens_at is None else f"，{_at(way.opens_at, zone)} 起又可以发"


def _more_en(way: Way, zone: str) -> str:
    if way.open:
        count = "" if way.left is None else f", {way.left} left"
        return count + ("" if way.until is None else f", until {_at(way.until, zone)}")
    return "" if way.opens_at is None else f"; again from {_at(way.opens_at, zone)}"


def _at(seconds: float, zone: str) -> str:
    return f"{datetime.fromtimestamp(seconds, ZoneInfo(zone)):%m-%d %H:%M}"
