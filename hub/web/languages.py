"""Which language a page speaks: Chinese, whose words are the source, unless the caller or the browser says English."""

from __future__ import annotations

from flask import Flask, Response, request, url_for
from flask_babel import Babel, gettext

from hub.kernel import settings
from hub.kernel.conditions.registry import Language

LANGUAGES = {"zh": "中文", "en": "English"}
COOKIE = "hub_lang"
_YEAR = 365 * 86400


def install(app: Flask) -> None:
    """Let every template say words by _(), and remember the language that was asked for."""
    Babel(app, default_locale="zh", default_timezone="UTC", locale_selector=language)
    app.jinja_env.globals.update(language=language, other_language=other_language, LANGUAGES=LANGUAGES)
    app.after_request(_remember)


def language() -> Language:
    """Return the language asked for by ?lang=, else the one asked for before, else the browser's, else Chinese."""
    asked = request.args.get("lang", request.cookies.get(COOKIE))
    if asked not in LANGUAGES:
        asked = request.accept_languages.best_match(tuple(LANGUAGES))
    return "en" if asked == "en" else "zh"


def other_language(key: str) -> str:
    """Return the address of this page in another language; of the start after a form was sent."""
    if request.method != "GET" or request.endpoint is None:
        return f"/?lang={key}"
    return url_for(request.endpoint, **{**(request.view_args or {}), **request.args.to_dict(), "lang": key})


def _remember(response: Response) -> Response:
    asked = request.args.get("lang")
    if asked in LANGUAGES and response.mimetype == "text/html" and not request.path.startswith("/events/"):
        secure = settings.current().production
        response.set_cookie(COOKIE, asked, max_age=_YEAR, samesite="Lax", httponly=True, secure=secure)
    return response


def _(text: str, /, **values: object) -> str:
    """Return `text`, which is Chinese, in the page's language, with `values` in the places of its %(name)s."""
    return str(gettext(text, **values))
