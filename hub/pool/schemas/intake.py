"""What touchpoints send: activities and registrations."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.kernel.http import Strict
from privacy.service import looks_like_contact

_SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_PLAIN = re.compile(r"[^\x00-\x1f\x7f]*")
RESERVED = frozenset({"follow", "unfollow", "registration", "attendance"})
"""Kinds that only WeChat, registrations and check-ins may tell."""
SCOPES = re.compile(r"collection|phone|email|profiling|cross_border|share:[a-z0-9][a-z0-9-]{0,62}", re.ASCII)


def plain(text: str) -> str:
    """Return `text`; raise ValidationError when it holds control characters."""
    if _PLAIN.fullmatch(text) is None:
        raise ValidationError("Control characters are not allowed.")
    return text


def impersonal(text: str) -> str:
    """Return `text`; raise ValidationError when it looks like a phone number or an e-mail address."""
    plain(text)
    if looks_like_contact(text):
        raise ValidationError("This looks like contact data: send it as 'contact' of a registration.")
    return text


def short(length: int, *, minimum: int = 0) -> fields.String:
    """Return a text field of at most `length` characters without control characters or contact data."""
    return fields.String(validate=[validate.Length(minimum, length), impersonal])


class IdentityBody(Strict):
    """Name who: appid and openid (and unionid if known), open_platform and unionid, or visitor_id."""

    appid = fields.String(validate=validate.Length(1, 32))
    openid = fields.String(validate=validate.Regexp(r"^[A-Za-z0-9_-]{1,64}\Z"))
    open_platform = fields.String(validate=validate.Length(1, 64))
    unionid = fields.String(validate=validate.Regexp(r"^[A-Za-z0-9_-]{1,64}\Z"))
    visitor_id = fields.String(validate=validate.Regexp(r"^[A-Za-z0-9_-]{8,64}\Z"))

    @validates_schema
    def one_form(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a mixture of forms."""
        forms = ({"appid", "openid"}, {"appid", "openid", "unionid"}, {"open_platform", "unionid"}, {"visitor_id"})
        if set(data) not in forms:
            raise ValidationError("Give appid and openid, or open_platform and unionid, or visitor_id.")


class ActivityBody(Strict):
    """Describe one behaviour."""

    id = fields.String(required=True, validate=[validate.Length(1, 100), plain])
    identity = fields.Nested(IdentityBody, required=True)
    kind = fields.String(required=True, validate=validate.Regexp(_SLUG.pattern + r"\Z"))
    key = fields.String(load_default="", validate=[validate.Length(0, 200), impersonal])
    at = fields.AwareDateTime(format="iso", load_default=None, allow_none=True)
    properties = fields.Dict(keys=short(40, minimum=1), load_default=dict, validate=validate.Length(max=20))

    @validates_schema
    def told_here(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse kinds that others tell, and values that are not short and plain."""
        if data.get("kind") in RESERVED:
            raise ValidationError({"kind": [f"{data['kind']!r} is recorded by the hub itself."]})
        scalars("properties", data.get("properties", {}))


class ActivitiesBody(Strict):
    """Carry up to 500 behaviours."""

    items = fields.List(fields.Nested(ActivityBody), required=True, validate=validate.Length(1, 500))


class ContactFields(Strict):
    """Carry contact data on its way to the vault."""

    name = fields.String(validate=[validate.Length(1, 100), plain])
    mobile = fields.String(validate=[validate.Length(5, 30), plain])
    email = fields.String(validate=[validate.Length(3, 200), plain])
    company = fields.String(validate=[validate.Length(1, 200), plain])
    title = fields.String(validate=[validate.Length(1, 100), plain])


class ConsentBody(Strict):
    """Say to what text the person agreed, and to which scopes of it."""

    text_version = fields.String(required=True, validate=[validate.Length(1, 100), plain])
    scopes = fields.List(fields.String(validate=validate.Regexp(SCOPES.pattern + r"\Z")), required=True)

    @validates_schema
    def collects(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse consent that does not cover the collection itself."""
        if "collection" not in data.get("scopes", ()):
            raise ValidationError({"scopes": ["'collection' is missing: without it contact data may not be kept."]})


class RegistrationBody(Strict):
    """Carry one registration."""

    id = fields.String(required=True, validate=[validate.Length(1, 100), plain])
    identity = fields.Nested(IdentityBody, required=True)
    contact = fields.Nested(ContactFields, required=True)
    traits = fields.Dict(keys=short(40, minimum=1), load_default=dict, validate=validate.Length(max=20))
    consent = fields.Nested(ConsentBody, required=True)
    source = fields.String(load_default="", validate=[validate.Length(0, 100), impersonal])

    @validates_schema
    def plain_traits(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse traits that are not short and plain."""
        scalars("traits", data.get("traits", {}))


class ActivitiesResult(Strict):
    """Say how many behaviours were new."""

    accepted = fields.Integer(required=True)
    duplicates = fields.Integer(required=True)


class RegistrationResult(Strict):
    """Say whether the registration was new."""

    id = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["registered", "duplicate"]))


def scalars(where: str, values: dict[str, Any]) -> None:
    """Raise ValidationError unless every value is a short plain text, a number or a boolean."""
    errors: dict[str, list[str]] = {}
    for name, value in values.items():
        if isinstance(value, bool | int | float):
            continue
        if not isinstance(value, str) or len(value) > 200:
            errors[name] = ["Give a text of at most 200 characters, a number or a boolean."]
            continue
        try:
            impersonal(value)
        except ValidationError as error:
            errors[name] = [str(message) for message in error.messages]
    if errors:
        raise ValidationError({where: errors})
