"""Menus: drafts, publishing at WeChat and what it refuses, menus changed elsewhere, and what taps say of people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from hub.kernel import clock, leases, settings
from hub.kernel.db import transaction
from hub.pool.models import Activity, Profile
from hub.web import groupfile
from tests.sample import APPID, apply_sample, sim_account
from tests.wechat.pushes import xml
from tests.wechat.test_handling import handle
from tests.wechat.test_menu_rules import GOOD, MINI, PRICE, SITE, menu, rule
from wechat import jobs
from wechat.client import clients
from wechat.models import AccountMenu, MenuVersion
from wechat.service import menus as service
from wechat.service.menus import DraftMoved, MenuFlawed
from wechat.simulator import SimAccount, Simulator, World

MINI_ACCOUNT = SimAccount(
    MINI["appid"], "gh_333333333333", "miniprogram", "main", "safe", "hubtoken1", "a" * 43, "0" * 32
)


@pytest.fixture
def world(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield the simulated WeChat that the hub asks."""
    apply_sample()
    world = World([sim_account(), MINI_ACCOUNT])
    with Simulator(world) as simulator:
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        settings.current.cache_clear()
        clients.cache_clear()
        service.forget_menus()
        yield world
    clients.cache_clear()
    service.forget_menus()


def publish(content: dict[str, Any]) -> UUID:
    with transaction() as session:
        return service.publish_menu(session, APPID, content, "draft", by=None)


def state() -> AccountMenu:
    with transaction() as session:
        return service.menu_of(session, APPID)


def version(number: int) -> MenuVersion:
    with transaction() as session:
        found = service.version_of(session, APPID, number)
    assert found is not None
    return found


def test_a_menu_is_published_whole_and_found_as_it_was_published(world: World) -> None:
    publish(GOOD)
    assert version(1).state == "publishing"
    assert jobs.publish_menus() == 1
    assert (version(1).state, state().live, state().drift) == ("live", 1, False)
    there = world.menus[APPID]
    assert there.default is not None
    assert [button["name"] for button in there.default] == ["产品", "官网"]
    assert [m.rule["client_platform_type"] for m in there.conditional] == ["2"]
    assert jobs.publish_menus() == 0


def test_the_version_before_is_replaced_and_its_conditional_menus_go(world: World) -> None:
    second = menu(SITE, rules=[rule(SITE, name="甲", tag_id="101"), rule(PRICE, name="乙")])
    for content in (GOOD, second):
        publish(content)
        jobs.publish_menus()
    assert (version(1).state, version(2).state, state().live) == ("replaced", "live", 2)
    kept = world.menus[APPID].conditional
    assert [m.rule.get("tag_id", "") for m in kept] == ["", "101"], "the first rule is made last, so it is tried first"
    assert state().drift is False


def test_an_empty_menu_takes_everything_away(world: World) -> None:
    for content in (GOOD, menu()):
        publish(content)
        jobs.publish_menus()
    assert world.menus[APPID].default is None
    assert (world.menus[APPID].conditional, state().drift) == ([], False)


def test_a_menu_that_breaks_a_limit_is_never_sent(world: World) -> None:
    with pytest.raises(MenuFlawed):
        publish(menu({**SITE, "url": "http://www.example.com"}))
    assert world.calls["/cgi-bin/menu/create"] == 0


def test_a_refusal_stays_with_the_version_and_the_menu_before_stays_live(world: World) -> None:
    publish(menu(SITE))
    jobs.publish_menus()
    publish(menu({**MINI, "appid": "wx9999999999999999"}))
    assert jobs.publish_menus() == 0
    failed = version(2)
    assert (failed.state, failed.errcode, failed.place) == ("failed", 45064, "")
    assert (version(1).state, state().live, state().drift) == ("live", 1, False)


def test_a_refused_conditional_menu_is_named_and_the_half_that_was_done_is_drift(world: World) -> None:
    publish(menu(SITE))
    jobs.publish_menus()
    world.fail("/cgi-bin/menu/addconditional", errcode=65305)
    publish(GOOD)
    jobs.publish_menus()
    assert (version(2).state, version(2).errcode, version(2).place) == ("failed", 65305, "安卓")
    assert state().drift is True


def test_a_busy_wechat_is_asked_again_and_nothing_is_doubled(world: World) -> None:
    world.fail("/cgi-bin/menu/addconditional", "cut")
    publish(GOOD)
    assert jobs.publish_menus() == 0
    assert (version(1).state, version(1).attempts) == ("publishing", 1)
    assert jobs.publish_menus() == 0, "not before its time"
    clock.set_offset(timedelta(minutes=2))
    assert jobs.publish_menus() == 1
    assert len(world.menus[APPID].conditional) == 1
    assert state().drift is False


def test_a_newer_version_takes_the_place_of_one_that_waits(world: World) -> None:
    publish(GOOD)
    publish(menu(SITE))
    jobs.publish_menus()
    assert (version(1).state, version(2).state) == ("dropped", "live")


