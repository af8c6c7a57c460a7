"""What every answer says to a browser, and what a browser must show before a cookie lets it change anything."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect

from hub.kernel import settings
from hub.kernel.http import Problem

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with it a browser sends "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
HSTS = "max-age=63072000; includeSubDomains"
SAFE = frozenset(["GET", "HEAD", "OPTIONS"])
_ANY_HOST = frozenset(["health.healthz", "health.readyz", "domains.verify"])
"""Probes come to whatever address they know; the files that prove a domain are asked of that domain."""
_TOKEN_LIFE = 8 * 3600
_csrf = CSRFProtect()


def install(app: Flask) -> None:
    """Give templates csrf_token() and csp_nonce(), and every answer its headers."""
    # Not by default and not by Referer: who is called by a key needs no token, and `protect` looks at the origin.
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_SSL_STRICT=False, WTF_CSRF_TIME_LIMIT=_TOKEN_LIFE)
    _csrf.init_app(app)
    app.jinja_env.globals["csp_nonce"] = nonce
    app.after_request(_finish)


def nonce() -> str:
    """Return this request's nonce: only scripts and styles that carry it may stand inside the page."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    found: str = g.csp_nonce
    return found


def policy(word: str | None = None) -> str:
    """Return the Content-Security-Policy, with the nonce `word` if there is one."""
    ours = f"'self' 'nonce-{word}'" if word else "'self'"
    return (
        f"default-src 'none'; script-src {ours}; style-src {ours}; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def fixed_headers() -> dict[str, str]:
    """Return the headers that are the same for every answer of this process."""
    transport = {"Strict-Transport-Security": HSTS} if settings.current().production else {}
    return {**HEADERS, **transport}


def callback_headers() -> dict[str, str]:
    """Return the headers of an answer that is no page."""
    return {**fixed_headers(), "Content-Security-Policy": policy()}


def protect() -> None:
    """Refuse an unsafe request that is not plainly from a page of ours; raise Problem or CSRFError."""
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site not in ("same-origin", "none"):
        raise Problem(403, "This was sent from another site: it was refused and nothing was changed.")
    if site is None and origin is not None and origin not in _origins():
        raise Problem(403, "This was sent from another site: it was refused and nothing was changed.")
    _csrf.protect()


def check_host(*, exempt: bool) -> None:
    """Refuse a request to a host that is not ours: in production only HUB_BASE_URL's, but for a few."""
    if not settings.current().production or exempt or request.endpoint in _ANY_HOST:
        return
    if request.host.lower() not in _hosts():
        raise Problem(400, "This host is not served here.")


def _hosts() -> tuple[str, ...]:
    parts = urlsplit(settings.current().base_url)
    return (parts.netloc.lower(), (parts.hostname or "").lower()) if parts.port in (None, 443) else (parts.netloc,)


def _origins() -> tuple[str, ...]:
    now = settings.current()
    parts = urlsplit(now.base_url)
    ours = f"{parts.scheme}://{parts.netloc}".lower()
    return (ours,) if now.production else (ours, request.host_url.rstrip("/"))


def _finish(response: Response) -> Response:
    for name, value in fixed_headers().items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", policy(g.get("csp_nonce")))
    return response
