"""Global search: whatever has exactly this name, as far as whoever asks may see it."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from bu_routing.models import Decision
from hub.kernel import access, clock
from hub.kernel.db import transaction
from hub.pool import service as pool
from hub.pool.models import Identity
from hub.pool.service import VISITOR, IdentityRef, NewActivity
from tests.web.console import crowd
from tests.web.console.conftest import SignIn
from tests.web.console.test_conflicts import conflict


def goes_to(client: FlaskClient, asked: object) -> str:
    """Return where a search leads."""
    answer = client.get("/search", query_string={"q": str(asked)})
    assert answer.status_code == 302, answer.text
    return unquote(answer.location)


@pytest.fixture
def admin(sign_in: SignIn) -> FlaskClient:
    """Return a group admin's browser."""
    return sign_in(access.GROUP_ADMIN)


def test_an_id_or_a_name_leads_straight_to_its_page(admin: FlaskClient) -> None:
    crowd.qualify(1)
    crowd.stitch(1, crowd.GROUP)
    one, lead = crowd.person_id(1), crowd.lead_id()
    with transaction() as session:
        decision = session.scalars(select(Decision.id)).one()
    assert goes_to(admin, one) == f"/people/{one}"
    assert goes_to(admin, crowd.openid(1).value) == f"/people/{one}"
    assert goes_to(admin, "u-person-0001") == f"/people/{one}"
    assert goes_to(admin, lead) == f"/people/{one}#lead-{lead}"
    assert f'id="lead-{lead}"' in admin.get(f"/people/{one}").text
    assert goes_to(admin, decision) == f"/decisions/{decision}"
    assert goes_to(admin, crowd.GROUP) == f"/touchpoints/{crowd.GROUP}"
    assert "每条规则的回答" in admin.get(f"/decisions/{decision}").text


def test_a_scene_and_a_company_lead_to_their_people(admin: FlaskClient) -> None:
    crowd.qualify(1)
    crowd.act(2, "follow", scene="expo")
    with transaction() as session:
        visitor = IdentityRef(VISITOR, "", "visitor-0000001")
        pool.record_activities(
            session, [NewActivity(visitor, "registration", clock.now(), "", None, {"traits": {"company": "示例"}})]
        )
    for asked, field in (("auto.expo", "last_scene"), ("示例", "traits.company")):
        when = parse_qs(urlsplit(goes_to(admin, asked)).query)["when"][0]
        assert json.loads(when) == {"field": field, "equals": asked}


def test_a_conflict_is_found_by_its_id(admin: FlaskClient) -> None:
    one = conflict()
    assert goes_to(admin, one) == f"/people/conflicts/{one}"


def test_several_hits_are_listed(admin: FlaskClient) -> None:
    crowd.act(1, "follow")
    crowd.act(2, "follow", appid=crowd.ENERGY)
    with transaction() as session:
        for row in session.scalars(select(Identity)):
            row.value = "o-the-same-value"
    page = admin.get("/search?q=o-the-same-value")
    assert page.status_code == 200
    assert page.text.count('<a href="/people/') == 2


@pytest.mark.parametrize("asked", ["", "nobody", "0" * 32, "\0", "x" * 3000, "' OR 1=1 --"])
def test_nothing_found_says_what_can_be_searched(admin: FlaskClient, asked: str) -> None:
    page = admin.get("/search", query_string={"q": asked})
    assert page.status_code == 200
    assert "姓名、手机和邮箱不能查找" in page.text


def test_a_business_unit_finds_its_own_leads_and_nothing_else(sign_in: SignIn) -> None:
    crowd.qualify(1)
    lead, member = crowd.lead_id(), sign_in(access.BU_MEMBER)
    assert goes_to(member, lead) == f"/queue/{lead}"
    for asked in (crowd.person_id(1), crowd.openid(1).value, crowd.GROUP, "auto.expo"):
        assert member.get("/search", query_string={"q": asked}).status_code == 200
    assert sign_in(access.BU_MEMBER, bu="power").get(f"/search?q={lead}").status_code == 200
    assert sign_in(access.PRIVACY_OFFICER).get("/search?q=x").status_code == 403
