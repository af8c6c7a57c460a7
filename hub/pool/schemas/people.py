"""People as admins read them over the API: identities masked, no contact data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from hub.kernel import conditions
from hub.kernel.conditions import Condition
from hub.kernel.http import PageQuery
from hub.pool.rules.fields import PERSON

_LIFECYCLES = ("anonymous", "fan", "registered", "qualified")
_LONGEST = 4000


class WhenText(fields.Field[Condition]):
    """Read a condition that is written as one JSON object."""

    def __init__(self, **kwargs: Any) -> None:
        schema = {"type": ["string", "null"], "maxLength": _LONGEST}
        super().__init__(metadata=schema, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Condition:
        del attr, data
        try:
            tree = json.loads(value) if isinstance(value, str) and len(value) <= _LONGEST else None
        except (ValueError, RecursionError):
            tree = None
        if not isinstance(tree, dict):
            raise ValidationError("This is not JSON: write the condition as one JSON object.")
        try:
            return conditions.parse(tree, PERSON)
        except conditions.ConditionError as error:
            raise ValidationError({error.path: [error.message]} if error.path else [error.message]) from None


class PeopleQuery(PageQuery):
    """Choose people: those for whom the condition `when` holds."""

    when = WhenText(load_default=None, allow_none=True)


class TimelineQuery(PageQuery):
    """Choose activities: of one kind."""

    kind = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 40))


class PersonResult(Schema):
    """Show a person as lists do."""

    id = fields.UUID()
    score = fields.Integer()
    lifecycle = fields.String(validate=validate.OneOf(_LIFECYCLES))
    follows = fields.Integer()
    registered = fields.Boolean()
    last_scene = fields.String(allow_none=True)
    last_activity_at = fields.AwareDateTime(format="iso", allow_none=True)
    traits = fields.Dict(keys=fields.String(), values=fields.Raw())


class PersonPage(Schema):
    """Show one page of people."""

    items = fields.List(fields.Nested(PersonResult))
    next_cursor = fields.String(allow_none=True)


class IdentityResult(Schema):
    """Show an identity, its value masked."""

    kind = fields.String()
    namespace = fields.String()
    value = fields.String()
    first_seen_at = fields.AwareDateTime(format="iso")
    following = fields.Boolean(allow_none=True)


class FollowResult(Schema):
    """Show when a person followed an account first."""

    appid = fields.String()
    at = fields.AwareDateTime(format="iso")


class MergeResult(Schema):
    """Show a merge that stands or was undone."""

    id = fields.UUID()
    person_a = fields.UUID()
    person_b = fields.UUID()
    by = fields.String()
    merged_at = fields.AwareDateTime(format="iso")
    undone_at = fields.AwareDateTime(format="iso", allow_none=True)


class PersonDetail(PersonResult):
    """Show one person whole; `id` is the root's, whatever id they were asked for by."""

    created_at = fields.AwareDateTime(format="iso")
    members = fields.List(fields.UUID())
    identities = fields.List(fields.Nested(IdentityResult))
    followed = fields.List(fields.Nested(FollowResult))
    merges = fields.List(fields.Nested(MergeResult))
    conflicts = fields.List(fields.UUID())
    qualified_at = fields.AwareDateTime(format="iso", allow_none=True)


class ActResult(Schema):
    """Show one activity."""

    id = fields.UUID()
    kind = fields.String()
    key = fields.String()
    scene = fields.String()
    touchpoint_id = fields.UUID(allow_none=True)
    occurred_at = fields.AwareDateTime(format="iso")


class ActPage(Schema):
    """Show one page of a timeline."""

    items = fields.List(fields.Nested(ActResult))
    next_cursor = fields.String(allow_none=True)


class RuleSumResult(Schema):
    """Show what one rule gave in all."""

    rule = fields.String()
    times = fields.Integer()
    points = fields.Integer()


class EarnedResult(Schema):
    """Show points with the activity that earned them, null when it is not kept any more."""

    rule = fields.String()
    points = fields.Integer()
    activity = fields.Nested(ActResult, attribute="act", allow_none=True)


class WhyResult(Schema):
    """Show why a person has their score, and how far it is to the MQL threshold."""

    person_id = fields.UUID()
    score = fields.Integer()
    model_version = fields.Integer()
    mql_at = fields.Integer(allow_none=True)
    missing = fields.Integer(allow_none=True)
    qualified_at = fields.AwareDateTime(format="iso", allow_none=True)
    rules = fields.List(fields.Nested(RuleSumResult))
    newest = fields.List(fields.Nested(EarnedResult))
