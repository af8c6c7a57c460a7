"""The registry of QR codes: wanted, made, refused and asked for again, and what came through each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from hub.kernel import clock, rollups, settings
from hub.kernel.db import transaction
from hub.pool import service as pool
from tests.sample import APPID, apply_sample, sim_account
from tests.wechat.test_gateway import drain, event, send
from wechat import jobs, service, views
from wechat.client import clients
from wechat.models import QrCode
from wechat.service import NewCode, SceneRefused
from wechat.simulator import Simulator, World


@pytest.fixture
def world(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield the simulated WeChat that the hub asks."""
    apply_sample()
    world = World([sim_account()])
    with Simulator(world) as simulator:
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        settings.current.cache_clear()
        clients.cache_clear()
        yield world
    clients.cache_clear()


def code(scene: str, *, permanent: bool = False) -> NewCode:
    return NewCode(APPID, scene, scene, "campaign", scene.partition(".")[0], permanent)


def register(*codes: NewCode) -> list[UUID]:
    with transaction() as session:
        return service.register_codes(session, codes)


def find(id_: UUID) -> QrCode:
    with transaction() as session:
        return session.scalars(select(QrCode).where(QrCode.id == id_)).one()


def test_a_temporary_code_is_made_for_thirty_days(world: World) -> None:
    [id_] = register(code("auto.expo"))
    assert find(id_).state == "wanted"
    assert jobs.make_codes() == 1
    made = find(id_)
    assert (made.state, made.errcode) == ("made", None)
    assert made.url is not None
    assert made.expires_at is not None
    assert made.expires_at - clock.now() > timedelta(days=29, hours=23)
    assert [(scene, ends is None) for _, scene, ends in world.qrcodes.values()] == [("auto.expo", False)]
    assert jobs.make_codes() == 0


def test_a_permanent_code_has_no_end_and_counts_against_the_cap(world: World) -> None:
    [id_] = register(code("auto.hall", permanent=True))
    jobs.make_codes([id_])
    assert find(id_).expires_at is None
    with transaction() as session:
        assert service.capacities(session)[APPID].used == 1


def test_a_scene_that_is_wrong_or_taken_registers_nothing_of_its_batch(world: World) -> None:
    register(code("auto.expo"))
    for bad, reason in (("13800000000", "contact"), ("a b", "form"), ("auto.expo", "taken")):
        with pytest.raises(SceneRefused) as refused:
            register(code("auto.fine"), code(bad))
        assert (refused.value.scene, refused.value.reason) == (bad, reason)
    with pytest.raises(SceneRefused, match="taken"):
        register(code("auto.twice"), code("auto.twice"))
    with transaction() as session:
        assert session.scalars(select(QrCode.scene)).all() == ["auto.expo"]


def test_what_wechat_refuses_for_now_is_asked_for_again(world: World) -> None:
    world.fail("/cgi-bin/qrcode/create", errcode=-1)
    [id_] = register(code("auto.expo"))
    jobs.make_codes()
    waiting = find(id_)
    assert (waiting.state, waiting.errcode, waiting.attempts) == ("wanted", -1, 1)
    assert jobs.make_codes() == 0
    clock.set_offset(timedelta(minutes=1))
    jobs.make_codes()
    assert find(id_).state == "made"


def test_a_code_past_the_cap_fails_with_its_reason_and_can_be_made_again(world: World) -> None:
    world.permanent_codes = 0
    [id_] = register(code("auto.hall", permanent=True))
    jobs.make_codes()
    assert (find(id_).state, find(id_).errcode) == ("failed", 45029)
    world.permanent_codes = 1
    with transaction() as session:
        assert service.make_again(session, id_) is not None
    jobs.make_codes()
    assert find(id_).state == "made"
    with transaction() as session:
        assert service.make_again(session, id_) is None


def test_an_expired_code_is_made_again_under_its_scene(world: World) -> None:
    [id_] = register(code("auto.expo"))
    jobs.make_codes()
    before = find(id_).url
    clock.set_offset(timedelta(days=31))
    with transaction() as session:
        assert service.make_again(session, id_) is not None
    jobs.make_codes()
    assert find(id_).url != before
    assert {scene for _, scene, _ in world.qrcodes.values()} == {"auto.expo"}


def test_scans_and_follows_are_counted_for_codes_of_the_account_alone(world: World) -> None:
    from flask import Flask

    ids = register(code("auto.expo"), code("auto.other"))
    app = Flask(__name__)
    app.register_blueprint(views.blp)
    client, account = app.test_client(), sim_account()
    for number, (name, key) in enumerate(
        [("subscribe", "qrscene_auto.expo"), ("SCAN", "auto.expo"), ("SCAN", "auto.expo"), ("SCAN", "unheard.of")]
    ):
        stamp = int(clock.now().timestamp()) - number
        assert send(client, account, event(name, key, CreateTime=stamp)).data == b"success"
    drain()
    with transaction() as session:
        codes = [session.get_one(QrCode, id_) for id_ in ids]
        tallies = service.tallies(session, codes)
        assert [(tallies[id_].scans, tallies[id_].follows) for id_ in ids] == [(2, 1), (0, 0)]
        assert set(rollups.totals(session)["qr_scans"]) == {str(ids[0])}


def test_the_first_scene_stays_whatever_comes_later_and_in_whatever_order(world: World) -> None:
    now = clock.now()
    ref = pool.IdentityRef(pool.OPENID, APPID, "oExample-Scanner_0000000001")
    for scene, minutes in (("b.second", 5), ("c.third", 9), ("a.first", 1)):
        act = pool.NewActivity(ref, "scan", now + timedelta(minutes=minutes), scene, properties={"scene": scene})
        with transaction() as session:
            pool.record_activities(session, [act])
    with transaction() as session:
        found = pool.touches(session, ["a.first", "b.second", "c.third"])
        derived = session.execute(text("SELECT person_id, first_scene, last_scene FROM profile")).one()
        pool.derive(session, [derived.person_id])
    assert (derived.first_scene, derived.last_scene) == ("a.first", "c.third")
    assert [(t.first, t.last) for t in found.values()] == [(1, 0), (0, 0), (0, 1)]
    with transaction() as session:
        again = session.execute(text("SELECT person_id, first_scene, last_scene FROM profile")).one()
    assert again == derived
