"""What the API takes and gives of sends and of reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from hub.kernel.http import PageQuery, Strict
from wechat.rules.reach import REASONS
from wechat.rules.sends import CHANNELS, PURPOSES, STATES

_NAME = validate.Regexp(r"[^\x00-\x1f\x7f]{1,100}\Z")
_APPID = validate.Regexp(r"wx[0-9a-f]{16}\Z")
_OPENID = validate.Regexp(r"[A-Za-z0-9_-]{1,64}\Z")
MOST = 500


def _time(**options: Any) -> fields.AwareDateTime:
    return fields.AwareDateTime(format="iso", **options)


class SendBody(Strict):
    """Ask for one message to one OpenID."""

    appid = fields.String(required=True, validate=_APPID)
    openid = fields.String(required=True, validate=_OPENID)
    channel = fields.String(required=True, validate=validate.OneOf(list(CHANNELS)))
    content = fields.Dict(keys=fields.String(), required=True)
    purpose = fields.String(required=True, validate=validate.OneOf(PURPOSES))
    campaign = fields.String(load_default="", validate=_NAME)
    reference = fields.String(load_default="", validate=_NAME)
    dedupe_key = fields.String(load_default=None, validate=_NAME)
    not_before = _time(load_default=None)
    expires_at = _time(load_default=None)

    @validates_schema
    def _in_order(self, data: Mapping[str, Any], **_: Any) -> None:
        start, end = data.get("not_before"), data.get("expires_at")
        if start is not None and end is not None and end <= start:
            raise ValidationError("expires_at must lie after not_before.", "expires_at")


class SendsBody(Strict):
    """Ask for up to 500 messages."""

    items = fields.List(fields.Nested(SendBody), required=True, validate=validate.Length(1, MOST))


class SendQuery(PageQuery):
    """Page through sends, narrowed by what they are."""

    state = fields.String(validate=validate.OneOf(STATES))
    channel = fields.String(validate=_NAME)
    appid = fields.String(validate=_APPID)
    campaign = fields.String(validate=_NAME)
    person_id = fields.UUID()

    @post_load
    def _where(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        kept = {name: data.pop(name) for name in ("limit", "cursor")}
        return {**kept, "person_id": data.pop("person_id", None), "where": data}


class SendResult(Strict):
    """Show one send: where it stands and why."""

    id = fields.UUID(required=True)
    person_id = fields.UUID(required=True, allow_none=True)
    appid = fields.String(required=True)
    openid = fields.String(required=True)
    channel = fields.String(required=True, validate=validate.OneOf(list(CHANNELS)))
    purpose = fields.String(required=True, validate=validate.OneOf(PURPOSES))
    campaign = fields.String(required=True)
    reference = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    reason = fields.String(required=True, allow_none=True)
    errcode = fields.Integer(required=True, allow_none=True)
    attempts = fields.Integer(required=True)
    why = fields.Dict(required=True)
    created_at = _time(required=True)
    not_before = _time(required=True, allow_none=True)
    expires_at = _time(required=True, allow_none=True)
    sent_at = _time(required=True, allow_none=True)
    closed_at = _time(required=True, allow_none=True)


class SendPage(Strict):
    """Carry one page of sends."""

    items = fields.List(fields.Nested(SendResult), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class QueuedSends(Strict):
    """Show what was queued, in the order asked; one that was queued before is shown as it stands."""

    items = fields.List(fields.Nested(SendResult), required=True)


class Sentences(Strict):
    """Say the same in Chinese and in English."""

    zh = fields.String(required=True)
    en = fields.String(required=True)


class WayResult(Strict):
    """Say whether one channel is open now, for how many messages and until when, else why not and from when again."""

    channel = fields.String(required=True, validate=validate.OneOf(list(CHANNELS)))
    open = fields.Boolean(required=True)
    why = fields.String(required=True, validate=validate.OneOf(REASONS))
    left = fields.Integer(required=True, allow_none=True)
    until = _time(required=True, allow_none=True)
    opens_at = _time(required=True, allow_none=True)
    template = fields.String(required=True, allow_none=True)
    sentences = fields.Nested(Sentences, required=True)


class AccountReach(Strict):
    """Say what one account may send to a person now."""

    appid = fields.String(required=True)
    account = fields.String(required=True)
    openid = fields.String(required=True)
    quiet_until = _time(required=True, allow_none=True)
    ways = fields.List(fields.Nested(WayResult), required=True)


class PersonReach(Strict):
    """Say what may be sent to a person now; `capped_until` holds marketing back at every account."""

    person_id = fields.UUID(required=True)
    capped_until = _time(required=True, allow_none=True)
    items = fields.List(fields.Nested(AccountReach), required=True)
