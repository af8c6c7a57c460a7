"""What sites and mini programs send for a login, a signature or a phone number, and files that prove a domain."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.kernel.http import Strict
from hub.kernel.schemas import Text
from hub.pool.schemas import ConsentBody
from wechat.rules import pages

_APPID = validate.Regexp(r"wx[0-9a-f]{16}\Z")
_VISITOR = validate.Regexp(r"[A-Za-z0-9_-]{8,64}\Z")
_OPENID = validate.Regexp(r"[A-Za-z0-9_-]{1,64}\Z")
_CODE = validate.Regexp(r"[!-~]{1,512}\Z")


class LoginIdentity(Strict):
    """Name who logged in; `unionid` is there when WeChat told it."""

    appid = fields.String(required=True)
    openid = fields.String(required=True)
    unionid = fields.String()


class RedeemBody(Strict):
    """Redeem the ticket of a web login, for the visitor who began it."""

    ticket = fields.String(required=True, validate=validate.Regexp(r"[A-Za-z0-9_-]{20,100}\Z"))
    visitor_id = fields.String(load_default="", validate=_VISITOR)


class Hint(Strict):
    """Carry a sentence in both languages."""

    zh = fields.String(required=True)
    en = fields.String(required=True)


class RedeemResult(Strict):
    """Say what came of a web login.

    `identity` is null and `hint` a sentence to show when nobody signed in; `visitor_linked` when what the visitor did
    before is now theirs.
    """

    outcome = fields.String(required=True, validate=validate.OneOf(["signed_in", "snapshot", "denied"]))
    identity = fields.Nested(LoginIdentity, required=True, allow_none=True)
    visitor_linked = fields.Boolean(required=True)
    hint = fields.Nested(Hint, required=True, allow_none=True)


class SignatureBody(Strict):
    """Ask for the signature of one page; `url` as the browser shows it, with its query."""

    appid = fields.String(required=True, validate=_APPID)
    url = fields.String(required=True, validate=validate.Regexp(r"https?://[!-~]{1,1500}\Z"))


class SignatureResult(Strict):
    """Carry what the page passes on to wx.config."""

    appId = fields.String(required=True)  # noqa: N815 - WeChat's own names, to be passed on as they are
    timestamp = fields.Integer(required=True)
    nonceStr = fields.String(required=True)  # noqa: N815
    signature = fields.String(required=True)


class MiniProgramLoginBody(Strict):
    """Carry the code that wx.login gave."""

    appid = fields.String(required=True, validate=_APPID)
    code = fields.String(required=True, validate=_CODE)


class MiniProgramLoginResult(Strict):
    """Say who opened the mini program."""

    identity = fields.Nested(LoginIdentity, required=True)


class PhoneBody(Strict):
    """Carry the code that a person's consent to share their number gave, whose it is, and what they agreed to."""

    appid = fields.String(required=True, validate=_APPID)
    code = fields.String(required=True, validate=_CODE)
    openid = fields.String(validate=_OPENID)
    visitor_id = fields.String(validate=_VISITOR)
    consent = fields.Nested(ConsentBody, required=True)

    @validates_schema
    def belongs_to_somebody(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a number of nobody, and of two."""
        if ("openid" in data) == ("visitor_id" in data):
            raise ValidationError("Give openid or visitor_id: the number belongs to somebody.")


class PhoneResult(Strict):
    """Say whether the number was taken in now; it is never told."""

    status = fields.String(required=True, validate=validate.OneOf(["registered", "duplicate"]))


class DomainFileSection(Strict):
    """Describe a file with which WeChat checks whose a domain is."""

    domain = Text(form=pages.DOMAIN_FORM, expected=pages.DOMAIN_EXPECTED, longest=253, required=True)
    name = Text(form=pages.FILE_FORM, expected=pages.FILE_EXPECTED, required=True)
    content = Text(form=pages.CONTENT_FORM, expected=pages.CONTENT_EXPECTED, longest=200, required=True)
