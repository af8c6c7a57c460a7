"""The sections of the group file that describe the group's own shape."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from marshmallow import ValidationError, validates, validates_schema

from hub.group.models import WECHAT_KINDS
from hub.kernel.conditions.values import show, suggestion
from hub.kernel.http import Strict
from hub.kernel.schemas import Choice, Slug, Text, Whole

MODES = ("plain", "compatible", "safe")
CIRCULATIONS = ("isolated", "shared")
HOURS_OF_A_YEAR = 8760


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
    token = Text(form="[A-Za-z0-9]{3,32}", expected="3 to 32 letters and digits", hidden=True, required=True)
    aes_key = Text(form="[A-Za-z0-9]{43}", expected="43 letters and digits", hidden=True, load_default="")
    secret = Text(form="[A-Za-z0-9]{16,64}", expected="32 letters and digits", hidden=True, required=True)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _key_to_decrypt_with(self, data: Mapping[str, Any], original: Mapping[str, Any], **_: Any) -> None:
        if data.get("mode") in ("compatible", "safe") and "aes_key" not in original:
            raise ValidationError("is missing: it is required unless mode is plain", "aes_key")


class TouchpointSection(Strict):
    """Describe a touchpoint other than a WeChat account."""

    slug = Slug(required=True)
    kind = Slug(required=True)
    name = Text(required=True)
    legal_entity = Slug(load_default=None, allow_none=True)

    @validates("kind")
    def _no_account(self, value: str, **_: Any) -> None:
        if value in WECHAT_KINDS:
            raise ValidationError(f"must be a kind such as site, channels or offline; a {value} belongs under accounts")

    @validates("slug")
    def _no_appid(self, value: str, **_: Any) -> None:
        if value.startswith("wx") and len(value) == 18:  # an account's touchpoint has its AppID as slug
            raise ValidationError("must not look like an AppID: write accounts under accounts")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
