"""The shell around every route: who may call, what an error looks like, which headers go with an answer."""

from __future__ import annotations

import json
import re
import time
import warnings
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from hub.group import service as group
from hub.kernel import access as declared
from hub.kernel import clock, spool
from hub.kernel.access import ADMIN, BU, OPERATOR, PUBLIC, TOUCHPOINT
from hub.kernel.db import transaction
from hub.pool import service as pool
from hub.web import access, security
from hub.web.app import MAX_BODY, create_app
from privacy.service import open_sealed
from tests.sample import APPID, apply_sample, sim_account
from tests.web.databases import environment
from wechat.models import Callback
from wechat.service import account_keys, forget_accounts
from wechat.simulator import push

DEAD = "postgresql+psycopg://hub@127.0.0.1:1/hub"
NOBODY = "01900000-0000-7000-8000-000000000000"
OWNERS = {BU: {"bu": "automation"}, TOUCHPOINT: {"touchpoint": "minisite"}, ADMIN: {}}


@pytest.fixture
def app(clean: Engine) -> Flask:
    """Return the whole application on the sample group."""
    apply_sample()
    return create_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return somebody without a key."""
    return app.test_client()


@pytest.fixture
def keys(app: Flask) -> dict[str, dict[str, str]]:
    """Return the headers of one key per role."""
    with transaction() as session:
        made = {role: group.create_key(session, name="test", **owner) for role, owner in OWNERS.items()}
    return {role: {"Authorization": f"Bearer {key}"} for role, key in made.items()}


def routes(app: Flask) -> Iterator[tuple[Rule, frozenset[str]]]:
    """Yield every route of our own with the roles that its view declares."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in ("static", "api-docs.openapi_json") and not rule.endpoint.endswith(".static"):
            yield rule, getattr(app.view_functions[rule.endpoint], "allowed", frozenset())


def call(client: FlaskClient, rule: Rule, headers: dict[str, str] | None = None) -> TestResponse:
    """Call a route with something in each of its gaps, and nothing in its body."""
    path = re.sub(r"<uuid:\w+>", NOBODY, rule.rule.replace("<appid>", APPID))
    for name in rule.arguments:
        path = path.replace(f"<{name}>", "x")
    method = min((rule.methods or set()) - {"OPTIONS", "HEAD"})
    body = {"json": {}} if method == "POST" and path.startswith("/api/") else {}
    return client.open(path, method=method, headers=headers, **body)


