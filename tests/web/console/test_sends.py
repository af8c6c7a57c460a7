"""The pages of sends: lists, one with its why, taken back and put back, a message to one person."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest

from hub.kernel import access, clock
from hub.kernel.db import transaction
from tests.web.console import crowd
from tests.web.console.conftest import SignIn
from wechat.jobs import drain_sends
from wechat.models import Send
from wechat.rules.reach import Act, Ledger, fold
from wechat.service import NewSend, ledgers, queue_sends, store_templates

TEXT = {"msgtype": "text", "text": {"content": "资料已备好"}}


def queue(person: int = 1, *, campaign: str = "expo25", later: bool = False) -> UUID:
    """Queue a message to a person."""
    when = clock.now() + timedelta(hours=1) if later else None
    made = NewSend(
        appid=crowd.GROUP,
        openid=crowd.openid(person).value,
        channel="custom",
        content=TEXT,
        purpose="service",
        campaign=campaign,
        not_before=when,
    )
    with transaction() as session:
        (id_,) = queue_sends(session, [made])
        return id_


def write_to_us(person: int = 1) -> None:
    """Let a person write, so that the ledger opens."""
    key = (crowd.GROUP, crowd.openid(person).value)
    with transaction() as session:
        ledgers.write(session, {key: fold(Ledger(), Act("message", clock.now().timestamp()))})


def drain() -> None:
    for lane in range(8):
        drain_sends(lane)


def state(id_: UUID) -> str:
    with transaction() as session:
        return session.get_one(Send, id_).state


def test_sends_are_listed_counted_by_campaign_and_filtered(sign_in: SignIn) -> None:
    reader = sign_in(access.AUDITOR)
    assert "还没有触达" in reader.get("/sends").text
    crowd.act(1, "follow")
    waiting, other = queue(later=True), queue(campaign="welcome")
    drain()  # nobody wrote: skipped without a call
    page = reader.get("/sends").text
    assert page.count("expo25") >= 2
    assert "最近没有互动" in page
    assert str(waiting)[-6:] in page
    only = reader.get("/sends?campaign=welcome&state=skipped").text
    assert str(other)[-6:] in only
    assert str(waiting)[-6:] not in only
    assert "没有符合的触达" in reader.get("/sends?state=failed").text
    assert reader.get("/sends?state=nonsense").status_code == 200


def test_one_send_says_why(sign_in: SignIn) -> None:
    crowd.act(1, "follow")
    id_ = queue()
    drain()
    page = sign_in(access.GROUP_MARKETER).get(f"/sends/{id_}").text
    assert "最近没有互动" in page
    assert "资料已备好" in page
    assert crowd.openid(1).value not in page
    english = sign_in(access.GROUP_ADMIN).get(f"/sends/{id_}?lang=en", follow_redirects=True).text
    assert "no recent interaction" in english


def test_what_waits_is_taken_back_and_put_back(sign_in: SignIn) -> None:
    marketer = sign_in(access.GROUP_MARKETER)
    id_ = queue(later=True)
    page = marketer.post("/sends/cancel", data={"id": str(id_)}, follow_redirects=True).text
    assert state(id_) == "cancelled"
    undo = re.search(r'action="(/sends/restore\?ids=[^"]+)"', page)
    assert undo is not None
    assert "已放回" in marketer.post(undo[1], follow_redirects=True).text
    assert state(id_) == "pending"
    assert "没有可以撤下的" in marketer.post("/sends/cancel", data={}, follow_redirects=True).text


def test_who_only_reads_takes_nothing_back(sign_in: SignIn) -> None:
    id_ = queue(later=True)
    assert sign_in(access.AUDITOR).post("/sends/cancel", data={"id": str(id_)}).status_code == 403
    assert state(id_) == "pending"


def test_the_person_page_says_what_may_be_sent(sign_in: SignIn) -> None:
    crowd.act(1, "follow")
    marketer = sign_in(access.GROUP_MARKETER)
    page = marketer.get(f"/people/{crowd.person_id(1)}").text
    assert "客服消息：最近没有互动" in page
    assert "模板消息：可以发" in page
    write_to_us()
    assert "客服消息：可以发，还有 5 条" in marketer.get(f"/people/{crowd.person_id(1)}").text
    assert "发一条消息" not in sign_in(access.AUDITOR).get(f"/people/{crowd.person_id(1)}").text


def test_a_message_to_one_person_shows_first_what_reach_says(sign_in: SignIn) -> None:
    crowd.act(1, "follow")
    write_to_us()
    marketer, address = sign_in(access.GROUP_MARKETER), f"/people/{crowd.person_id(1)}/send"
    page = marketer.get(address).text
    assert page.index("还有 5 条") < page.index("要发的话")
    form = {"appid": crowd.GROUP, "channel": "custom"}
    for words, said in (("", "请写要发的话"), ("请拨打 13900000001", "联系方式绝不发送"), ("长" * 700, "太长了")):
        refused = marketer.post(address, data={**form, "text": words})
        assert (refused.status_code, said in refused.text) == (422, True), words
        assert words in refused.text
    sent = marketer.post(address, data={**form, "text": "您好"}, follow_redirects=True).text
    assert "已排入发送" in sent
    assert "您好" in sent


def test_a_template_is_filled_in_field_by_field(sign_in: SignIn) -> None:
    crowd.act(1, "follow")
    told = {
        "template": [
            {"template_id": "tplA", "title": "活动提醒", "content": "活动:{{thing2.DATA}}\n时间:{{time3.DATA}}"}
        ]
    }
    with transaction() as session:
        assert store_templates(session, crowd.GROUP, told) == 1
    marketer, address = sign_in(access.GROUP_MARKETER), f"/people/{crowd.person_id(1)}/send"
    page = marketer.get(f"{address}?channel=template").text
    assert 'name="field.thing2"' in page
    assert "时间" in page
    form = {"appid": crowd.GROUP, "channel": "template", "template_id": "tplA"}
    wrong = marketer.post(address, data={**form, "field.thing2": "写信到 a@example.com", "field.time3": "10:00"})
    assert (wrong.status_code, "联系方式绝不发送" in wrong.text) == (422, True)
    assert 'value="10:00"' in wrong.text
    assert marketer.post(address, data={**form, "field.thing2": "", "field.time3": ""}).status_code == 422
    done = marketer.post(address, data={**form, "field.thing2": "展会"}, follow_redirects=True).text
    assert "展会" in done


@pytest.mark.parametrize("path", ["/sends/nonsense", "/people/nonsense/send"])
def test_what_is_not_there_is_a_404(sign_in: SignIn, path: str) -> None:
    assert sign_in(access.GROUP_ADMIN).get(path).status_code == 404


def test_operations_show_the_quotas(sign_in: SignIn) -> None:
    admin = sign_in(access.GROUP_ADMIN)
    assert "还没有发过消息" in admin.get("/operations").text
    with transaction() as session:
        from wechat.rules.restraint import Policy
        from wechat.service import quotas

        held = quotas.lock_buckets(session, [(crowd.GROUP, "template")], Policy())
        quotas.write_buckets(session, {key: bucket for key, (bucket, _) in held.items()})
        quotas.settle_calls(session, {}, {(crowd.GROUP, "template"): (clock.now() + timedelta(hours=3), 45009)})
    page = admin.get("/operations").text
    assert "模板消息" in page
    assert "45009" in page
