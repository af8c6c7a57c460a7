"""Every sentence the API says is in the catalogue, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from marshmallow import Schema, fields, validate

import bu_routing.schemas
import event_hub.schemas
import hub.group.schemas
import hub.pool.schemas
import wechat.schemas.entry
import wechat.schemas.sends
from hub.kernel.http import Strict
from hub.web.api.languages import translated
from hub.web.api.messages import CHINESE, DETAILS, SUMMARIES, TITLES
from hub.web.problems import KINDS
from tests.web.api.seeded import Seeded

ROOT = Path(__file__).parents[3]
HAN = re.compile("[\u4e00-\u9fff]")
SAYING = {
    "Problem": 1,
    "_wrong": 2,
    "_unknown": 2,
    "NotAllowed": 0,
    "WrongState": 0,
    "HeldByAnother": 0,
    "LeaseOver": 0,
    "PurposeRefused": 0,
    "KeyNotRotatable": 0,
    "_Refused": 0,
    "ContentRefused": 1,
}
"""Who says something to a caller of the API -> which of its arguments that is."""
SOURCES = (
    "hub/kernel/http.py",
    "hub/kernel/blueprints.py",
    "hub/group/views.py",
    "hub/group/service/keychain.py",
    "hub/pool/views/touchpoints.py",
    "hub/pool/views/people.py",
    "hub/pool/schemas/intake.py",
    "wechat/views/oauth.py",
    "wechat/views/entry.py",
    "wechat/views/refusals.py",
    "hub/web/access.py",
    "hub/web/security.py",
    "hub/web/api/idempotency.py",
    "hub/web/api/shell.py",
    "event_hub/views/api.py",
    "bu_routing/views.py",
    "wechat/views/sends.py",
    "wechat/rules/content.py",
    "wechat/service/sends.py",
    "bu_routing/rules/states.py",
    "bu_routing/service/feedback.py",
    "bu_routing/service/revealing.py",
    "privacy/service/revealing.py",
)
VALIDATED = (
    "hub/pool/schemas/intake.py",
    "hub/pool/schemas/people.py",
    "bu_routing/schemas.py",
    "wechat/schemas/entry.py",
)
NOT_OVER_THE_API = {
    "There is no such 7.",  # its gap is tried where it is filled
    "items[7].7: 7",
    "7.7: 7",
    "Another rule has this name already.",  # the group file
}
ROOMS = (
    bu_routing.schemas,
    event_hub.schemas,
    hub.group.schemas,
    hub.pool.schemas,
    wechat.schemas.entry,
    wechat.schemas.sends,
)


def said(node: ast.expr) -> str | None:
    """Return the sentence in an expression, with 7 in its gaps."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else gap(part) for part in node.values)
    return None


def gap(part: ast.expr) -> str:
    """Return what stands in a gap: in quotes where the source writes it so."""
    return "'7'" if isinstance(part, ast.FormattedValue) and part.conversion == ord("r") else "7"


def sentences() -> Iterator[tuple[str, str]]:
    """Yield (place, sentence) of whatever the sources say to a caller."""
    for names, find in ((SOURCES, told), (VALIDATED, refused)):
        for name in names:
            for node in ast.walk(ast.parse((ROOT / name).read_text("utf-8"))):
                yield from ((f"{name}:{getattr(node, 'lineno', 0)}", text) for text in find(node))


def told(node: ast.AST) -> list[str]:
    """Return what a call of somebody who says something says, or what a message is set to."""
    text: str | None = None
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "not_found":
        what = said(node.args[0])
        return [f"There is no such {what}."] if what and what != "7" else []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING:
        place = SAYING[node.func.id]
        text = said(node.args[place]) if len(node.args) > place else None
    elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("message", "_MALFORMED"):
        text = said(node.value)
    return [text] if text else []