def assert_problem(answer: TestResponse, status: int) -> dict[str, object]:
    """Assert that an answer is a problem document of that status, and return it."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    problem: dict[str, object] = json.loads(answer.data)
    assert problem["status"] == status
    assert {"type", "title", "detail"} <= problem.keys()
    return problem


def test_every_route_says_who_may_call_it(app: Flask) -> None:
    found = list(routes(app))
    assert len(found) > 20
    for rule, allowed in found:
        assert allowed, rule
        assert allowed <= declared.ROLES, rule
        described = rule.endpoint in ("api.openapi_json", "api.docs")
        assert described or not rule.rule.startswith("/api/") or PUBLIC not in allowed, rule


def test_a_route_that_says_nothing_keeps_the_app_from_starting() -> None:
    app = Flask("test")

    @app.get("/somewhere")
    def view() -> str:
        return ""

    with pytest.raises(access.UndeclaredRoute, match="/somewhere"):
        access.install(app)


def test_nobody_may_be_allowed_by_mistake() -> None:
    for roles in ((), ("everybody",)):
        with pytest.raises(ValueError, match="allow"):
            declared.allow(*roles)


def test_without_a_valid_key_the_api_answers_nobody(app: Flask, client: FlaskClient) -> None:
    shapes = (None, "Bearer", "Bearer hub_test_nonsense", "Basic eDp5", f"Bearer hub_test_{'x' * 47}", "Bearer \u00e9")
    for rule, allowed in routes(app):
        if not allowed & {PUBLIC, OPERATOR}:
            for shape in shapes:
                answer = call(client, rule, {"Authorization": shape} if shape else None)
                assert_problem(answer, 401)
                assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_of_the_wrong_role_is_refused_everywhere(
    app: Flask, client: FlaskClient, keys: dict[str, dict[str, str]]
) -> None:
    for rule, allowed in routes(app):
        if allowed & {PUBLIC, OPERATOR}:
            continue
        for role, headers in keys.items():
            answer = call(client, rule, headers)
            assert (answer.status_code == 403) == (role not in allowed), (rule, role)
            if role not in allowed:
                assert_problem(answer, 403)


def test_a_revoked_and_an_expired_key_are_no_keys(client: FlaskClient, keys: dict[str, dict[str, str]]) -> None:
    for column in ("revoked_at", "expires_at"):
        assert client.get("/api/v1/leads", headers=keys[BU]).status_code == 200
        with transaction() as session:
            session.execute(text(f"UPDATE api_key SET {column} = now() - interval '1 second' WHERE role = 'bu'"))
        assert_problem(client.get("/api/v1/leads", headers=keys[BU]), 401)
        with transaction() as session:
            session.execute(text("UPDATE api_key SET revoked_at = NULL, expires_at = NULL"))


def test_in_production_only_this_machine_and_admins_see_the_numbers(
    app: Flask, client: FlaskClient, keys: dict[str, dict[str, str]]
) -> None:
    proxied = {"X-Forwarded-For": "203.0.113.7"}
    operators = [rule.rule for rule, allowed in routes(app) if OPERATOR in allowed]
    assert {"/metrics", "/live"} <= set(operators)
    with environment(HUB_ENV="production", HUB_BASE_URL="https://hub.example.com"):
        for path in operators:
            assert client.get(path).status_code == 200
            assert_problem(client.get(path, headers=proxied), 401)
            assert_problem(client.get(path, headers=proxied | keys[BU]), 403)
            assert_problem(client.get(path, environ_base={"REMOTE_ADDR": "203.0.113.7"}), 401)
            assert client.get(path, headers=proxied | keys[ADMIN]).status_code == 200


def test_what_is_not_there_and_what_is_not_done_are_problems(
    client: FlaskClient, keys: dict[str, dict[str, str]]
) -> None:
    for path in ("/api/v1/nothing", "/nothing", "/api/v1/leads/x/nothing"):
        assert_problem(client.post(path, headers=keys[BU]), 404)
    answer = client.delete("/api/v1/leads", headers=keys[BU])
    assert_problem(answer, 405)
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"null", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"1", "application/json", 422),
        (b'{"limit": 1}', "text/plain", 415),
        (b"", "application/json", 422),
    ],
)
def test_a_malformed_body_is_the_callers_mistake(
    client: FlaskClient, keys: dict[str, dict[str, str]], body: bytes, content_type: str, status: int
) -> None:
    answer = client.post("/api/v1/leads/claims", data=body, content_type=content_type, headers=keys[BU])
    assert_problem(answer, status)


def test_a_body_that_is_too_large_is_refused_unread(client: FlaskClient, keys: dict[str, dict[str, str]]) -> None:
    large = b'{"limit": 1' + b" " * MAX_BODY + b"}"
    claims = client.post("/api/v1/leads/claims", data=large, content_type="application/json", headers=keys[BU])
    assert_problem(claims, 413)
    assert client.post(f"/wechat/callback/{APPID}", data=large).status_code in {403, 413}


@pytest.mark.parametrize(
    ("role", "path", "body"),
    [
        (BU, "/leads/claims", {"limit": 1, "extra": "v-4711"}),
        (BU, "/leads/x/rejection", {"reason": "no_need", "extra": "v-4711"}),
        (BU, "/leads/x/progress", {"state": "won", "extra": "v-4711"}),
        (BU, "/leads/x/contact", {"purpose": "call", "extra": "v-4711"}),
        (TOUCHPOINT, "/activities", {"items": [], "extra": "v-4711"}),
        (TOUCHPOINT, "/registrations", {"extra": "v-4711"}),
        (TOUCHPOINT, "/events/x/check-ins", {"code": "X", "extra": "v-4711"}),
    ],
)
def test_a_field_that_is_not_known_is_named_and_its_value_is_not(
    client: FlaskClient, keys: dict[str, dict[str, str]], role: str, path: str, body: dict[str, object]
) -> None:
    answer = client.post(f"/api/v1{path}", json=body, headers=keys[role])
    problem = assert_problem(answer, 422)
    assert "extra" in dict(problem["errors"])  # type: ignore[call-overload]
    assert "v-4711" not in answer.text


def test_a_query_that_is_not_known_is_named(client: FlaskClient, keys: dict[str, dict[str, str]]) -> None:
    problem = assert_problem(client.get("/api/v1/leads?colour=red", headers=keys[BU]), 422)
    assert problem["errors"] == {"colour": ["未知字段。"]}


def test_every_answer_carries_the_headers(app: Flask, client: FlaskClient, keys: dict[str, dict[str, str]]) -> None:
    answers = [call(client, rule) for rule, _ in routes(app)]
    answers += [
        client.get(path)
        for path in ("/nothing", "/api/v1/openapi.json", "/static/live.css", "/bootstrap/static/css/bootstrap.min.css")
    ]
    for answer in answers:
        path = answer.request.path
        for name, value in security.HEADERS.items():
            if not (name == "Cache-Control" and "/static/" in path):
                assert answer.headers[name] == value, path
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'"), path
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "Strict-Transport-Security" not in answer.headers
        sets = path in ("/live", "/logout", "/login/oidc") or path.startswith(("/events/", "/login", "/invitations/"))
        assert sets or "Set-Cookie" not in answer.headers, path
        answer.close()


def test_without_a_database_the_api_says_try_again(
    client: FlaskClient, keys: dict[str, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    with environment(HUB_DATABASE_URL=DEAD):
        answer = client.get("/api/v1/leads", headers=keys[BU])
        assert_problem(answer, 503)
        assert answer.headers["Retry-After"] == "2"
        assert client.get("/events/none").status_code == 503
        forget_accounts()
        assert client.post(f"/wechat/callback/{APPID}", data=b"x").status_code == 503
        ready = client.get("/readyz")
        assert (ready.status_code, ready.get_json()["checks"]["database"]) == (503, "OperationalError")
        assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/api/v1/leads", headers=keys[BU]).status_code == 200
    assert "127.0.0.1:1" not in capsys.readouterr().err


def test_without_a_database_the_hub_takes_callbacks_all_the_same(client: FlaskClient) -> None:
    account, now = sim_account(), clock.now()
    account_keys(APPID)
    with environment(HUB_DATABASE_URL=DEAD):
        fields = {"ToUserName": account.original_id, "FromUserName": "oExample-While_It_Was_Away1", "MsgType": "text"}
        told = {**fields, "CreateTime": str(int(now.timestamp())), "Content": "canary-4711", "MsgId": "4711"}
        sent = push(f"/wechat/callback/{APPID}", account, told, now=now)
        answer = client.post(sent.url, query_string=sent.query, data=sent.body)
        assert (answer.status_code, answer.data) == (200, b"success")
        ready = client.get("/readyz")
        assert (ready.status_code, ready.get_json()["status"]) == (200, "spooling")
        assert ready.get_json()["checks"]["spool"] == "1 waiting, 0 set aside"
        log = spool.local().directory / "log.sqlite3"
        metrics = client.get("/metrics").text
        assert 'hub_spool_rows{state="waiting"} 1.0' in metrics
        assert "hub_database_up 0.0" in metrics
        assert b"canary" not in log.read_bytes() + log.with_name("log.sqlite3-wal").read_bytes()
    deadline = time.monotonic() + 10
    while spool.local().waiting():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with transaction() as session:
        [row] = session.scalars(select(Callback))
        assert (row.msg_type, row.state) == ("text", "new")
        assert row.sealed_epoch is not None
        assert open_sealed(row.sealed_epoch, row.sealed or b"", context="callback") == b'{"Content":"canary-4711"}'


def test_without_redis_the_hub_is_ready_all_the_same(client: FlaskClient) -> None:
    with environment(HUB_REDIS_URL="redis://127.0.0.1:1/0"):
        ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["status"]) == (200, "ready")
    assert ready.get_json()["checks"] == {"database": "ok", "redis": "ConnectionError", "spool": "ok"}


def test_an_unexpected_error_shows_nothing_of_itself(
    client: FlaskClient,
    keys: dict[str, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("value-4711")

    monkeypatch.setattr(pool, "record_activities", broken)
    item = {"id": "a", "identity": {"visitor_id": "visitor-0001"}, "kind": "login"}
    answer = client.post("/api/v1/activities", json={"items": [item]}, headers=keys[TOUCHPOINT])
    assert_problem(answer, 500)
    logged = capsys.readouterr().err
    for shown in (answer.text, logged):
        assert "value-4711" not in shown
        assert "Traceback" not in shown
    (line,) = [json.loads(line) for line in logged.splitlines() if "unexpected_error" in line]
    assert line["error"] == "RuntimeError"
    assert "test_app.py" in line["path"]


def test_the_probes_answer(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()) == (
        200,
        {"status": "ready", "checks": {"database": "ok", "redis": "ok", "spool": "ok"}},
    )
    metrics = client.get("/metrics")
    assert (metrics.status_code, metrics.mimetype) == (200, "text/plain")
    for name in ("hub_callbacks_total", "hub_callback_seconds_bucket", "hub_work_due_rows", "hub_work_dead_rows"):
        assert name in metrics.text


def test_the_api_describes_itself_whole(clean: Engine) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        app = create_app()
        described = json.loads(app.test_client().get("/api/v1/openapi.json").data)
    assert described["openapi"].startswith("3.1")
    ours = {
        (rule.rule, method)
        for rule, allowed in routes(app)
        if rule.rule.startswith("/api/") and PUBLIC not in allowed
        for method in rule.methods or ()
    }
    for path, method in ours:
        if method not in ("HEAD", "OPTIONS"):
            written = path.replace("<", "{").replace(">", "}")
            assert method.lower() in described["paths"][written], (path, method)
            assert described["paths"][written][method.lower()]["summary"]
    for role in (BU, TOUCHPOINT, ADMIN):
        assert described["components"]["securitySchemes"][f"{role}_key"]["scheme"] == "bearer"
