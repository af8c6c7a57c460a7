"""What stored pushes become: activities by kind, facts for whoever holds anything, and counts of what nobody knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Engine, select

from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from hub.kernel.outbox import FactRow, read
from hub.pool.models import Activity, Identity
from tests.sample import APPID, apply_sample
from tests.wechat.pushes import FAN, KEYS, MINI, ROBOT, as_json, opened, xml
from tests.wechat.vectors import VECTORS
from wechat import service
from wechat.facts import AccountCancelled, AuthorizationRevoked, InfoModified
from wechat.models import Callback
from wechat.rules import Envelope
from wechat.service.oddities import MAX_NAMES

OURS = replace(KEYS, appid=APPID)
OTHER = "oExample-Follower_0000000002"


def callback(envelope: Envelope) -> Callback:
    """Return a push as it comes out of the inbox."""
    names = ("key", "scene", "msg_id", "unionid", "revoke_info")
    details: dict[str, Any] = {name: getattr(envelope, name) for name in names if getattr(envelope, name)}
    return Callback(
        id=new_id(),
        appid=envelope.appid,
        msg_type=envelope.msg_type,
        event=envelope.event,
        known=envelope.known,
        occurred_at=envelope.occurred_at,
        details={**details, **envelope.facts},
        subject=f"{envelope.appid}:{envelope.subject}",
    )


def handle(*documents: str) -> None:
    """Handle pushes of one batch, in order."""
    keys = [replace(MINI, appid=APPID) if document[0] == "{" else OURS for document in documents]
    with transaction() as session:
        opened_ones = [opened(key, document) for key, document in zip(keys, documents, strict=True)]
        service.handle(session, [callback(envelope) for envelope in opened_ones])


def privacy_event(name: str, openid: str = FAN, **more: object) -> str:
    return xml(FromUserName=ROBOT, MsgType="event", Event=name, OpenID=openid, **more)


def test_every_kind_of_push_is_handled_and_behaviours_are_recorded(clean: Engine) -> None:
    apply_sample()
    handle(*(vector.document for vector in VECTORS.values()))
    with transaction() as session:
        acts = [tuple(row) for row in session.execute(select(Activity.kind, Activity.key).order_by(Activity.id))]
        said = session.scalars(select(Activity.properties).where(Activity.kind == "message").order_by(Activity.id))
        types = {properties["type"] for properties in said}
    assert ("notice_accepted", "tplA") in acts
    assert ("notice_rejected", "tplB") in acts
    assert ("menu_click", "scan_1") in acts
    assert ("enter_chat", "bu=hotel;page=room/12") in acts
    assert ("message", "101") in acts
    assert types == {"text", "image", "voice", "video", "shortvideo", "location", "link", "miniprogrampage"}


def test_what_people_take_back_in_one_second_is_told_of_each_and_in_order(clean: Engine) -> None:
    apply_sample()
    handle(
        privacy_event("user_authorization_revoke", RevokeInfo="205"),
        privacy_event("user_authorization_revoke", RevokeInfo="206"),
        privacy_event("user_authorization_revoke", OTHER, RevokeInfo="205"),
        privacy_event("user_info_modified"),
        privacy_event("user_authorization_cancellation"),
    )
    with transaction() as session:
        who = {i.value: i.person_id for i in session.scalars(select(Identity))}
        rows = list(session.scalars(select(FactRow).order_by(FactRow.id)))
        kinds = {kind.kind: kind for kind in (AuthorizationRevoked, AccountCancelled, InfoModified)}
        facts = [read(kinds[row.kind], row) for row in rows if row.kind in kinds]
    assert facts == [
        AuthorizationRevoked(person_id=who[FAN], appid=APPID, revoke_info="205"),
        AuthorizationRevoked(person_id=who[FAN], appid=APPID, revoke_info="206"),
        AuthorizationRevoked(person_id=who[OTHER], appid=APPID, revoke_info="205"),
        InfoModified(person_id=who[FAN], appid=APPID),
        AccountCancelled(person_id=who[FAN], appid=APPID),
    ]
    assert ROBOT not in who


def test_a_privacy_event_without_a_person_is_counted_and_touches_nobody(clean: Engine) -> None:
    apply_sample()
    handle(xml(FromUserName=ROBOT, MsgType="event", Event="user_info_modified"))
    with transaction() as session:
        assert not list(session.scalars(select(Identity)))
        [odd] = service.list_oddities(session, APPID)
    assert (odd.what, odd.name, odd.n) == ("event", "user_info_modified", 1)


def test_unknown_kinds_and_fields_are_counted_by_name(clean: Engine) -> None:
    apply_sample()
    shop = as_json(MsgType="event", Event="channels_ec_order_pay", order_info=1)
    handle(
        shop, as_json(MsgType="file", Title="示例"), xml(MsgType="event", Event="CLICK", EventKey="A", New="x"), shop
    )
    handle(as_json(MsgType="event", Event="channels_ec_order_pay", order_info=2))
    with transaction() as session:
        found = [(odd.what, odd.name, odd.n) for odd in service.list_oddities(session, APPID)]
        assert service.list_oddities(session, "wxffffffffffffffff") == []
    assert found == [("event", "channels_ec_order_pay", 3), ("field", "click.New", 1), ("message", "file", 1)]


def test_the_names_counted_for_an_account_stay_few(clean: Engine) -> None:
    apply_sample()
    for start in (0, 45):
        handle(*(xml(MsgType="event", Event=f"brand_new_{number}") for number in range(start, start + 45)))
    with transaction() as session:
        found = service.list_oddities(session, APPID)
    assert len(found) == MAX_NAMES + 1
    assert (found[0].what, found[0].n, sum(odd.n for odd in found)) == ("other", 40, 90)
