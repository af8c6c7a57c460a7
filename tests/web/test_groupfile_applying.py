"""Applying a group file whole, and writing it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.orm import Session

import bu_routing.service
from hub.group import service as group
from hub.pool.service import scoring
from hub.web.groupfile import GroupFileError, apply, demo, export, writing

SAMPLE = (Path(__file__).parent.parent / "data" / "group.yaml").read_text("utf-8")


def actions(session: Session, text: str, **environ: str) -> set[str]:
    return {change.action for change in apply(session, text, environ)}


@contextmanager
def writes(session: Session) -> Iterator[list[str]]:
    """Collect the statements that write."""
    found: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            found.append(statement)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", see)
    yield found
    session.flush()
    event.remove(connection, "before_cursor_execute", see)


@pytest.mark.parametrize("text", [SAMPLE, demo()])
def test_a_sample_applies_as_it_stands_and_twice_changes_nothing(session: Session, text: str) -> None:
    assert actions(session, text) == {"created"}
    with writes(session) as written:
        assert actions(session, text) == {"left"}
    assert written == []


def test_every_object_of_the_file_is_reported(session: Session) -> None:
    assert [(change.kind, change.slug) for change in apply(session, SAMPLE, {})] == [
        ("group", "acme"),
        ("legal_entity", "acme-cn"),
        ("open_platform", "main"),
        ("business_unit", "automation"),
        ("business_unit", "power"),
        ("account", "wx7a10c3e5d2f49b18"),
        ("touchpoint", "minisite"),
        ("scoring", "v1"),
        ("routing", "v1"),
    ]


def test_the_hub_works_by_what_was_applied(session: Session) -> None:
    apply(session, SAMPLE, {})
    assert group.group_timezone(session) == "Asia/Shanghai"
    assert scoring.current_model(session).mql_at == 60
    routing = bu_routing.service.section(session)
    assert routing is not None
    assert routing["fallback"] == "power"


def test_the_demo_has_every_kind_and_mode(session: Session) -> None:
    apply(session, demo(), {})
    accounts = group.accounts(session)
    assert sorted(account.kind for account in accounts) == ["miniprogram", "service", "service", "subscription"]
    assert sorted(account.mode for account in accounts) == ["compatible", "plain", "safe", "safe"]
    assert {account.open_platform for account in accounts} == {"main"}


def test_a_changed_value_is_reported_alone(session: Session) -> None:
    apply(session, SAMPLE, {})
    changes = apply(session, SAMPLE.replace("name: 能源,", "name: 新能源,").replace("mql_at: 60", "mql_at: 80"), {})
    assert {change.slug for change in changes if change.action != "left"} == {"power", "v2"}


def test_nothing_is_written_when_one_thing_is_wrong(session: Session) -> None:
    with writes(session) as written, pytest.raises(GroupFileError, match=r"^line 35: routing\.fallback: there is no"):
        apply(session, SAMPLE.replace("fallback: power", "fallback: nobody"), {})
    assert written == []


def test_a_file_may_hold_a_part(session: Session) -> None:
    apply(session, SAMPLE, {})
    part = "events: [{slug: webinar, name: 示例研讨会, starts_at: 2030-03-20T14:00:00+08:00, bu: power}]"
    assert actions(session, part) == {"created"}
    assert actions(session, part) == {"left"}


def test_secrets_come_from_this_process_by_default(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_TOKEN", "fromoutside")
    apply(session, SAMPLE.replace("hubtoken1", "${THE_TOKEN}"))
    assert group.accounts(session)[0].token == "fromoutside"


def test_an_export_is_the_file_again(session: Session) -> None:
    apply(session, SAMPLE, {})
    comments_off = [line.split(" #")[0].rstrip() for line in SAMPLE.split("\n")]
    exported = export(session, secrets=True)
    assert exported.replace("    - {name: 能源兴趣, when: ", "    - name: 能源兴趣\n      when: ").replace(
        ", to: power}", "\n      to: power"
    ) == "\n".join(comments_off)


@pytest.mark.parametrize("text", [SAMPLE, demo()])
def test_an_export_applied_changes_nothing(session: Session, text: str) -> None:
    apply(session, text, {})
    exported = export(session, secrets=True)
    assert actions(session, exported) == {"left"}
    assert export(session, secrets=True) == exported


def test_an_export_without_secrets_needs_the_environment(session: Session) -> None:
    apply(session, SAMPLE, {})
    exported = export(session)
    assert "hubtoken1" not in exported
    with pytest.raises(GroupFileError, match="the environment has no WX7A10C3E5D2F49B18_TOKEN") as caught:
        apply(session, exported, {})
    assert len(caught.value.mistakes) == 3
    environ = {
        "WX7A10C3E5D2F49B18_TOKEN": "hubtoken1",
        "WX7A10C3E5D2F49B18_AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        "WX7A10C3E5D2F49B18_SECRET": "0123456789abcdef0123456789abcdef",
    }
    assert actions(session, exported, **environ) == {"left"}


def test_an_empty_hub_exports_nothing(session: Session) -> None:
    assert export(session) == ""


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co", "Zl", "Zp", "Zs")), min_size=1, max_size=12)
SLUGS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)


def some(entry: st.SearchStrategy[dict[str, Any]], key: str = "slug") -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(entry, max_size=3, unique_by=lambda found: str(found[key]))


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the sections of a valid group file."""
    entity = st.fixed_dictionaries({"slug": SLUGS, "name": NAMES})
    entities = [{"slug": "one", "name": "甲"}, *(e for e in draw(some(entity)) if e["slug"] != "one")]
    owner = st.sampled_from([e["slug"] for e in entities])
    bu = st.fixed_dictionaries(
        {"slug": SLUGS, "name": NAMES, "legal_entity": owner},
        optional={"circulation": st.sampled_from(["isolated", "shared"]), "accept_within_hours": st.integers(1, 8760)},
    )
    account = st.fixed_dictionaries(
        {
            "appid": st.from_regex("wx[0-9a-f]{16}", fullmatch=True),
            "original_id": st.from_regex("gh_[0-9a-f]{12}", fullmatch=True),
            "name": NAMES,
            "kind": st.sampled_from(["service", "subscription", "miniprogram"]),
            "mode": st.sampled_from(["plain", "compatible", "safe"]),
            "token": st.from_regex("[A-Za-z0-9]{3,32}", fullmatch=True),
            "aes_key": st.from_regex("[A-Za-z0-9]{43}", fullmatch=True),
            "secret": st.from_regex("[0-9a-f]{32}", fullmatch=True),
        },
        optional={"open_platform": st.just("main")},
    )
    accounts = {a["original_id"]: a for a in draw(some(account, "appid"))}
    point = st.fixed_dictionaries({"slug": SLUGS, "kind": SLUGS, "name": NAMES}, optional={"legal_entity": owner})
    wanted = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
    when = st.sampled_from([{"not": {"activity": "x"}}, {"field": "score", "gte": 1.5}]) | st.builds(
        lambda kind, key: {"any": [{"activity": kind, "key": key}]}, wanted, wanted
    )
    rule = st.fixed_dictionaries(
        {"name": NAMES, "when": when, "points": st.integers(-100, 100)},
        optional={"once": st.booleans(), "per_day": st.integers(1, 9)},
    )
    return {
        "group": {"slug": draw(SLUGS), "name": draw(NAMES), "timezone": "Asia/Shanghai"},
        "legal_entities": entities,
        "open_platforms": [{"slug": "main", "legal_entity": draw(owner)}],
        "business_units": draw(some(bu)),
        "accounts": list(accounts.values()),
        "touchpoints": draw(some(point)),
        "scoring": {"mql_at": draw(st.integers(1, 99)), "rules": draw(some(rule, "name"))},
    }


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(files())
def test_any_file_comes_back_from_its_export(session: Session, sections: dict[str, Any]) -> None:
    with session.begin_nested() as example:
        assert actions(session, writing.write(sections)) == {"created"}
        exported = export(session, secrets=True)
        with writes(session) as written:
            assert actions(session, exported) == {"left"}
        assert written == []
        assert export(session, secrets=True) == exported
        example.rollback()
    session.expire_all()


