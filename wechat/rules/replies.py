"""Which reply a push gets: the first rule that matches, and of it the variant that fits the person."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wechat.rules.envelope import Envelope

TRIGGERS = ("keyword", "contains", "event", "scene", "scene_prefix", "menu", "default")
"""What a rule may wait for; all but event and default name a text."""
EVENTS = {"follow": "subscribe", "scan": "scan", "enter_chat": "user_enter_tempsession"}
"""Events that a rule may answer, and WeChat's names for them."""
KINDS = ("text", "image", "voice", "video", "news", "transfer")
_TAPS = frozenset({"click", "scancode_push", "scancode_waitmsg", "location_select"})
_ANSWERED = _TAPS | frozenset(EVENTS.values()) | {"pic_sysphoto", "pic_photo_or_album", "pic_weixin"}
_SPOKEN = frozenset({"text", "image", "voice", "video", "shortvideo", "location", "link"})

Content = Mapping[str, Any]
Test = Callable[[Any], bool]


class Variant(NamedTuple):
    """Hold a content for those who meet `test`."""

    test: Test
    content: Content


@dataclass(frozen=True, slots=True)
class Rule:
    """Hold one rule; `appid` "" means every account. Without a variant that fits, `content` is the reply."""

    name: str
    appid: str
    trigger: str
    value: str
    content: Content
    variants: tuple[Variant, ...] = ()
    section: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The rule as it is written."""

    def pick(self, subject: Any) -> Content:
        """Return the content for a person, as conditions see one."""
        return next((variant.content for variant in self.variants if variant.test(subject)), self.content)


@dataclass(frozen=True, slots=True)
class Book:
    """Hold every rule, the accounts' own before the group's, and defaults last."""

    own: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    group: tuple[Rule, ...] = ()

    def find(self, envelope: Envelope) -> Rule | None:
        """Return the first rule that answers a push, None for one that gets no reply."""
        rules = self.own.get(envelope.appid, self.group)
        if not rules or not envelope.known:
            return None
        matches = _matcher(envelope)
        return next((rule for rule in rules if matches(rule)), None) if matches else None


def book(rules: Iterable[Rule]) -> Book:
    """Return the rules, given in their order, as they are asked."""
    everyone: list[Rule] = []
    own: dict[str, list[Rule]] = {}
    for rule in rules:
        (own.setdefault(rule.appid, []) if rule.appid else everyone).append(rule)
    shared = tuple(everyone)
    return Book({appid: _defaults_last((*mine, *shared)) for appid, mine in own.items()}, _defaults_last(shared))


def folded(text: str) -> str:
    """Return words as keywords compare them: width, case and blanks around them do not matter."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _defaults_last(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    return tuple(sorted(rules, key=lambda rule: rule.trigger == "default"))


def _matcher(envelope: Envelope) -> Callable[[Rule], bool] | None:
    """Return what tells whether a rule answers the push, None when WeChat takes no reply to it."""
    if envelope.msg_type != "event":
        return _of_message(envelope) if envelope.msg_type in _SPOKEN else None
    return _of_event(envelope) if envelope.event in _ANSWERED else None


def _of_message(envelope: Envelope) -> Callable[[Rule], bool]:
    words = folded(envelope.words)

    def matches(rule: Rule) -> bool:
        if rule.trigger == "keyword":
            return words == rule.value and words != ""
        if rule.trigger == "contains":
            return rule.value in words
        return rule.trigger == "default"

    return matches


def _of_event(envelope: Envelope) -> Callable[[Rule], bool]:
    tapped = envelope.key if envelope.event in _TAPS or envelope.event.startswith("pic_") else None

    def matches(rule: Rule) -> bool:
        if rule.trigger == "event":
            return rule.value == envelope.event
        if rule.trigger == "menu":
            return rule.value == tapped
        if rule.trigger == "scene":
            return rule.value == envelope.scene
        return rule.trigger == "scene_prefix" and envelope.scene != "" and envelope.scene.startswith(rule.value)

    return matches


def contents(reply: Content) -> Iterator[str]:
    """Yield every text of a content."""
    for value in reply.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from contents(value)


def as_message(reply: Content) -> dict[str, Any] | None:
    """Return a content as the customer-service message it is sent as later, None for one that cannot be sent."""
    kind, body = next(iter(reply.items()))
    if kind == "text":
        return {"msgtype": "text", "text": {"content": body}}
    if kind in ("image", "voice"):
        return {"msgtype": kind, kind: {"media_id": body}}
    if kind == "video":
        return {"msgtype": kind, kind: {**body, "thumb_media_id": body.get("thumb_media_id", body["media_id"])}}
    if kind == "news":
        article = {**body, "picurl": body["picture"]}
        del article["picture"]
        return {"msgtype": kind, kind: {"articles": [article]}}
    return None
