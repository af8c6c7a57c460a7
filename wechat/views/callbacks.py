"""The doors WeChat knocks at: verification of the address, and every push."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from flask import Blueprint, Response, request
from werkzeug.http import HTTP_STATUS_CODES

from hub.kernel import access, metrics
from hub.kernel.groupcommit import NotDurable
from hub.kernel.logs import log
from wechat import service
from wechat.rules import MAX_BODY_BYTES, Query, Rejected
from wechat.service import counting

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

blp = Blueprint("wechat", __name__, url_prefix="/wechat")

STATUS = {"unknown_account": 404, "malformed": 400, "undecodable": 400, "wrong_format": 400, "too_large": 413}
"""Reason -> HTTP status; every other reason is 403."""
_APPID = re.compile(r"wx[0-9a-f]{16}", re.ASCII)
_PUSHED = re.compile(rf"/wechat/callback/({_APPID.pattern})", re.ASCII)


@blp.get("/callback/<appid>")
@access.allow(access.PUBLIC)
def verify(appid: str) -> Response:
    """Answer WeChat's check of the address with exactly the echostr it sent."""
    try:
        service.greet(known_form(appid), Query.from_mapping(request.args))
    except Rejected as error:
        return Response("", status=refuse(appid, error), mimetype="text/plain")
    return Response(request.args.get("echostr", ""), mimetype="text/plain")


@blp.post("/callback/<appid>")
@access.allow(access.PUBLIC)
def post_callback(appid: str) -> Response:
    """Answer a push that the door (see `Door`) did not take in itself."""
    status, body = callback(appid, request.args, request.stream.read(MAX_BODY_BYTES + 1))
    return Response(body, status=status, mimetype="text/plain")


def callback(appid: str, query: Mapping[str, str], body: bytes, *, component: str = "") -> tuple[int, str]:
    """Return status and body: the answer once the push is on disk, else 500, so that WeChat sends it again."""
    with metrics.CALLBACK_SECONDS.time():
        try:
            answer = service.receive(known_form(appid), Query.from_mapping(query), body, component=component)
        except Rejected as error:
            return refuse(appid, error), ""
        except NotDurable as error:
            metrics.CALLBACKS.labels("not_durable").inc()
            log.error("callback_not_durable", error=str(error))
            return 500, ""
    metrics.CALLBACKS.labels(answer.received.value).inc()
    counting.note(appid, counting.RECEIVED)
    return 200, answer.body


def resume() -> None:
    """Go on with the callbacks that an earlier process of this machine took in while the database was away."""
    service.resume()


class Door:
    """Take pushes in ahead of Flask, which alone costs three times what it takes to check and decrypt one.

    It answers what Flask would, `headers` included. Whatever is not plainly a push goes to Flask, and so does a push
    that fails in a way nobody foresaw: Flask tries it again and answers by its error handlers.
    """

    def __init__(self, app: WSGIApplication, headers: Mapping[str, str]) -> None:
        """Stand before `app`."""
        self._app = app
        self._headers = [("Content-Type", "text/plain; charset=utf-8"), *headers.items()]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        appid = _pushed_to(environ)
        if appid is None:
            return self._app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        try:
            status, answer = callback(appid, _arguments(environ["QUERY_STRING"]), body)
        except Exception:  # noqa: BLE001 - a request's edge: Flask does it again, logs it and answers
            return self._app({**environ, "wsgi.input": io.BytesIO(body)}, start_response)
        content = answer.encode()
        length = ("Content-Length", str(len(content)))
        start_response(f"{status} {HTTP_STATUS_CODES[status].upper()}", [*self._headers, length])
        return [content]


def _pushed_to(environ: WSGIEnvironment) -> str | None:
    """Return the AppID a well-formed push is for; None for every other request."""
    found = _PUSHED.fullmatch(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] == "POST" else None
    length = environ.get("CONTENT_LENGTH") or ""
    plain = length.isascii() and length.isdigit() and int(length[:9]) <= MAX_BODY_BYTES and len(length) < 9
    return found[1] if found and plain and environ.get("QUERY_STRING", "").isascii() else None


def _arguments(query: str) -> dict[str, str]:
    """Return the parameters of a query string, the first of each name, decoded as Flask does."""
    return dict(reversed(parse_qsl(query, keep_blank_values=True, errors="werkzeug.url_quote")))


def known_form(appid: str) -> str:
    """Return `appid`; raise Rejected when it is none by its form."""
    if _APPID.fullmatch(appid) is None:
        raise Rejected("unknown_account")
    return appid


def refuse(appid: str, error: Rejected) -> int:
    """Count and log a refusal; return its status."""
    metrics.CALLBACKS.labels(error.reason).inc()
    if error.reason != "unknown_account":  # only the group's accounts are counted: nobody else can make them more
        counting.note(appid, counting.REFUSED)
    log.warning("callback_refused", reason=error.reason, appid=appid if _APPID.fullmatch(appid) else None)
    return STATUS.get(error.reason, 403)
