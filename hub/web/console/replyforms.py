"""A reply rule as a form and as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from marshmallow import ValidationError

from hub.kernel import conditions
from hub.pool.rules.fields import PERSON
from hub.web.languages import _, language
from wechat import service as wechat
from wechat.models import ReplyRule
from wechat.schemas.replies import ReplyRuleSection

_LONGEST = 8_000
_NESTED = {"news": ("title", "description", "picture", "url"), "video": ("media_id", "title", "description")}


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold one rule as a page shows it."""

    id: str
    name: str
    account: str
    trigger: str
    value: str
    reply: Mapping[str, Any]
    variants: tuple[tuple[str, Mapping[str, Any]], ...]
    """A sentence on whom it is for, and what they are told."""
    enabled: bool


def show(row: ReplyRule) -> Shown:
    """Return a stored rule as a page shows it."""
    return show_section(wechat.reply_section(row), str(row.id))


def show_section(section: Mapping[str, Any], id_: str = "") -> Shown:
    """Return a rule as a page shows it."""
    trigger, value = next(iter(section["on"].items()))
    variants = tuple((_say(variant["when"]), variant["reply"]) for variant in section.get("variants", ()))
    account, enabled = section.get("account", ""), section.get("enabled", True)
    return Shown(id_, section["name"], account, trigger, str(value), section["reply"], variants, enabled)


def typed_of(row: ReplyRule) -> dict[str, str]:
    """Return a rule as its form is filled in."""
    section = wechat.reply_section(row)
    trigger, value = next(iter(section["on"].items()))
    kind, body = next(iter(section["reply"].items()))
    parts = body if isinstance(body, Mapping) else {kind: "" if body is True else body}
    variants = section.get("variants")
    return {
        "name": row.name,
        "account": row.appid or "",
        "trigger": f"event:{value}" if trigger == "event" else trigger,
        "value": "" if value is True or trigger == "event" else value,
        "content": kind,
        **{f"{kind}_{name}" if kind in _NESTED else name: text for name, text in parts.items()},
        "variants": yaml.safe_dump(variants, allow_unicode=True, sort_keys=False) if variants else "",
        **({"enabled": "1"} if row.enabled else {}),
    }


def read(typed: Mapping[str, str], places: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the rule that a form writes, and a sentence for each field that is wrong."""
    wrong: dict[str, str] = {}
    section = _section(typed)
    if variants := _variants(typed.get("variants", ""), wrong):
        section["variants"] = variants
    try:
        section = dict(ReplyRuleSection().load(section))
    except ValidationError as error:
        wrong |= _sentences(error.messages)
    if section.get("account") and section["account"] not in places:
        wrong["account"] = _("请选择一个账号。")
    return section, wrong


def _section(typed: Mapping[str, str]) -> dict[str, Any]:
    trigger, kind = typed.get("trigger", ""), typed.get("content", "")
    trigger, _colon, event = trigger.partition(":")
    value: Any = True if trigger == "default" else event or typed.get("value", "").strip()
    account = typed.get("account", "").strip()
    section = {
        "name": typed.get("name", "").strip(),
        "on": {trigger: value},
        "reply": {kind: _content(typed, kind)},
        "enabled": "enabled" in typed,
    }
    return {**section, "account": account} if account else section


def _content(typed: Mapping[str, str], kind: str) -> Any:
    if kind in _NESTED:
        parts = {name: typed.get(f"{kind}_{name}", "").strip() for name in _NESTED[kind]}
        return {name: value for name, value in parts.items() if value}
    text = typed.get(kind, "").strip().replace("\r\n", "\n")
    return text or True if kind == "transfer" else text


def _variants(text: str, wrong: dict[str, str]) -> Any:
    if not text.strip():
        return None
    try:
        found = yaml.safe_load(text[:_LONGEST])
        if isinstance(found, list):
            return found
        wrong["variants"] = _("写成列表：每一项有 when 和 reply。")
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        wrong["variants"] = _("第 %(n)d 行不是合法的 YAML。", n=mark.line + 1 if mark else 1)
    return None


def _sentences(messages: Any) -> dict[str, str]:
    sentences = {
        "name": _("请填名称，最多 80 个字。"),
        "account": _("请选择一个账号。"),
        "on": _("请选择何时回复，并填触发内容，最多 64 个字。"),
        "reply": _(
            "内容不合要求：文字最多 2048 字节，不含手机号和邮箱；素材填 media_id；图文要有标题、图片地址和链接。"
        ),
    }
    if not isinstance(messages, dict):
        return {"": str(messages)}
    return {name: sentences.get(name) or _first(found) for name, found in messages.items()}


def _first(found: Any) -> str:
    """Return the first message in what marshmallow nests, after its place."""
    if isinstance(found, dict):
        place, inner = next(iter(found.items()))
        return f"{place}: {_first(inner)}" if place != "_schema" else _first(inner)
    return str(found[0]) if isinstance(found, list) and found else str(found)


def _say(when: Any) -> str:
    try:
        return conditions.describe(conditions.parse(when, PERSON), PERSON, language()).rstrip("。.")
    except conditions.ConditionError as error:
        return str(error)
