"""The queue of a business unit, as its people work it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from hub.kernel import access
from hub.kernel.db import transaction
from tests.web.console import crowd
from tests.web.console.conftest import SignIn
from tests.web.console.counting import counted

LEAD = r'id="lead-([0-9a-f-]{36})"'
VERBS = ("claim", "accept", "release", "reject", "progress", "contact")


@pytest.fixture
def member(sign_in: SignIn) -> FlaskClient:
    """Return the browser of one of the automation unit's people, whose queue holds one lead."""
    crowd.qualify(1)
    return sign_in(access.BU_MEMBER)


def leads(client: FlaskClient, path: str = "/queue") -> list[str]:
    """Return the ids of the cards on a page."""
    answer = client.get(path)
    assert answer.status_code == 200
    return re.findall(LEAD, answer.text)


def tell(client: FlaskClient, lead: str, verb: str, **form: str) -> str:
    """Press a button of a lead and return the page that it leads to."""
    answer = client.post(f"/queue/{lead}/{verb}", data=form, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def state_of(lead: str) -> str:
    with transaction() as session:
        return str(session.scalar(text("SELECT state FROM lead WHERE id = :id"), {"id": lead}))


def test_a_card_says_what_decides_and_holds_no_contact_data(member: FlaskClient) -> None:
    crowd.register(1)
    crowd.settle()
    page = member.get("/queue").text
    for shown in ("自动化询价", "60", "MQL", "50-499", "有联系方式", "命中规则「自动化询价」", "时限"):
        assert shown in page, shown
    for secret in ("13900000001", "示例来宾", crowd.openid(1).value):
        assert secret not in page


def test_a_lead_is_claimed_accepted_and_reported_on(member: FlaskClient) -> None:
    (lead,) = leads(member)
    assert "已领取" in tell(member, lead, "claim")
    assert leads(member) == []
    assert leads(member, "/queue/working") == [lead]
    assert "已接受" in tell(member, lead, "accept")
    assert "进展已记录" in tell(member, lead, "progress", state="won", amount="1200.50", currency="CNY")
    assert (state_of(lead), leads(member, "/queue/done")) == ("won", [lead])


def test_a_claim_can_be_undone_and_so_can_the_undoing(member: FlaskClient) -> None:
    (lead,) = leads(member)
    undo = re.search(rf'action="(/queue/{lead}/release)"', tell(member, lead, "claim"))
    assert undo is not None
    assert f'action="/queue/{lead}/claim"' in member.post(undo[1], follow_redirects=True).text
    assert leads(member) == [lead]


def test_a_rejection_takes_a_reason_and_says_its_effect(member: FlaskClient) -> None:
    (lead,) = leads(member)
    tell(member, lead, "claim")
    page = member.get(f"/queue/{lead}").text
    assert "无需求 — 90 天后可再分配" in page
    assert "非本事业部业务 — 改派其他事业部" in page
    for form, says in (({}, "请选择退回原因"), ({"reason": "other"}, "请写说明"), ({"reason": "x"}, "请选择退回原因")):
        answer = member.post(f"/queue/{lead}/reject", data=form)
        assert answer.status_code == 422
        assert says in answer.text
    assert "已退回" in tell(member, lead, "reject", reason="no_need")
    assert state_of(lead) == "recycled"


def test_what_was_typed_is_still_there_when_it_is_wrong(member: FlaskClient) -> None:
    (lead,) = leads(member)
    tell(member, lead, "claim")
    tell(member, lead, "accept")
    answer = member.post(f"/queue/{lead}/progress", data={"state": "won", "amount": "many", "reason": "示例说明"})
    assert answer.status_code == 422
    for kept in ('value="many"', 'value="示例说明"', 'value="won" required checked', "金额写数字"):
        assert kept in answer.text, kept


def test_contact_data_is_shown_once_for_a_purpose_and_written_down(member: FlaskClient, sign_in: SignIn) -> None:
    crowd.register(1)
    crowd.settle()
    (lead,) = leads(member)
    assert member.post(f"/queue/{lead}/contact", data={"purpose": "首次联系"}).status_code == 409
    tell(member, lead, "claim")
    for purpose in ("", "x", "打 13900000001 试试"):
        refused = member.post(f"/queue/{lead}/contact", data={"purpose": purpose})
        assert (refused.status_code, "示例来宾" in refused.text) == (422, False)
    page = tell(member, lead, "contact", purpose="首次联系")
    for shown in ("示例来宾", "13900000001", "前从你们的系统中清除"):
        assert shown in page, shown
    assert "示例来宾" not in member.get(f"/queue/{lead}").text
    audit = sign_in(access.PRIVACY_OFFICER).get("/audit?kind=disclosure").text
    assert "首次联系" in audit
    assert "13900000001" not in audit


def test_what_a_colleague_claimed_is_theirs(member: FlaskClient, sign_in: SignIn) -> None:
    (lead,) = leads(member)
    tell(member, lead, "claim")
    other = sign_in(access.BU_MEMBER, name="示例同事")
    assert "同事已领取：示例用户" in other.get("/queue/working").text
    for verb in ("claim", "accept", "release"):
        assert "alert-danger" in tell(other, lead, verb)
    answer = other.post(f"/queue/{lead}/contact", data={"purpose": "首次联系"})
    assert (answer.status_code, "同事" in answer.text) == (409, True)
    assert state_of(lead) == "claimed"


def test_another_units_lead_is_not_there(member: FlaskClient, sign_in: SignIn) -> None:
    (lead,) = leads(member)
    stranger = sign_in(access.BU_MANAGER, bu="power")
    assert leads(stranger) == []
    for wrong in (lead, "00000000-0000-0000-0000-000000000000", "x"):
        bodies = {stranger.get(f"/queue/{wrong}").text}
        for verb in VERBS:
            answer = stranger.post(
                f"/queue/{wrong}/{verb}", data={"purpose": "首次联系", "reason": "no_need", "state": "won"}
            )
            assert answer.status_code == 404, verb
            bodies.add(answer.text)
        assert len(bodies) == 1
    assert state_of(lead) == "queued"


def test_an_empty_queue_says_what_will_come(sign_in: SignIn) -> None:
    member = sign_in(access.BU_MEMBER)
    assert "队列空了" in member.get("/queue").text
    assert "去我的队列" in member.get("/queue/working").text


def test_english_cards_tell_why_in_english(member: FlaskClient) -> None:
    page = member.get("/queue?lang=en").text
    assert "The rule &#34;自动化询价&#34; matched" in page
    assert ">Claim</button>" in page


def test_a_queue_costs_the_same_statements_however_long(app: Flask, member: FlaskClient, database: Engine) -> None:
    costs: dict[str, list[int]] = {}
    for more in (range(2, 4), range(4, 12)):
        for person in more:
            crowd.qualify(person)
        for path in ("/queue?lang=zh", "/queue?lang=en", "/queue/working"):
            with counted(database) as sent:
                assert member.get(path).status_code == 200
            costs.setdefault(path, []).append(len(sent))
    for path, (few, many) in costs.items():
        assert few == many <= 30, (path, costs)
