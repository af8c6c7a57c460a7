"""The fields of a person that conditions may name, with their words in Chinese and English."""

from __future__ import annotations

from hub.kernel.conditions import Field, Namespace, Registry

PERSON = Registry(
    fields=[
        Field("score", "number", "评分", "score"),
        Field("lifecycle", "text", "生命周期", "lifecycle"),
        Field("first_scene", "text", "首次扫码场景", "first scene"),
        Field("last_scene", "text", "最近扫码场景", "last scene"),
        Field("follows", "number", "关注账号数", "accounts followed"),
        Field("registered", "boolean", "已注册", "registered"),
        Field("accounts", "list", "关注过的账号", "accounts met"),
        Field("last_activity_at", "time", "最近行为时间", "last activity"),
    ],
    namespaces=[Namespace("traits.", "text", "属性", "trait")],
    activities=None,
)
"""Fields of routing, segments and journeys."""

ACTIVITY = Registry(
    fields=[
        Field("last_scene", "text", "最近扫码场景", "last scene"),
        Field("registered", "boolean", "已注册", "registered"),
        Field("score", "number", "评分", "score"),
    ],
    namespaces=[Namespace("traits.", "text", "属性", "trait")],
    activities=None,
)
"""Fields of scoring, where `activity` asks about the activity at hand."""
