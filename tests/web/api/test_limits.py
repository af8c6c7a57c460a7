"""Rate limits by key: told in every answer, kept in Redis, and kept without it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from hub.group import service as group
from hub.kernel import queue
from hub.kernel.db import transaction
from hub.web.app import create_app
from tests.sample import APPID, apply_sample
from tests.web.databases import environment


@pytest.fixture
def limited(clean: Engine) -> Iterator[FlaskClient]:
    """Yield a client of an application that allows ten requests a minute."""
    apply_sample()
    with environment(HUB_API_RATE="10"):
        yield create_app().test_client()


def key(name: str = "k", **owner: str) -> dict[str, str]:
    with transaction() as session:
        return {"Authorization": f"Bearer {group.create_key(session, name=name, **owner)}"}


def test_a_key_has_its_share_and_another_has_its_own(limited: FlaskClient) -> None:
    first, second = key(bu="power"), key(bu="power")
    answers = [limited.get("/api/v1/leads", headers=first) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert [answers[0].headers[f"RateLimit-{name}"] for name in ("Limit", "Remaining")] == ["10", "9"]
    assert 1 <= int(answers[0].headers["RateLimit-Reset"]) <= 61
    refused = answers[-1]
    assert (refused.mimetype, refused.get_json()["type"]) == (
        "application/problem+json",
        "urn:hub:problem:too-many-requests",
    )
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert limited.get("/api/v1/leads", headers=second).status_code == 200


def test_claims_have_a_smaller_share(limited: FlaskClient) -> None:
    headers = key(bu="power")
    codes = [limited.post("/api/v1/leads/claims", json={"limit": 1}, headers=headers).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert limited.get("/api/v1/leads", headers=headers).status_code == 200


def test_pushes_and_probes_and_pages_are_never_limited(limited: FlaskClient) -> None:
    assert {limited.post(f"/wechat/callback/{APPID}", data=b"x").status_code for _ in range(30)} == {400}
    assert {limited.get("/healthz").status_code for _ in range(30)} == {200}
    assert {limited.get("/api/v1/docs").status_code for _ in range(15)} == {200}


def test_without_redis_each_process_counts_for_itself(clean: Engine) -> None:
    apply_sample()
    headers = key(bu="power")
    with environment(HUB_API_RATE="5", HUB_REDIS_URL="redis://127.0.0.1:1/0"):
        queue.forget()
        client = create_app().test_client()
        codes = [client.get("/api/v1/leads", headers=headers).status_code for _ in range(7)]
    queue.forget()
    assert codes == [200] * 5 + [429] * 2


def test_limits_can_be_switched_off(clean: Engine) -> None:
    apply_sample()
    headers = key(bu="power")
    client = create_app().test_client()
    answers = [client.get("/api/v1/leads", headers=headers) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit-Limit" not in answers[0].headers
