"""Make the web application: every room's routes, one shell around them."""

from __future__ import annotations

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_smorest import Api

import bu_routing.views
import event_hub.views
import hub.group.views
import hub.pool.views
import wechat.views
from hub.kernel import settings
from hub.web import access, console, languages, login, nav, pages, problems, security
from hub.web.api import docs, shell
from hub.web.views import health, live

MAX_BODY = 1024 * 1024

BLUEPRINTS = (
    *wechat.views.BLUEPRINTS,
    event_hub.views.pages,
    health.blp,
    live.blp,
    console.blp,
    docs.blp,
    *login.BLUEPRINTS,
)
API_BLUEPRINTS = (
    *hub.pool.views.BLUEPRINTS,
    *wechat.views.API_BLUEPRINTS,
    bu_routing.views.blp,
    bu_routing.views.decisions,
    event_hub.views.blp,
    hub.group.views.blp,
    wechat.views.sends.api,
)


def create_app() -> Flask:
    """Return the WSGI application with every route, refusing to start when a route declares no policy."""
    now = settings.current()
    app = Flask("hub.web", static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=now.secret_key,
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=32 * 1024,
        SESSION_COOKIE_NAME="__Host-hub" if now.production else "hub",
        SESSION_COOKIE_SECURE=now.production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        BOOTSTRAP_SERVE_LOCAL=True,
        API_TITLE="Hub",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    Bootstrap5(app)
    for extension in (languages, nav, pages, login.oidc):
        extension.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    api = Api(app)
    for blueprint in API_BLUEPRINTS:
        api.register_blueprint(blueprint)
    problems.install(app)
    access.install(app)
    security.install(app)
    shell.install(app, api)
    app.wsgi_app = wechat.views.Door(app.wsgi_app, security.callback_headers())  # type: ignore[method-assign]
    wechat.views.resume()
    return app
