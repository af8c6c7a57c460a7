"""The events section of the group file, and what the API takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validate, validates, validates_schema

from hub.kernel.conditions.values import show
from hub.kernel.http import Strict
from hub.kernel.schemas import Slug, Text, Whole

MOST_PLACES = 1_000_000
LONGEST_SLUG = 57
"""An event's own touchpoint is called "event-<slug>", which must be a slug too."""


class Moment(Text):
    """Take a point in time as ISO 8601 writes it, with its offset from UTC."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:  # type: ignore[override]
        text = super()._deserialize(value)
        expected = f"must be a time with its offset such as 2030-03-20T14:00:00+08:00, this is {show(text)}"
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise ValidationError(expected) from error
        if moment.tzinfo is None:
            raise ValidationError(expected)
        return moment


class EventSection(Strict):
    """Describe an event that people register for."""

    slug = Slug(required=True)
    name = Text(required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(load_default=None, allow_none=True)
    venue = Text(longest=200, load_default=None, allow_none=True)
    bu = Slug(load_default=None, allow_none=True)
    touchpoint = Text(load_default=None, allow_none=True)
    capacity = Whole(1, MOST_PLACES, load_default=None, allow_none=True)
    interest = Text(load_default=None, allow_none=True)

    @validates("slug")
    def _leaves_room(self, value: str, **_: Any) -> None:
        if len(value) > LONGEST_SLUG:
            raise ValidationError(f"must have at most {LONGEST_SLUG} characters, this one has {len(value)}")

    @validates_schema
    def _ends_after_it_starts(self, data: Mapping[str, Any], **_: Any) -> None:
        if data.get("ends_at") is not None and data["ends_at"] <= data["starts_at"]:
            raise ValidationError("must be later than starts_at", "ends_at")


class CheckInBody(Strict):
    """Carry the code a visitor shows at the door."""

    code = fields.String(required=True, validate=validate.Length(1, 32))


class CheckInResult(Strict):
    """Say whether this check-in was the first, and when that was."""

    status = fields.String(required=True, validate=validate.OneOf(["checked_in", "already_checked_in"]))
    at = fields.AwareDateTime(required=True, format="iso")


class EventItem(Strict):
    """Show one event with its counts."""

    id = fields.String(required=True)
    slug = fields.String(required=True)
    name = fields.String(required=True)
    starts_at = fields.AwareDateTime(required=True, format="iso")
    ends_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    venue = fields.String(required=True, allow_none=True)
    capacity = fields.Integer(required=True, allow_none=True)
    registered = fields.Integer(required=True)
    checked_in = fields.Integer(required=True)


class EventPage(Strict):
    """Carry one page of events."""

    items = fields.List(fields.Nested(EventItem), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