def test_while_somebody_else_publishes_a_version_waits(world: World) -> None:
    with transaction() as session:
        token = leases.acquire(session, f"menu:{APPID}", timedelta(minutes=1))
    publish(GOOD)
    assert jobs.publish_menus() == 0
    assert jobs.check_menu(APPID) is False
    with transaction() as session:
        leases.release(session, f"menu:{APPID}", token or 0)
    assert jobs.publish_menus() == 1


def test_a_menu_made_elsewhere_is_seen_and_taken_over_with_our_stages(world: World) -> None:
    publish(GOOD)
    jobs.publish_menus()
    world.menus[APPID].create([{"name": "报价", "type": "click", "key": "PRICE"}])
    assert jobs.check_menus() == 0, "looked at a moment ago"
    clock.set_offset(timedelta(hours=2))
    assert jobs.check_menus() == 1
    assert state().drift is True
    with transaction() as session:
        taken = service.take_over(session, APPID, by=None)
    assert taken is not None
    assert (taken.number, taken.state, state().drift) == (2, "live", False)
    assert state().draft["buttons"] == [{**PRICE, "name": "报价"}]
    assert state().draft["conditional"][0]["name"] == "安卓"
    with transaction() as session:
        assert service.take_over(session, APPID, by=None) is None


def test_a_menu_from_before_the_hub_is_found(world: World) -> None:
    world.menus[APPID].create([{"name": "官网", "type": "view", "url": SITE["url"]}])
    assert jobs.check_menus() == 1
    assert state().drift is True
    world.fail("/cgi-bin/menu/get", errcode=48001)
    assert jobs.check_menu(APPID) is False
    assert state().errcode == 48001


def test_a_draft_moves_on_once_and_is_taken_back(world: World) -> None:
    with transaction() as session:
        first = service.save_draft(session, APPID, menu(SITE), by=None)
        assert first.revision == 1
        with pytest.raises(DraftMoved):
            service.save_draft(session, APPID, menu(PRICE), by=None, revision=0)
        service.save_draft(session, APPID, menu(PRICE), by=None, revision=1)
        assert service.undo_draft(session, APPID, by=None)
        assert service.menu_of(session, APPID).draft == menu(SITE)


def test_taps_on_a_published_menu_are_evidence_of_a_stage_and_a_bu(world: World) -> None:
    publish(GOOD)
    jobs.publish_menus()
    taps = {"CLICK": ("PRICE", "OTHER"), "VIEW": (SITE["url"],)}
    handle(*(xml(MsgType="event", Event=kind, EventKey=key) for kind, keys in taps.items() for key in keys))
    with transaction() as session:
        told = {a.key: a.properties for a in session.scalars(select(Activity))}
        traits = session.scalars(select(Profile.traits)).one()
    assert told["PRICE"]["stage"] == "consideration"
    assert told["PRICE"]["bu_interest"] == "automation"
    assert told[SITE["url"]]["stage"] == "awareness"
    assert "stage" not in told["OTHER"]
    assert traits == {"stage": "awareness", "bu": "automation"}, "the newest evidence counts"


def test_the_group_file_writes_drafts_and_gets_them_back(world: World) -> None:
    text = f"""
menus:
  - account: {APPID}
    buttons:
      - name: 产品
        items:
          - {{name: 询价, type: click, key: PRICE, stage: consideration, bu: automation}}
      - {{name: 官网, type: view, url: "https://www.example.com/m", stage: awareness}}
    conditional:
      - {{name: 安卓, client_platform_type: 2, buttons: [{{name: 下载, type: click, key: APP}}]}}
"""
    with transaction() as session:
        assert [c.action for c in groupfile.apply(session, text)] == ["created"]
    with transaction() as session:
        exported = groupfile.export(session, secrets=True)
        assert [c.action for c in groupfile.apply(session, exported) if c.kind == "menu"] == ["left"]
    assert state().draft["conditional"][0]["client_platform_type"] == "2"
    assert world.calls["/cgi-bin/menu/create"] == 0


def test_a_wrong_menu_in_the_group_file_is_told_with_its_line(world: World) -> None:
    text = f"""menus:
  - account: {APPID}
    buttons:
      - {{name: 五个宽字符, type: view, url: "http://www.example.com", bu: nobody}}
      - {{name: 产品, items: [{{name: 询价, type: click}}]}}
      - {{name: 空}}
  - account: wx9999999999999999
    buttons: []
"""
    with transaction() as session, pytest.raises(groupfile.GroupFileError) as refused:
        groupfile.apply(session, text)
    told = {(m.line, m.path) for m in refused.value.mistakes}
    assert (4, "menus[0].buttons[0].name") in told
    assert (4, "menus[0].buttons[0].url") in told
    assert (4, "menus[0].buttons[0].bu") in told
    assert (5, "menus[0].buttons[1].items[0].key") in told
    assert (6, "menus[0].buttons[2].type") in told
    assert (7, "menus[1].account") in told
