"""How long every console page and every GET of the API takes among a crowd, asked through the real application."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import click
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from bench.crowding.place import Stage
from bench.pages.cases import Case, cases
from hub.group import service as group
from hub.group.service import sessions, users
from hub.kernel.access import ADMIN, BU, BU_USERS, KEY_ROLES, OPERATOR, PUBLIC, TOUCHPOINT, USER_ROLES
from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from hub.web.access import allowed, cookie_name
from hub.web.app import create_app

_LEFT = {
    "static",
    "bootstrap.static",
    "event_pages.static",
    "login.link",
    "joining.show",
    "oidc.start",
    "oidc.callback",
    "wechat.verify",
}
"""Endpoints that are no pages: files, links that work once, the identity provider's and WeChat's ways in."""
_ORDER = (*USER_ROLES, ADMIN, BU, TOUCHPOINT, OPERATOR, PUBLIC)
_STATUS = {200, 302, 303}


class NotAnswered(Exception):
    """A page did not answer as it should."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold the seconds that one route took in one case; none when nobody knows how to ask it."""

    rule: str
    what: str
    budget: bool
    times: tuple[float, ...]


def measure(stage: Stage, rounds: int) -> list[Asked]:
    """Ask every page and every GET of the API `rounds` times in every case, after one time that does not count."""
    app = create_app()
    clients = _Clients(app, stage)
    asked = list(plan(app, cases(stage)))
    found = []
    with click.progressbar(asked, label=f"{len(asked)} ways to ask", file=click.get_text_stream("stderr")) as bar:
        for rule, case in bar:
            times = () if case is None else _times(clients.of(case.caller), case, rounds)
            found.append(Asked(rule, case.what if case else "", case.budget if case else True, times))
    return found


def plan(app: Flask, known: Mapping[str, list[Case]]) -> Iterator[tuple[str, Case | None]]:
    """Yield (route, case) for every GET there is; a route without parameters needs no case of its own."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if "GET" not in (rule.methods or ()) or rule.endpoint in _LEFT:
            continue
        for case in known.get(rule.endpoint) or [_plain(app, rule)]:
            yield rule.rule, case


def _plain(app: Flask, rule: Rule) -> Case | None:
    may = allowed(app, rule.endpoint) or {PUBLIC}
    return None if rule.arguments else Case("", next(role for role in _ORDER if role in may), (rule.rule,))


def _times(client: FlaskClient, case: Case, rounds: int) -> tuple[float, ...]:
    times = []
    for n in range(-1, max(rounds, len(case.paths))):
        path = case.paths[n % len(case.paths)]
        started = time.perf_counter()
        answer = client.get(path)
        times.append(time.perf_counter() - started)
        if answer.status_code not in _STATUS:
            raise NotAnswered(f"{path}: {answer.status}: {answer.text[:300]}")
    return tuple(times[1:])


class _Clients:
    """Make a browser that is signed in, or a program with a key, for each kind of caller."""

    def __init__(self, app: Flask, stage: Stage) -> None:
        self._app, self._unit, self._made = app, stage.units[0][1], dict[str, FlaskClient]()

    def of(self, caller: str) -> FlaskClient:
        """Return the client of a role."""
        if caller not in self._made:
            self._made[caller] = self._make(caller)
        return self._made[caller]

    def _make(self, caller: str) -> FlaskClient:
        client = self._app.test_client()
        if caller in KEY_ROLES:
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self._key(caller)}"
        elif caller in USER_ROLES:
            client.set_cookie(cookie_name(), self._session(caller))
        return client

    def _key(self, role: str) -> str:
        owner = {BU: {"bu": self._unit}, TOUCHPOINT: {"touchpoint": "minisite"}}.get(role, {})
        with transaction() as session:
            return group.create_key(session, name=f"bench {new_id()}", **owner)

    def _session(self, role: str) -> str:
        unit = self._unit if role in BU_USERS else None
        with transaction() as session:
            made = users.create_user(
                session, None, email=f"{new_id()}@example.com", role=role, bu=unit, name="示例用户"
            )
            return sessions.open_session(session, made.id)
