"""The live page: what happens in the hub, second by second."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from hub.kernel import access, settings
from hub.kernel.db import transaction
from hub.web import overview
from hub.web.board import blank_states, board
from hub.web.words import LANGUAGES, WORDS

blp = Blueprint("live", __name__)

WATCHERS = (access.GROUP_ADMIN, access.GROUP_MARKETER, access.PRIVACY_OFFICER, access.AUDITOR)
"""Users whose overview polls these figures."""
_COOKIE = "hub_lang"
_YEAR = 365 * 86400


@blp.get("/live")
@access.allow(access.OPERATOR)
def index() -> Response:
    """Show the live page, complete without JavaScript."""
    language = _language()
    words = WORDS[language]
    page = render_template(
        "live/index.html",
        w=words,
        language=language,
        board=board(_read(), words),
        blank_states=blank_states(words),
        callback=f"{settings.current().base_url}/wechat/callback/<AppID>",
    )
    response = make_response(page)
    response.headers["Content-Language"] = language
    if request.args.get("lang") == language:
        secure = settings.current().production
        response.set_cookie(_COOKIE, language, max_age=_YEAR, samesite="Lax", httponly=True, secure=secure)
    return response


@blp.get("/live.json")
@access.allow(access.OPERATOR, *WATCHERS)
def data() -> Response:
    """Give the live page's figures anew."""
    return jsonify(board(_read(), WORDS[_language()]))


def _read() -> overview.Overview:
    with transaction() as session:
        return overview.read(session)


def _language() -> str:
    """Return the language asked for by ?lang=, else the one asked for before, else Chinese."""
    asked = request.args.get("lang", request.cookies.get(_COOKIE))
    return asked if asked in LANGUAGES else "zh"