PLATFORM = """
component_platforms:
  - {slug: group, appid: wxc0ffee1234567890, legal_entity: acme-cn, token: platformtoken,
     aes_key: 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg, secret: "${PLATFORM_SECRET}"}
accounts:
  - {appid: wx00000000000000b1, original_id: gh_0000000000b1, name: 示例分号, kind: subscription, component: group}
"""
SECRET = "fedcba9876543210fedcba9876543210"


def test_a_platform_and_its_accounts_apply_and_come_back(session: Session) -> None:
    assert actions(session, SAMPLE) == {"created"}
    assert actions(session, PLATFORM, PLATFORM_SECRET=SECRET) == {"created"}
    found = group.account(session, "wx00000000000000b1")
    assert found is not None
    assert found.component is not None
    assert (found.component.slug, found.component.secret, found.secret, found.token) == ("group", SECRET, "", "")
    assert found.component.release_check == ("wx570bc396a51b8ff8",)
    assert actions(session, PLATFORM, PLATFORM_SECRET=SECRET) == {"left"}
    for secrets in (True, False):
        written = export(session, secrets=secrets)
        assert (SECRET in written) is secrets
        assert "component_platforms:" in written
        assert "component: group" in written
    assert actions(session, export(session, secrets=True)) == {"left"}


def test_an_account_moves_to_a_platform_and_back_and_keeps_its_own_secrets(session: Session) -> None:
    apply(session, SAMPLE, {})
    apply(session, PLATFORM, {"PLATFORM_SECRET": SECRET})
    moved = "accounts: [{appid: wx7a10c3e5d2f49b18, original_id: gh_9f1c0aa35d21, name: 示例集团服务号, kind: service,"
    assert actions(session, f"{moved} open_platform: main, component: group}}]") == {"changed"}
    found = group.account(session, "wx7a10c3e5d2f49b18")
    assert found is not None
    assert (found.component is not None, found.token) == (True, "hubtoken1")
    assert actions(session, SAMPLE) == {"left", "changed"}
    back = group.account(session, "wx7a10c3e5d2f49b18")
    assert back is not None
    assert (back.component, back.secret) == (None, found.secret)


def test_what_a_platform_or_its_account_lacks_is_told_by_line(session: Session) -> None:
    apply(session, SAMPLE, {})
    text = """component_platforms:
  - {slug: group, appid: wxc0ffee1234567890, token: platformtoken, aes_key: short, legal_entity: nowhere}
accounts:
  - {appid: wx00000000000000b1, original_id: gh_0000000000b1, name: 示例, kind: service, component: grup}
  - {appid: wx00000000000000b2, original_id: gh_0000000000b2, name: 示例, kind: service, mode: plain}
"""
    with pytest.raises(GroupFileError) as refused:
        apply(session, text, {})
    told = str(refused.value)
    for words in (
        "line 2: component_platforms[0].aes_key: must be 43 letters and digits",
        "line 2: component_platforms[0].secret: is missing",
        "line 2: component_platforms[0].legal_entity: there is no legal entity",
        "line 4: accounts[0].component: there is no component platform",
        "line 5: accounts[1].secret: is missing: it is required unless component names a platform",
        "line 5: accounts[1].token: is missing",
    ):
        assert words in told
