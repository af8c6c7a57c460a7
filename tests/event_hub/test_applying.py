"""Events of the group file: applied, changed, exported."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import ValidationError
from sqlalchemy import Engine, select

from event_hub import service
from event_hub.models import Event
from event_hub.schemas import EventSection
from hub.group import service as group
from hub.kernel.db import transaction
from tests.event_hub.making import EVENT, make_event, make_group


@pytest.fixture
def _group(clean: Engine) -> None:
    make_group()


pytestmark = pytest.mark.usefixtures("_group")


def test_applying_twice_leaves_the_event_and_a_change_changes_it() -> None:
    assert make_event() == ["created"]
    assert make_event() == ["left"]
    assert make_event(capacity=20, bu=None) == ["changed"]
    with transaction() as session:
        row = session.scalars(select(Event)).one()
        assert (row.capacity, row.bu_id, row.starts_at) == (20, None, datetime(2099, 3, 20, 6, tzinfo=UTC))


def test_an_event_without_a_touchpoint_gets_its_own() -> None:
    make_event()
    with transaction() as session:
        assert session.scalars(select(Event.touchpoint_id)).one() == group.touchpoint_ids(session)["event-day"]


def test_the_export_applies_again_and_changes_nothing() -> None:
    with transaction() as session:
        group.ensure_touchpoint(session, "hall", "示例展厅", "offline")
    make_event(touchpoint="hall", capacity=7)
    make_event(slug="second", bu=None, interest=None, venue=None, ends_at=None)
    with transaction() as session:
        exported = service.export(session)
        assert exported[0] == {**EVENT, "touchpoint": "hall", "capacity": 7}
        assert set(exported[1]) == {"slug", "name", "starts_at"}
        changes = service.apply(session, EventSection(many=True).load(exported))
    assert [c.action for c in changes] == ["left", "left"]


@pytest.mark.parametrize("wrong", [{"bu": "nowhere"}, {"touchpoint": "nowhere"}])
def test_a_name_that_is_nowhere_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(service.UnknownName, match="nowhere"):
        make_event(**wrong)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_at": "2099-03-20T14:00:00"}, "starts_at"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"starts_at": 2099}, "starts_at"),
        ({"ends_at": EVENT["starts_at"]}, "ends_at"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": "20"}, "capacity"),
        ({"slug": "x" * 58}, "slug"),
        ({"name": ""}, "name"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_mistake_in_the_section_names_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        EventSection().load({**EVENT, **changes})
    assert set(caught.value.normalized_messages()) == {field}
