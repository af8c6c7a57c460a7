"""QR codes by API."""

from __future__ import annotations

from marshmallow import fields, validate

from hub.kernel.http import PageQuery, Strict
from hub.kernel.schemas import Choice, Flag, Text
from wechat.rules.scenes import LONGEST, PURPOSES

AT_ONCE = 100


class QrCodeQuery(PageQuery):
    """Page through the codes of one account, or of all."""

    appid = fields.String(load_default=None, validate=validate.Length(max=18))
    purpose = fields.String(load_default=None, validate=validate.OneOf(PURPOSES))


class QrCodeItem(Strict):
    """Ask for one code."""

    appid = Text(form="wx[0-9a-f]{16}", expected='"wx" and 16 digits or letters a-f', required=True)
    scene = Text(required=True, longest=LONGEST)
    name = Text(required=True, longest=60)
    purpose = Choice(PURPOSES, required=True)
    reference = Text(required=True, longest=40)
    permanent = Flag(load_default=False)


class QrCodesBody(Strict):
    """Ask for up to 100 codes, all or none."""

    items = fields.List(fields.Nested(QrCodeItem), required=True, validate=validate.Length(1, AT_ONCE))


class QrCodeResult(Strict):
    """Show one code; `url` is what its picture says, null until WeChat has made it."""

    id = fields.UUID(required=True)
    appid = fields.String(required=True)
    scene = fields.String(required=True)
    name = fields.String(required=True)
    purpose = fields.String(required=True, validate=validate.OneOf(PURPOSES))
    reference = fields.String(required=True)
    permanent = fields.Boolean(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["wanted", "made", "failed"]))
    url = fields.String(required=True, allow_none=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    errcode = fields.Integer(required=True, allow_none=True)
    scans = fields.Integer(required=True)
    follows = fields.Integer(required=True)


class QrCodePage(Strict):
    """Carry one page of codes."""

    items = fields.List(fields.Nested(QrCodeResult), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class QrCodesResult(Strict):
    """Carry the codes that were just registered."""

    items = fields.List(fields.Nested(QrCodeResult), required=True)
