"""Writing the group's own sections, and reading them back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from hub.group import service
from hub.group.models import LegalEntity, WechatAccount
from hub.group.service.accounts import box_key
from hub.group.service.applying import apply_shape
from hub.group.service.exporting import export_shape, known_slugs
from hub.kernel import secretbox

GROUP = {"slug": "acme", "name": "示例集团", "timezone": "Asia/Shanghai"}
ENTITIES = [{"slug": "one", "name": "甲"}, {"slug": "two", "name": "乙"}]
BU = {"slug": "power", "name": "能源", "legal_entity": "one", "circulation": "shared", "accept_within_hours": 24}
ACCOUNT = {
    "appid": "wx0000000000000001",
    "original_id": "gh_000000000001",
    "name": "示例服务号",
    "kind": "service",
    "open_platform": "main",
    "mode": "safe",
    "token": "hubtoken1",
    "aes_key": "k" * 43,
    "secret": "0" * 32,
}
SITE = {"slug": "minisite", "kind": "site", "name": "产品小站", "legal_entity": None}
SHAPE: dict[str, Any] = {
    "group": GROUP,
    "legal_entities": ENTITIES,
    "open_platforms": [{"slug": "main", "legal_entity": "one"}],
    "business_units": [BU],
    "accounts": [ACCOUNT],
    "touchpoints": [SITE],
}


def actions(session: Session, shape: dict[str, Any]) -> dict[str, str]:
    return {change.slug: change.action for change in apply_shape(session, shape)}


def test_everything_new_is_created_and_then_left(session: Session) -> None:
    assert set(actions(session, SHAPE).values()) == {"created"}
    assert set(actions(session, SHAPE).values()) == {"left"}


def test_the_rest_of_the_hub_reads_what_was_applied(session: Session) -> None:
    apply_shape(session, SHAPE)
    account = service.account(session, ACCOUNT["appid"])
    assert account is not None
    assert {name: getattr(account, name) for name in ACCOUNT} == ACCOUNT
    bu = service.bu_by_slug(session, "power")
    assert bu is not None
    assert (bu.legal_entity, bu.circulation, bu.accept_within_hours) == ("one", "shared", 24)
    assert set(service.touchpoint_ids(session)) == {"minisite", ACCOUNT["appid"]}
    assert service.collecting_entity(session, appid=ACCOUNT["appid"], touchpoint_id=None) == "one"


def test_secrets_are_sealed_in_the_table(session: Session) -> None:
    apply_shape(session, SHAPE)
    row = session.query(WechatAccount).one()
    assert ACCOUNT["secret"].encode() not in row.secret
    assert secretbox.unseal(box_key(), row.secret, context=f"{row.appid}:secret") == ACCOUNT["secret"]


@pytest.mark.parametrize("name", ["original_id", "name", "mode", "token", "aes_key", "secret", "open_platform"])
def test_one_changed_field_of_an_account_changes_it_alone(session: Session, name: str) -> None:
    apply_shape(session, SHAPE)
    values = {"mode": "compatible", "open_platform": None, "original_id": "gh_00000000000f", "aes_key": "j" * 43}
    changed = {**ACCOUNT, name: values.get(name, "other1234567890123")}
    done = actions(session, {**SHAPE, "accounts": [changed]})
    assert {slug for slug, action in done.items() if action == "changed"} == {ACCOUNT["appid"]}
    account = service.account(session, ACCOUNT["appid"])
    assert account is not None
    assert {key: getattr(account, key) for key in changed} == changed


def test_what_the_file_does_not_name_stays(session: Session) -> None:
    apply_shape(session, SHAPE)
    assert actions(session, {"touchpoints": [{**SITE, "slug": "booth", "kind": "offline"}]}) == {"booth": "created"}
    assert known_slugs(session).touchpoints == {"booth", "minisite", ACCOUNT["appid"]}


def test_an_optional_value_left_out_of_an_entry_is_unset(session: Session) -> None:
    apply_shape(session, SHAPE)
    assert actions(session, {"business_units": [{**BU, "accept_within_hours": None}]}) == {"power": "changed"}
    bu = service.bu_by_slug(session, "power")
    assert bu is not None
    assert bu.accept_within_hours is None


def order(session: Session) -> list[str]:
    return [row["slug"] for row in export_shape(session, secrets=False)["legal_entities"]]


def test_legal_entities_keep_the_order_of_the_file(session: Session) -> None:
    apply_shape(session, SHAPE)
    three = {"slug": "three", "name": "丙"}
    assert actions(session, {"legal_entities": [three]}) == {"three": "created"}
    assert order(session) == ["one", "two", "three"]
    apply_shape(session, {"legal_entities": [three, ENTITIES[0]]})
    assert order(session) == ["three", "two", "one"]
    assert sorted(row.position for row in session.query(LegalEntity)) == [0, 1, 2]
    assert set(actions(session, {"legal_entities": [three, ENTITIES[0]]}).values()) == {"left"}


def test_an_export_names_variables_in_the_place_of_secrets(session: Session) -> None:
    apply_shape(session, SHAPE)
    account = export_shape(session, secrets=False)["accounts"][0]
    assert account["secret"] == "${WX0000000000000001_SECRET}"
    assert account["aes_key"] == "${WX0000000000000001_AES_KEY}"
    assert account["token"] == "${WX0000000000000001_TOKEN}"
    assert export_shape(session, secrets=True)["accounts"] == [ACCOUNT]


def test_an_export_leaves_out_what_is_not_set(session: Session) -> None:
    assert export_shape(session, secrets=True) == {}
    apply_shape(session, {**SHAPE, "accounts": [{**ACCOUNT, "mode": "plain", "aes_key": "", "open_platform": None}]})
    shape = export_shape(session, secrets=False)
    assert "aes_key" not in shape["accounts"][0]
    assert "open_platform" not in shape["accounts"][0]
    assert shape["touchpoints"] == [{"slug": "minisite", "kind": "site", "name": "产品小站"}]
