"""Sign-in by the group's identity provider: OpenID Connect, code flow with PKCE, one pinned issuer."""

from __future__ import annotations

from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, abort, current_app, make_response, render_template, request, session
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from hub.group.rules import grants
from hub.group.service.federated import sign_in_federated
from hub.kernel import settings
from hub.kernel.access import PUBLIC, allow
from hub.kernel.db import transaction
from hub.kernel.logs import log
from hub.kernel.settings import SettingsError
from hub.web.login import cookie
from hub.web.login.landing import safe

blp = Blueprint("oidc", __name__)
SCOPE = "openid email profile groups"
ALGORITHMS = ("RS256", "PS256", "ES256")
_LEEWAY, _TIMEOUT = 60, 5
_NEXT = "oidc_next"
_BROKEN = (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError)


class WrongIssuer(ValueError):
    """What answers at the issuer's address says that it is another issuer."""


def install(app: Flask) -> None:
    """Get ready to speak with the identity provider, if there is one; raise SettingsError for a map that is wrong."""
    oidc = settings.current().oidc
    try:
        roles = grants.read_map(oidc.roles)
    except grants.BadGrant as error:
        raise SettingsError(f"HUB_OIDC_ROLES: {error}") from None
    if not oidc.enabled:
        return
    client = OAuth(app).register(
        "hub_oidc",
        client_id=oidc.client_id,
        client_secret=oidc.client_secret,
        server_metadata_url=f"{oidc.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": SCOPE, "code_challenge_method": "S256", "default_timeout": _TIMEOUT},
    )
    app.extensions["hub_oidc"] = (client, roles)


@blp.get("/login/oidc")
@allow(PUBLIC)
def start() -> Response:
    """Lead to the identity provider."""
    client, _roles = _ready()
    try:
        _pinned(client)
        session[_NEXT] = safe(request.args.get("next"))
        found: Response = client.authorize_redirect(f"{settings.current().base_url}/login/oidc/callback")
    except (requests.RequestException, *_BROKEN) as error:
        return _failed(error)
    return found


@blp.get("/login/oidc/callback")
@allow(PUBLIC)
def callback() -> Response:
    """Take the provider's answer, and let in whom it vouches for if a group of theirs stands for a role."""
    client, roles = _ready()
    try:
        claims = _claims(client)
    except (requests.RequestException, *_BROKEN) as error:
        return _failed(error)
    groups = claims.get("groups")
    with transaction() as database:
        user_id = sign_in_federated(
            database,
            issuer=settings.current().oidc.issuer,
            subject=claims["sub"],
            email=_text(claims.get("email")),
            name=_text(claims.get("name")),
            granted=grants.first(roles, groups if isinstance(groups, list) else []),
        )
    if user_id is None:
        return make_response(render_template("login/denied.html"), 403)
    return cookie.enter(user_id, "oidc", target=session.pop(_NEXT, None))


def _ready() -> tuple[Any, dict[str, grants.Grant]]:
    found: tuple[Any, dict[str, grants.Grant]] | None = current_app.extensions.get("hub_oidc")
    if found is None:
        abort(404)
    return found


def _pinned(client: Any) -> None:
    """Read what the provider says of itself, and hold it to our issuer and to signatures worth the name."""
    metadata = client.load_server_metadata()
    if metadata.get("issuer") != settings.current().oidc.issuer:
        client.server_metadata.clear()  # read it anew next time
        raise WrongIssuer("the provider names another issuer")
    metadata["id_token_signing_alg_values_supported"] = list(ALGORITHMS)


def _claims(client: Any) -> Any:
    """Return the claims of the checked ID token; raise one of the errors of `_BROKEN` when anything is amiss."""
    issuer = settings.current().oidc.issuer
    if request.args.get("iss", issuer) != issuer:
        raise WrongIssuer("the answer names another issuer")
    _pinned(client)
    options = {"iss": {"essential": True, "values": [issuer]}, "sub": {"essential": True}}
    claims = client.authorize_access_token(claims_options=options, leeway=_LEEWAY).get("userinfo")
    if not claims or not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise KeyError("the provider sent no ID token with a subject")
    return claims


def _text(value: object) -> str:
    return value[:254] if isinstance(value, str) else ""


def _failed(error: Exception) -> Response:
    """Say that it did not work; the reason is for the log alone, by its name."""
    log.warning("oidc_login_failed", error=type(error).__name__)
    silent = isinstance(error, requests.RequestException)
    return make_response(render_template("login/failed.html", silent=silent), 503 if silent else 400)
