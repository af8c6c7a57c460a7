"""Refusing a group file: every mistake, with its line, its path and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.group.service.exporting import Slugs
from hub.web.groupfile import GroupFileError, checking, demo, loading

SAMPLE = (Path(__file__).parent.parent / "data" / "group.yaml").read_text("utf-8")
EMPTY = Slugs(False, frozenset(), frozenset(), frozenset(), frozenset())
WEBINAR = "{slug: webinar, name: 示例研讨会, starts_at: 2030-03-20T14:00:00+08:00, bu: power, touchpoint: minisite}"
FULL = f"{SAMPLE}events:\n  - {WEBINAR}\n"


def mistakes(text: str, environ: dict[str, str] | None = None, known: Slugs = EMPTY) -> list[str]:
    try:
        checking.check(loading.load(text), known, environ or {})
    except GroupFileError as error:
        return str(error).split("\n")
    return []


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.split("\n"), 1) if part in line)


@pytest.mark.parametrize("text", [SAMPLE, FULL, demo()])
def test_the_samples_hold_no_mistake(text: str) -> None:
    assert mistakes(text) == []


CASES = [
    ("timezone: Asia/Shanghai", "timezone: Asia/Shangha", "group.timezone", 'did you mean "Asia/Shanghai"?'),
    ("slug: acme,", "slug: Acme,", "group.slug", "must be a short name of small letters, digits and \"-\""),
    ("slug: acme, name", "slug: acme, nam", "group.nam", 'expected slug, name, timezone; did you mean "name"?'),
    ("legal_entities:", "legal_entitys:", "legal_entitys", 'did you mean "legal_entities"?'),
    ("slug: main, legal_entity: acme-cn", "slug: main, legal_entity: acme-c", "open_platforms[0].legal_entity",
     "there is no legal entity 'acme-c'; did you mean \"acme-cn\"?"),
    ("name: 能源, legal_entity: acme-cn", "name: 能源, legal_entity: x", "business_units[1].legal_entity", "there is"),
    ("{slug: power, name: 能源, ", "{slug: automation, name: 能源, ", "business_units[1].slug", "stands on line 7"),
    ("circulation: shared", "circulation: share", "business_units[1].circulation", "must be isolated or shared"),
    ("hours: 24", "hours: 0", "business_units[1].accept_within_hours", "must be a whole number from 1 to 8,760"),
    ("appid: wx7a10c3e5d2f49b18", "appid: wx7a10c3e5d2f49b1", "accounts[0].appid", "must be \"wx\" and 16 digits"),
    ("gh_9f1c0aa35d21", "9f1c0aa35d21", "accounts[0].original_id", "must be \"gh_\" and 12 digits"),
    ("kind: service ", "kind: servce ", "accounts[0].kind", 'did you mean "service"?'),
    ("open_platform: main", "open_platform: man", "accounts[0].open_platform", "there is no open platform 'man'"),
    ("mode: safe", "mode: save", "accounts[0].mode", "must be plain, compatible or safe, this is 'save'"),
    ("token: hubtoken1", "token: h1", "accounts[0].token", "must be 3 to 32 letters and digits, this one has 2"),
    ("9ABCDEFG", "9ABCDEF", "accounts[0].aes_key", "must be 43 letters and digits, this one has 42"),
    ("    aes_key: abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG\n", "", "accounts[0].aes_key", "is missing"),
    ("secret: 0123456789abcdef0123456789abcdef", "secret: 0123", "accounts[0].secret", "this one has 4"),
    ("kind: site", "kind: service", "touchpoints[0].kind", "belongs under accounts"),
    ("mql_at: 60", "mql_at: 0", "scoring.mql_at", "must be a whole number from 1"),
    ("name: 下载资料", "name: 关注", "scoring.rules[2].name", "'关注' stands on line"),
    ("when: {activity: download}", "when: {activty: download}", "scoring.rules[2].when", 'did you mean "activity"?'),
    ("when: {activity: download}", "when: {activity: download, within: 7d}", "scoring.rules[2].when.within", "no"),
    ("when: {activity: download}", "when: {not: {field: scor, gt: 1}}", "scoring.rules[2].when.not.field",
     'did you mean "score"?'),
    ("points: 20", "points: many", "scoring.rules[2].points", "must be a whole number"),
    ("once: true", "once: yes", "scoring.rules[0].once", "must be true or false, this is 'yes'"),
    ("points: 20, per_day: 2", "points: 20, per_day: -2", "scoring.rules[2].per_day", "must be a whole number from 1"),
    ("to: automation", "to: automaton", "routing.rules[0].to", 'did you mean "automation"?'),
    ("starts_with: auto.", "start_with: auto.", "routing.rules[0].when.all[1]", 'did you mean "starts_with"?'),
    ("in: [power, energy]", "in: power", "routing.rules[1].when.in", "expected a list, found a text"),
    ("fallback: power", "fallback: nobody", "routing.fallback", "there is no business unit 'nobody'"),
    ("name: 能源兴趣", "name: 自动化询价", "routing.rules[1].name", "stands on line"),
    ("bu: power", "bu: powr", "events[0].bu", 'there is no business unit \'powr\'; did you mean "power"?'),
    ("touchpoint: minisite", "touchpoint: x", "events[0].touchpoint", "there is no touchpoint 'x'"),
    ("2030-03-20T14:00:00+08:00", "2030-03-20", "events[0].starts_at", "offset"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "path", "expected"), CASES)
def test_a_mistake_names_its_line_its_path_and_what_was_expected(
    right: str, wrong: str, path: str, expected: str
) -> None:
    assert FULL.count(right) == 1
    text = FULL.replace(right, wrong)
    told = [line for line in mistakes(text) if f": {path}: " in line]
    assert len(told) == 1
    assert expected in told[0]
    place = line_of(FULL, right if wrong else "appid:")  # what is missing is told where the entry begins
    assert told[0].startswith(f"line {place}: ")


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = FULL
    for right, wrong in (
        ("slug: acme,", "slug: A,"),
        ("kind: service ", "kind: s "),
        ("fallback: power", "fallback: x"),
    ):
        text = text.replace(right, wrong)
    text = text.replace("touchpoints:", "touchpoint:").replace(", touchpoint: minisite", "")
    paths = [line.split(": ")[1] for line in mistakes(text)]
    assert paths == ["group.slug", "accounts[0].kind", "touchpoint", "routing.fallback"]


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("accounts:", "line 2: accounts: is empty"),
        ("accounts: {a: 1}", "line 2: accounts: must be a list, this is a mapping"),
        ("accounts:\n  - one", "line 3: accounts[0]: must hold keys and values, this is a text"),
        ("scoring: [1]", "line 2: scoring: must hold keys and values, this is a list"),
        ("scoring: {mql_at: 1, rules: x}", "line 2: scoring.rules: must be a list, this is a text"),
        ("routing: {rules: [], fallback: [x]}", "line 2: routing.fallback: must be a text in quotes, this is a list"),
        (
            "legal_entities:\n  - slug: a\n  - slug: b\n    name: x",
            "line 3: legal_entities[0].name: is missing: it is required",
        ),
        ("business_units:\n  - &x {slug: a}\n  - *x", "line 4: business_units[1]: an alias (*)"),
    ],
)
def test_a_section_of_another_shape_is_told_and_breaks_nothing(section: str, expected: str) -> None:
    text = f"group: {{slug: acme, name: 示例集团, timezone: Asia/Shanghai}}\n{section}\n"
    assert any(line.startswith(expected) for line in mistakes(text))


@pytest.mark.parametrize("text", ["", "just words", "- a list", "12"])
def test_a_file_without_sections_is_refused(text: str) -> None:
    assert mistakes(text)[0].startswith("line 1: the file must hold sections such as group, legal_entities")


def test_only_the_first_file_must_say_who_the_group_is() -> None:
    text = "touchpoints:\n  - {slug: booth, kind: offline, name: 展台}\n"
    assert mistakes(text) == ["line 1: group: is missing: the first file that is applied says who the group is"]
    known = Slugs(True, frozenset(), frozenset(), frozenset(), frozenset())
    assert mistakes(text, known=known) == []


def test_names_of_earlier_files_may_be_used() -> None:
    text = "routing: {rules: [], fallback: power}\nopen_platforms: [{slug: main, legal_entity: one}]\n"
    known = Slugs(True, frozenset({"one"}), frozenset(), frozenset({"power"}), frozenset())
    assert mistakes(text, known=known) == []


SECRET_LINE = "    secret: 0123456789abcdef0123456789abcdef"


def with_secret(written: str) -> str:
    return SAMPLE.replace(SECRET_LINE, f"    secret: {written}")


def test_a_secret_may_come_from_the_environment() -> None:
    document = loading.load(with_secret("${THE_SECRET}"))
    data = checking.check(document, EMPTY, {"THE_SECRET": "f" * 32})
    assert data["accounts"][0]["secret"] == "f" * 32


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("${THE_SECRET}", "the environment has no THE_SECRET: set it"),
        ("${EMPTY}", "the environment has no EMPTY: set it"),
        ("${SHORT}", "must be 32 letters and digits, this one has 5"),
        ("x${SHORT}", "must be 32 letters and digits, this one has other characters"),
        ("${the-secret}", "must be ${NAME} and nothing more"),
        ("$SHORT", "must be ${NAME} and nothing more"),
    ],
)
def test_a_secret_that_the_environment_cannot_give_is_a_mistake_on_its_line(written: str, expected: str) -> None:
    text = with_secret(written)
    told = mistakes(text, {"EMPTY": "", "SHORT": "abcde"})
    assert len(told) == 1
    assert told[0].startswith(f"line {line_of(text, 'secret:')}: accounts[0].secret: {expected}")
    assert "abcde" not in told[0]


def test_the_environment_reaches_secrets_only() -> None:
    document = loading.load(SAMPLE.replace("name: 示例集团服务号", "name: ${HOME}"))
    assert checking.check(document, EMPTY, {"HOME": "x"})["accounts"][0]["name"] == "${HOME}"
