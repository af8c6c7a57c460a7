"""What each simulated API answers, family by family."""

from __future__ import annotations

from collections.abc import Mapping

from wechat.simulator.api import components, logins, mass, menus, messages, ops, qrcodes, tags, templates, tokens, users
from wechat.simulator.api.calls import Call, Document, Page, Route, read_json
from wechat.simulator.errors import ApiError
from wechat.simulator.world import World, now

ROUTES: Mapping[str, Route] = {
    **tokens.ROUTES,
    **components.ROUTES,
    **users.ROUTES,
    **messages.ROUTES,
    **templates.ROUTES,
    **mass.ROUTES,
    **logins.ROUTES,
    **menus.ROUTES,
    **qrcodes.ROUTES,
    **ops.ROUTES,
    **tags.ROUTES,
}

__all__ = ["ROUTES", "Call", "Document", "Page", "Route", "answer"]


def answer(world: World, method: str, path: str, query: Mapping[str, str], raw: bytes) -> Document | Page:
    """Return the answer to one call; raise ApiError for a refusal."""
    if path not in ROUTES:
        raise ApiError(40066)
    route = ROUTES[path]
    if method != route.method:
        raise ApiError(43002 if route.method == "POST" else 43001)
    fields = query if method == "GET" else read_json(raw) if route.json else {}
    call = Call(path, query, fields, raw)
    with world.lock:
        account = route.caller(world, call)
        world.quota.use(account.appid, path, now())
        if route.official and not account.official:
            raise ApiError(48001)
        return route.handle(world, account, call)
