"""The doors of third-party platforms: pushes to the platform itself, and pushes to accounts that trust it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request

from hub.kernel import access, metrics
from hub.kernel.groupcommit import NotDurable
from hub.kernel.logs import log
from wechat import service
from wechat.rules import MAX_BODY_BYTES, Query, Rejected
from wechat.views.callbacks import blp, callback, known_form, refuse

SUCCESS = "success"


@blp.post("/component/<component_appid>/authorization")
@access.allow(access.PUBLIC)
def component_authorization(component_appid: str) -> Response:
    """Take in a ticket, or an account that grants or withdraws its trust; nobody is asked before the answer."""

    def take() -> str:
        received = service.receive_component(known_form(component_appid), _query(), _body())
        metrics.CALLBACKS.labels(f"component_{received.value}").inc()
        return SUCCESS

    return _answer(component_appid, take)


@blp.post("/component/<component_appid>/callback/<appid>")
@access.allow(access.PUBLIC)
def component_callback(component_appid: str, appid: str) -> Response:
    """Take in a push to an account, as its own address does; WeChat's release check is answered at once."""
    try:
        checking = service.is_release_check(known_form(component_appid), known_form(appid))
    except Rejected as error:
        return Response("", status=refuse(component_appid, error), mimetype="text/plain")
    if checking:
        return _answer(component_appid, lambda: service.release_check(component_appid, appid, _query(), _body()))
    status, body = callback(appid, request.args, _body(), component=component_appid)
    return Response(body, status=status, mimetype="text/plain")


def _answer(component_appid: str, take: Callable[[], str]) -> Response:
    try:
        body, status = take(), 200
    except Rejected as error:
        body, status = "", refuse(component_appid, error)
    except NotDurable as error:
        metrics.CALLBACKS.labels("not_durable").inc()
        log.error("callback_not_durable", error=str(error))
        body, status = "", 500
    return Response(body, status=status, mimetype="text/plain" if not body.startswith("<") else "text/xml")


def _query() -> Query:
    return Query.from_mapping(request.args)


def _body() -> bytes:
    return request.stream.read(MAX_BODY_BYTES + 1)
