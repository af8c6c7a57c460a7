"""The doors WeChat knocks at: verification of the address, and every push."""

from __future__ import annotations

import re

from flask import Blueprint, Response, request

from hub.kernel import access, metrics
from hub.kernel.groupcommit import NotDurable
from hub.kernel.logs import log
from wechat import service
from wechat.rules import MAX_BODY_BYTES, Query, Rejected

blp = Blueprint("wechat", __name__, url_prefix="/wechat")

STATUS = {"unknown_account": 404, "malformed": 400, "undecodable": 400, "wrong_format": 400, "too_large": 413}
"""Reason -> HTTP status; every other reason is 403."""
_APPID = re.compile(r"wx[0-9a-f]{16}", re.ASCII)


@blp.get("/callback/<appid>")
@access.allow(access.PUBLIC)
def verify(appid: str) -> Response:
    """Answer WeChat's check of the address with exactly the echostr it sent."""
    try:
        service.greet(_known_form(appid), Query.from_mapping(request.args))
    except Rejected as error:
        return _refuse(appid, error)
    return Response(request.args.get("echostr", ""), mimetype="text/plain")


@blp.post("/callback/<appid>")
@access.allow(access.PUBLIC)
def callback(appid: str) -> Response:
    """Answer "success" once the push is on disk, 500 when it is not, so that WeChat sends it again."""
    with metrics.CALLBACK_SECONDS.time():
        try:
            body = request.stream.read(MAX_BODY_BYTES + 1)
            received = service.receive(_known_form(appid), Query.from_mapping(request.args), body)
        except Rejected as error:
            return _refuse(appid, error)
        except NotDurable as error:
            metrics.CALLBACKS.labels("not_durable").inc()
            log.error("callback_not_durable", error=str(error))
            return Response("", status=500, mimetype="text/plain")
    metrics.CALLBACKS.labels(received.value).inc()
    return Response("success", mimetype="text/plain")


def _known_form(appid: str) -> str:
    if _APPID.fullmatch(appid) is None:
        raise Rejected("unknown_account")
    return appid


def _refuse(appid: str, error: Rejected) -> Response:
    metrics.CALLBACKS.labels(error.reason).inc()
    log.warning("callback_refused", reason=error.reason, appid=appid if _APPID.fullmatch(appid) else None)
    return Response("", status=STATUS.get(error.reason, 403), mimetype="text/plain")
