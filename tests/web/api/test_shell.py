"""The shell around the API's views: bodies, addresses, pages, ETags, its description and its page."""

from __future__ import annotations

import html.parser
import re
from typing import Any

import pytest

from hub.kernel.access import ADMIN, BU, SCOPES, TOUCHPOINT
from hub.web.api.mending import MORE
from tests.web.api.seeded import Seeded

ITEM = '{"id": "a", "identity": {"visitor_id": "visitor-0001"}, "kind": "login", "properties": %s}'


def sent(seeded: Seeded, body: bytes, content_type: str | None = "application/json") -> Any:
    headers = seeded.headers(TOUCHPOINT)
    return seeded.app.test_client().post("/api/v1/activities", data=body, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    "properties",
    [
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"a": 1, "a": 2}',
        '{"a": "\\u0000"}',
        '{"a": "\\\\\\u0000"}',
        '{"a": "\\ud800"}',
        '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
        "{",
    ],
)
def test_json_that_is_none_for_everybody_is_refused(seeded: Seeded, properties: str) -> None:
    answer = sent(seeded, b'{"items": [' + (ITEM % properties).encode() + b"]}")
    assert (answer.status_code, answer.get_json()["type"]) == (400, "urn:hub:problem:malformed")


@pytest.mark.parametrize("properties", ['{"a": "\\\\u0000"}', '{"a": "\\ud83d\\ude00"}', '{"a": 1e3}'])
def test_json_that_only_looks_strange_is_taken(seeded: Seeded, properties: str) -> None:
    assert sent(seeded, b'{"items": [' + (ITEM % properties).encode() + b"]}").status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None, "application/jsonx"])
def test_a_body_that_is_not_declared_as_json_is_refused(seeded: Seeded, content_type: str | None) -> None:
    answer = sent(seeded, b'{"items": []}', content_type)
    assert (answer.status_code, answer.get_json()["type"]) == (415, "urn:hub:problem:not-json")


def test_a_body_over_a_megabyte_is_refused(seeded: Seeded) -> None:
    answer = sent(seeded, b" " * (1024 * 1024 + 1))
    assert (answer.status_code, answer.get_json()["type"]) == (413, "urn:hub:problem:too-large")


@pytest.mark.parametrize(
    "query",
    ["limit=201", "limit=0", "limit=-1", "limit=1e9", "limit=" + "9" * 5000, "cursor=x", "cursor=W10", "state=nowhere"]
    + ["order=score", "colour=red", "limit=%00", "cursor=%ff", "state=%00", "cursor=" + "x" * 1001],
)
def test_a_page_that_cannot_be_is_refused(seeded: Seeded, query: str) -> None:
    answer = seeded.call(BU, "GET", f"/leads?{query}")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.get_json()["errors"]


@pytest.mark.parametrize(
    "position",
    ['["x"]', "[1]", "[null]", "[[]]", '[{"a": 1}]', '[1, "2030-01-01T00:00:00+00:00", "x"]', "[Infinity, 1, 2]"],
)
def test_a_cursor_of_another_list_is_refused(seeded: Seeded, position: str) -> None:
    import base64

    cursor = base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")
    for role, path in (
        (BU, "/leads?"),
        (BU, "/leads?state=queued&order=score&"),
        (ADMIN, "/events?"),
        (ADMIN, "/keys?"),
    ):
        answer = seeded.call(role, "GET", f"{path}cursor={cursor}")
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["cursor"])


@pytest.mark.parametrize(
    "path", ["/leads/%00", "/leads/%ff", "/events/%00/check-ins", "/keys/x", "/leads/" + "x" * 3000]
)
def test_an_address_that_names_nothing_is_a_404(seeded: Seeded, path: str) -> None:
    method, role = ("POST", TOUCHPOINT) if "events" in path else ("DELETE", ADMIN) if "keys" in path else ("GET", BU)
    body = {"code": "x"} if method == "POST" else None
    answer = seeded.call(role, method, path, body)
    assert (answer.status_code, answer.get_json()["type"]) == (404, "urn:hub:problem:not-found")


def test_what_has_not_changed_is_not_sent_again(seeded: Seeded) -> None:
    path = f"/leads/{seeded.ids['lead_id'][0]}"
    first = seeded.call(BU, "GET", path)
    same = seeded.call(BU, "GET", path, **{"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", first.headers["ETag"])
    seeded.call(BU, "POST", "/leads/claims", {"limit": 100})
    changed = seeded.call(BU, "GET", path, **{"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, changed.headers["ETag"] != first.headers["ETag"]) == (200, True)


def test_every_operation_says_which_keys_it_takes_and_what_it_may_answer(seeded: Seeded) -> None:
    document = seeded.app.test_client().get("/api/v1/openapi.json").get_json()
    assert MORE.keys() <= document["components"]["schemas"].keys()
    known = {scope for scopes in SCOPES.values() for scope in scopes}
    for item in document["paths"].values():
        for operation in (one for method, one in item.items() if method != "parameters"):
            for security in operation["security"]:
                ((scheme, scopes),) = security.items()
                assert scheme in document["components"]["securitySchemes"]
                assert set(scopes) <= known
                assert scopes
            assert {"401", "403", "429", "500", "503"} <= operation["responses"].keys()
            assert "default" not in operation["responses"]
    assert not re.search(r"\\\\Z|maxLength\": \d+, \"additional", str(document))


class Page(html.parser.HTMLParser):
    """Note what a page loads, where it leads, and what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag in ("script", "link", "img", "iframe"):
            self.loads += [value or "" for name, value in attrs if name in ("src", "href")]
        assert not any(name.startswith("on") or name == "style" for name, _ in attrs)


@pytest.mark.parametrize("tag", ["zh-CN", "en"])
def test_the_page_shows_every_operation_and_loads_nothing_from_elsewhere(seeded: Seeded, tag: str) -> None:
    client = seeded.app.test_client()
    answer = client.get(f"/api/v1/docs?lang={tag}")
    assert (answer.status_code, answer.mimetype, answer.headers["Content-Language"]) == (200, "text/html", tag)
    page = Page()
    page.feed(answer.text)
    assert page.loads
    for url in page.loads:
        with client.get(url) as loaded:
            assert (url.startswith("/static/"), loaded.status_code) == (True, 200)
    assert not {"script", "style", "iframe"} & set(page.tags)
    document = client.get("/api/v1/openapi.json").get_json()
    for path in document["paths"]:
        assert path in answer.text
    assert ("通用约定" in answer.text) == (tag == "zh-CN")


def test_the_page_speaks_chinese_unless_asked_otherwise(seeded: Seeded) -> None:
    client = seeded.app.test_client()
    assert client.get("/api/v1/docs").headers["Content-Language"] == "zh-CN"
    assert client.get("/api/v1/docs", headers={"Accept-Language": "en"}).headers["Content-Language"] == "en"
