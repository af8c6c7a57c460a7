"""The sections of the group file that describe the group's own shape."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, validate, validates, validates_schema

from hub.group.models import WECHAT_KINDS
from hub.kernel import origins
from hub.kernel.access import KEY_ROLES, SCOPES
from hub.kernel.conditions.values import show, suggestion
from hub.kernel.http import PageQuery, Strict
from hub.kernel.schemas import SLUG, Choice, Flag, Slug, Text, Whole

MODES = ("plain", "compatible", "safe")
CIRCULATIONS = ("isolated", "shared")
HOURS_OF_A_YEAR = 8760
RELEASE_CHECK = ("wx570bc396a51b8ff8",)
"""The account with which WeChat tests a third-party platform before it goes live."""


class GroupSection(Strict):
    """Say who the group is."""

    slug = Slug(required=True)
    name = Text(required=True)
    timezone = Text(required=True)

    @validates("timezone")
    def _iana(self, value: str, **_: Any) -> None:
        if value not in _zones():
            near = suggestion(value, sorted(_zones()))
            raise ValidationError(f"must be an IANA time zone such as Asia/Shanghai, this is {show(value)}{near}")


class LegalEntitySection(Strict):
    """Describe a legal entity."""

    slug = Slug(required=True)
    name = Text(required=True)


class OpenPlatformSection(Strict):
    """Describe a WeChat Open Platform account."""

    slug = Slug(required=True)
    legal_entity = Slug(required=True)


class BusinessUnitSection(Strict):
    """Describe a business unit."""

    slug = Slug(required=True)
    name = Text(required=True)
    legal_entity = Slug(required=True)
    circulation = Choice(CIRCULATIONS, load_default="isolated")
    accept_within_hours = Whole(1, HOURS_OF_A_YEAR, load_default=None, allow_none=True)


class AccountSection(Strict):
    """Describe a WeChat account with its secrets in clear."""

    appid = Text(form="wx[0-9a-f]{16}", expected='"wx" and 16 digits or letters a-f', required=True)
    original_id = Text(form="gh_[0-9a-f]{12}", expected='"gh_" and 12 digits or letters a-f', required=True)
    name = Text(required=True)
    kind = Choice(WECHAT_KINDS, required=True)
    open_platform = Slug(load_default=None, allow_none=True)
    mode = Choice(MODES, load_default="safe")
    token = Text(form="[A-Za-z0-9]{3,32}", expected="3 to 32 letters and digits", hidden=True, load_default="")
    aes_key = Text(form="[A-Za-z0-9]{43}", expected="43 letters and digits", hidden=True, load_default="")
    secret = Text(form="[A-Za-z0-9]{16,64}", expected="32 letters and digits", hidden=True, load_default="")
    component = Slug(load_default=None, allow_none=True)
    allow_plaintext = Flag(load_default=False)
    location = Flag(load_default=False)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _secrets_of_its_own(self, _data: Mapping[str, Any], original: Mapping[str, Any], **_: Any) -> None:
        if isinstance(original, Mapping) and original.get("component") is None:
            missing = [name for name in ("token", "secret") if name not in original]
            words = "is missing: it is required unless component names a platform"
            if missing:
                raise ValidationError({name: [words] for name in missing})

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _key_to_decrypt_with(self, data: Mapping[str, Any], original: Mapping[str, Any], **_: Any) -> None:
        elsewhere = isinstance(original, Mapping) and bool(original.get("component")) and "token" not in original
        if not elsewhere and data.get("mode") in ("compatible", "safe") and "aes_key" not in original:
            raise ValidationError("is missing: it is required unless mode is plain", "aes_key")


class ComponentPlatformSection(Strict):
    """Describe a third-party platform with its secrets in clear."""

    slug = Slug(required=True)
    appid = Text(form="wx[0-9a-f]{16}", expected='"wx" and 16 digits or letters a-f', required=True)
    legal_entity = Slug(load_default=None, allow_none=True)
    token = Text(form="[A-Za-z0-9]{3,32}", expected="3 to 32 letters and digits", hidden=True, required=True)
    aes_key = Text(form="[A-Za-z0-9]{43}", expected="43 letters and digits", hidden=True, required=True)
    secret = Text(form="[A-Za-z0-9]{16,64}", expected="32 letters and digits", hidden=True, required=True)
    release_check = fields.List(
        Text(form="wx[0-9a-f]{16}", expected='"wx" and 16 digits or letters a-f'),
        load_default=lambda: list(RELEASE_CHECK),
    )


class TouchpointSection(Strict):
    """Describe a touchpoint other than a WeChat account."""

    slug = Slug(required=True)
    kind = Slug(required=True)
    name = Text(required=True)
    legal_entity = Slug(load_default=None, allow_none=True)
    origins = fields.List(Text(longest=300), load_default=list)

    @validates("origins")
    def _sites(self, values: list[str], **_: Any) -> None:
        wrong = {i: [_no_site(value)] for i, value in enumerate(values) if origins.origin(value) != value}
        if wrong:
            raise ValidationError(wrong)

    @validates("kind")
    def _no_account(self, value: str, **_: Any) -> None:
        if value in WECHAT_KINDS:
            raise ValidationError(f"must be a kind such as site, channels or offline; a {value} belongs under accounts")

    @validates("slug")
    def _no_appid(self, value: str, **_: Any) -> None:
        if value.startswith("wx") and len(value) == 18:  # an account's touchpoint has its AppID as slug
            raise ValidationError("must not look like an AppID: write accounts under accounts")


class KeyQuery(PageQuery):
    """Page through the API keys."""


class KeyBody(Strict):
    """Ask for a new API key, for one business unit, one touchpoint, or the group's own systems."""

    name = fields.String(required=True, validate=validate.Regexp(r"[^\x00-\x1f\x7f]{1,100}\Z"))
    bu = fields.String(validate=validate.Regexp(SLUG + r"\Z"))
    touchpoint = fields.String(validate=validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}\Z"))
    admin = Flag()
    scopes = fields.List(
        fields.String(validate=validate.OneOf(sorted({scope for role in SCOPES.values() for scope in role}))),
        load_default=list,
        validate=validate.Length(max=20),
    )
    expires_days = fields.Integer(strict=True, load_default=180, validate=validate.Range(1, 3650))

    @validates_schema
    def one_owner(self, data: Mapping[str, Any], **_: Any) -> None:
        """Refuse a key for nobody, and for two."""
        if sum((data.get("bu") is not None, data.get("touchpoint") is not None, bool(data.get("admin")))) != 1:
            raise ValidationError("Give exactly one of bu, touchpoint and admin (true).")


class RotationBody(Strict):
    """Ask for the successor of a key, and how long the old one lives on."""

    overlap_days = fields.Integer(strict=True, load_default=7, validate=validate.Range(0, 90))
    expires_days = fields.Integer(strict=True, load_default=180, validate=validate.Range(1, 3650))


class KeyResult(Strict):
    """Show an API key without its secret."""

    id = fields.UUID(required=True)
    public_id = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True, validate=validate.OneOf(KEY_ROLES))
    owner = fields.String(required=True, allow_none=True)
    scopes = fields.List(fields.String(), required=True)
    state = fields.String(required=True, validate=validate.OneOf(["live", "expired", "revoked"]))
    created_at = fields.AwareDateTime(required=True, format="iso")
    expires_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    revoked_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    last_used_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class KeyPage(Strict):
    """Carry one page of keys."""

    items = fields.List(fields.Nested(KeyResult), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class NewKeyResult(Strict):
    """Show a new key, once: `key` is null when this answer is a replay."""

    key = fields.String(required=True, allow_none=True)
    card = fields.Nested(KeyResult, required=True)


def _no_site(value: str) -> str:
    return f"must be {origins.FORM}, with small letters, this is {show(value)}"


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