def refused(node: ast.AST) -> list[str]:
    """Return every sentence in the raising of an exception."""
    if not isinstance(node, ast.Raise):
        return []
    parts = list(ast.walk(node))
    inner = {part for whole in parts if isinstance(whole, ast.JoinedStr) for part in whole.values}
    texts = [said(part) for part in parts if isinstance(part, ast.JoinedStr | ast.Constant) and part not in inner]
    return [text for text in texts if text and " " in text]


def test_whatever_the_sources_say_has_its_chinese() -> None:
    found = [(at, text) for at, text in sentences() if text not in NOT_OVER_THE_API]
    assert len(found) > 30
    assert [(at, text) for at, text in found if not HAN.search(translated(text) or "")] == []


@pytest.mark.parametrize("status", sorted(KINDS))
def test_every_status_has_a_title_a_kind_and_a_sentence(status: int) -> None:
    assert HAN.search(TITLES[status][1])
    assert not HAN.search(TITLES[status][0])
    assert status not in DETAILS or HAN.search(translated(DETAILS[status]) or "")


def test_whatever_marshmallow_says_of_our_fields_has_its_chinese() -> None:
    said = {"Unknown field.", "Invalid input type.", "Not a valid datetime.", "Not a valid aware datetime."}
    schemas = [one for room in ROOMS for one in vars(room).values() if isinstance(one, type)]
    taken = [one for one in schemas if issubclass(one, Schema) and one.__name__.endswith(("Body", "Query"))]
    for field in (field for schema in taken for field in schema().fields.values()):
        said |= {text for text in field.error_messages.values() if "{" not in text}
    assert len(said) > 10
    assert [text for text in said if not HAN.search(translated(text) or "")] == []


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (validate.Range(1, 9), 10),
        (validate.Range(min=1), 0),
        (validate.Range(max=1), 2),
        (validate.Length(1, 9), ""),
        (validate.Length(max=1), "ab"),
        (validate.Length(min=1), ""),
        (validate.OneOf(["a", "b"]), "c"),
        (validate.Regexp("a"), "b"),
    ],
)
def test_whatever_its_validators_say_has_its_chinese(check: validate.Validator, value: object) -> None:
    schema = Strict.from_dict({"x": fields.Raw(validate=check)})()
    (message,) = schema.validate({"x": value})["x"]
    assert HAN.search(translated(message) or ""), message


def test_a_gap_carries_over_what_was_in_it() -> None:
    assert translated("Must be one of: a, b.") == "须为以下之一：a, b。"
    assert translated("items[3].at: This lies in the future.") == "items[3].at：时间在未来。"
    assert translated("No such sentence.") is None


def test_no_sentence_of_the_catalogue_lost_a_gap() -> None:
    assert [english for english, chinese in CHINESE.items() if english.count("{}") != chinese.count("{}")] == []


def test_every_operation_has_its_chinese_summary(seeded: Seeded) -> None:
    described = seeded.app.test_client().get("/api/v1/openapi.json").get_json()
    names = {
        one["operationId"] for item in described["paths"].values() for one in item.values() if "operationId" in one
    }
    assert names == SUMMARIES.keys()


@pytest.mark.parametrize(
    ("asked", "tag"),
    [
        (None, "zh-CN"),
        ("", "zh-CN"),
        ("*", "zh-CN"),
        ("zh", "zh-CN"),
        ("zh-TW,en;q=0.5", "zh-CN"),
        ("en-GB,zh;q=0.5", "en"),
        ("zh;q=0.2,en", "en"),
        ("fr", "en"),
        ("nonsense;;q=x", "zh-CN"),
    ],
)
def test_a_problem_is_in_the_language_asked_for(seeded: Seeded, asked: str | None, tag: str) -> None:
    headers = {} if asked is None else {"Accept-Language": asked}
    answer = seeded.call("bu", "GET", "/leads?limit=0&colour=red", **headers)
    problem = answer.get_json()
    assert (answer.status_code, problem["type"]) == (422, "urn:hub:problem:invalid")
    if asked != "nonsense;;q=x":
        assert answer.headers["Content-Language"] == tag
        assert bool(HAN.search(str(problem))) == (tag == "zh-CN")
    assert "Accept-Language" in answer.headers["Vary"]
