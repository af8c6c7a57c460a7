"""The admins' API of QR codes: list them, and register new ones."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel.access import ADMIN, allow, caller
from hub.kernel.blueprints import Blueprint
from hub.kernel.db import transaction
from hub.kernel.http import Problem, read_place, write_cursor
from wechat import jobs, service
from wechat.models import QrCode
from wechat.schemas import qrcodes as schemas
from wechat.service import NewCode, SceneRefused

api = Blueprint("qr_codes", __name__, url_prefix="/api/v1/qr-codes", description="QR codes with scenes")

_WHY = {
    "form": "A scene has up to 64 letters, digits, dots, dashes and underscores.",
    "reserved": "This scene begins as WeChat's own do.",
    "contact": "This scene reads like contact data: use a number of your own.",
    "taken": "The account has a code with this scene already.",
}


@api.get("")
@api.arguments(schemas.QrCodeQuery, location="query")
@api.response(200, schemas.QrCodePage)
@allow(ADMIN, scope="admin:read")
def get_qr_codes(query: dict[str, Any]) -> dict[str, Any]:
    """List the QR codes, the newest first, with what came through each."""
    limit, before = query["limit"], read_place(query["cursor"])
    with transaction() as session:
        asked = {"appid": query["appid"], "purpose": query["purpose"]}
        found = service.list_codes(session, **asked, archived=False, before=before, limit=limit + 1)
        items = _shown(session, found[:limit])
    more = len(found) > limit
    return {"items": items, "next_cursor": write_cursor([found[limit - 1].id]) if more else None}


@api.post("")
@api.arguments(schemas.QrCodesBody)
@api.response(201, schemas.QrCodesResult)
@allow(ADMIN, scope="qr-codes:write")
def post_qr_codes(body: dict[str, Any]) -> dict[str, Any]:
    """Register up to 100 QR codes, all or none, and ask WeChat for them; what it refuses for now is asked for again."""
    codes = [NewCode(**item) for item in body["items"]]
    with transaction() as session:
        _refuse_unknown(session, codes)
        try:
            ids = service.register_codes(session, codes)
        except SceneRefused as error:
            index = next(n for n, code in enumerate(codes) if code.scene == error.scene)
            raise _wrong(index, "scene", _WHY[error.reason]) from None
        group.audit(session, caller(), "qr_code.add", "account", codes[0].appid, codes=len(ids))
    jobs.make_codes(ids)
    with transaction() as session:
        made = [code for id_ in ids if (code := service.find_code(session, id_))]
        return {"items": _shown(session, made)}


def _refuse_unknown(session: Session, codes: list[NewCode]) -> None:
    able = {account.appid for account in group.accounts(session) if account.kind == "service"}
    for index, code in enumerate(codes):
        if code.appid not in able:
            raise _wrong(index, "appid", "The group has no service account with this AppID.")


def _wrong(index: int, name: str, message: str) -> Problem:
    return Problem(422, f"items[{index}].{name}: {message}", {"items": {str(index): {name: [message]}}})


def _shown(session: Session, codes: list[QrCode]) -> list[dict[str, Any]]:
    tallies = service.tallies(session, codes)
    names = ("id", "appid", "scene", "name", "purpose", "reference", "permanent", "state", "url", "expires_at")
    return [
        {name: getattr(code, name) for name in (*names, "errcode")}
        | {"scans": tallies[code.id].scans, "follows": tallies[code.id].follows}
        for code in codes
    ]
