"""The group's shape, as the other rooms read it."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from hub.group import service
from hub.group.models import Touchpoint
from hub.group.service.applying import apply_shape
from hub.kernel import db
from hub.kernel.ids import new_id
from tests.group.test_accounts import account

APPID, FREE = "wx0000000000000001", "wx0000000000000002"
SHAPE = {
    "group": {"slug": "acme", "name": "示例集团", "timezone": "Asia/Tokyo"},
    "legal_entities": [{"slug": "zeta", "name": "甲"}, {"slug": "alpha", "name": "乙"}],
    "open_platforms": [{"slug": "main", "legal_entity": "alpha"}, {"slug": "other", "legal_entity": "zeta"}],
    "business_units": [
        {"slug": slug, "name": slug, "legal_entity": entity, "circulation": "isolated", "accept_within_hours": hours}
        for slug, entity, hours in (("power", "zeta", 24), ("automation", "alpha", None))
    ],
    "accounts": [account(1), account(2, open_platform=None)],
    "touchpoints": [
        {"slug": "minisite", "kind": "site", "name": "产品小站", "legal_entity": "alpha"},
        {"slug": "booth", "kind": "offline", "name": "展台", "legal_entity": None},
    ],
}


@pytest.fixture
def shaped(session: Session) -> Session:
    """Return a session in which the group has its shape."""
    apply_shape(session, SHAPE)
    return session


def test_business_units_come_by_slug_with_their_legal_entity(shaped: Session) -> None:
    assert [(bu.slug, bu.legal_entity, bu.accept_within_hours) for bu in service.bus(shaped)] == [
        ("automation", "alpha", None),
        ("power", "zeta", 24),
    ]


def test_a_business_unit_is_found_by_slug_or_id(shaped: Session) -> None:
    power = service.bu_by_slug(shaped, "power")
    assert power is not None
    assert service.bu_by_id(shaped, power.id) == power
    assert service.bu_by_slug(shaped, "none") is None
    missing = new_id()
    with pytest.raises(KeyError, match=str(missing)):
        service.bu_by_id(shaped, missing)


def test_a_group_without_a_file_is_empty_and_lives_in_shanghai(session: Session) -> None:
    assert service.bus(session) == []
    assert service.open_platforms(session) == set()
    assert service.touchpoint_ids(session) == {}
    assert service.group_timezone(session) == "Asia/Shanghai"
    assert service.collecting_entity(session, appid=APPID, touchpoint_id=None) is None


def test_the_group_says_its_own_time_zone_and_platforms(shaped: Session) -> None:
    assert service.group_timezone(shaped) == "Asia/Tokyo"
    assert service.open_platforms(shaped) == {"main", "other"}
    assert set(service.touchpoint_ids(shaped)) == {"minisite", "booth", APPID, FREE}


def collects(session: Session, appid: str | None = None, touchpoint: str | None = None) -> str | None:
    touchpoint_id = service.touchpoint_ids(session)[touchpoint] if touchpoint else None
    return service.collecting_entity(session, appid=appid, touchpoint_id=touchpoint_id)


def test_an_account_collects_for_the_owner_of_its_open_platform(shaped: Session) -> None:
    assert collects(shaped, appid=APPID) == "alpha"
    assert collects(shaped, appid=APPID, touchpoint="minisite") == "alpha"


def test_whatever_belongs_to_nobody_collects_for_the_first_legal_entity_of_the_file(shaped: Session) -> None:
    assert collects(shaped, appid=FREE) == "zeta"
    assert collects(shaped, touchpoint="booth") == "zeta"
    assert collects(shaped) == "zeta"
    assert service.collecting_entity(shaped, appid=None, touchpoint_id=new_id()) == "zeta"


def test_a_touchpoint_collects_for_its_own_legal_entity(shaped: Session) -> None:
    assert collects(shaped, touchpoint="minisite") == "alpha"
    assert collects(shaped, appid=FREE, touchpoint="minisite") == "alpha"


def test_a_touchpoint_is_made_once_and_keeps_its_name(session: Session) -> None:
    made = service.ensure_touchpoint(session, "event-1", "发布会", "event")
    assert service.ensure_touchpoint(session, "event-1", "另一个", "site") == made
    row = session.get_one(Touchpoint, made)
    assert (row.name, row.kind) == ("发布会", "event")


def test_a_touchpoint_that_two_make_at_once_is_one(clean: Engine) -> None:
    made: list[UUID] = []
    start = threading.Barrier(4)

    def ensure() -> None:
        with db.transaction() as session:
            start.wait()
            made.append(service.ensure_touchpoint(session, "event-1", "发布会", "event"))

    threads = [threading.Thread(target=ensure) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
    with db.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Touchpoint)) == 1
