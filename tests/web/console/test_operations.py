"""Operations and the audit trail."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from hub.kernel import access
from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from hub.web.console import audit
from tests.web.console import crowd
from tests.web.console.conftest import SignIn


def bury() -> list[str]:
    """Make two look-ups dead letters and return their ids."""
    with transaction() as session:
        for n in (1, 2):
            session.execute(
                text(
                    "INSERT INTO unionid_lookup (id, appid, openid, shard, subject, state, attempts, error)"
                    " VALUES (:id, 'wx1', :o, 0, :o, 'dead', 8, 'wechat 40001')"
                ),
                {"id": new_id(), "o": f"o-{n}"},
            )
        return [str(id_) for id_ in session.scalars(text("SELECT id FROM unionid_lookup ORDER BY openid"))]


def dead() -> int:
    with transaction() as session:
        return session.scalar(text("SELECT count(*) FROM unionid_lookup WHERE state = 'dead'")) or 0


def test_dead_letters_are_listed_and_put_back_one_by_one_or_all(sign_in: SignIn) -> None:
    admin = sign_in(access.GROUP_ADMIN)
    assert "没有死信" in admin.get("/operations").text
    first, _second = bury()
    page = admin.get("/operations").text
    assert page.count("wechat 40001") == 2
    assert "没有选中任何一条" in _replay(admin, {})
    assert "1 条已放回" in _replay(admin, {"id": first})
    assert dead() == 1
    assert "1 条已放回" in _replay(admin, {"all": "1"})
    assert dead() == 0
    assert "放回死信" in admin.get("/audit?kind=act").text


def _replay(client: FlaskClient, form: dict[str, str]) -> str:
    return client.post("/operations/dead-letters/replay", data=form, follow_redirects=True).text


@pytest.mark.parametrize("role", [access.PRIVACY_OFFICER, access.AUDITOR])
def test_who_only_reads_operations_cannot_put_anything_back(sign_in: SignIn, role: str) -> None:
    letter, _ = bury()
    client = sign_in(role)
    page = client.get("/operations").text
    assert "wechat 40001" in page
    assert "放回" not in page.replace("修好原因后放回", "")
    assert client.post("/operations/dead-letters/replay", data={"id": letter}).status_code == 403
    assert dead() == 2


def test_what_is_no_letter_is_refused(sign_in: SignIn) -> None:
    answer = sign_in(access.GROUP_ADMIN).post("/operations/dead-letters/replay", data={"id": "x"})
    assert answer.status_code == 400


def test_the_purge_says_that_nothing_is_overdue_and_when_something_is(sign_in: SignIn) -> None:
    officer = sign_in(access.PRIVACY_OFFICER)
    crowd.qualify(1)
    crowd.register(1)
    crowd.settle()
    assert '<span class="mood ok">0</span>' in officer.get("/operations").text
    with transaction() as session:
        session.execute(text("UPDATE collection SET expires_on = current_date - 1"))
    page = officer.get("/operations").text
    assert "请立即运行 hub privacy purge" in page


def test_the_trail_holds_every_kind_in_one_order_and_filters(sign_in: SignIn) -> None:
    crowd.qualify(1)
    member, officer = sign_in(access.BU_MEMBER, name="示例销售"), sign_in(access.PRIVACY_OFFICER)
    (lead,) = re.findall(r'id="lead-([0-9a-f-]{36})"', member.get("/queue").text)
    member.post(f"/queue/{lead}/claim")
    everything = officer.get("/audit").text
    assert "待领取 → 已领取" in everything
    assert "新建用户" in everything
    mine = officer.get("/audit?actor=示例销售").text
    assert ("待领取 → 已领取" in mine, "新建用户" in mine) == (True, False)
    assert "没有记录" in officer.get("/audit?actor=nobody").text
    assert "没有记录" in officer.get("/audit?bu=power&kind=lead").text
    assert "没有记录" in officer.get("/audit?to=2020-01-01").text
    assert "待领取 → 已领取" in officer.get("/audit?from=2020-01-01&to=2099-01-01").text
    assert officer.get("/audit?from=yesterday").status_code == 200


def test_the_export_holds_the_same_and_no_formula(sign_in: SignIn) -> None:
    crowd.qualify(1)
    officer = sign_in(access.PRIVACY_OFFICER, name="=1+1")
    answer = officer.get("/audit.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][0] == "时间"
    assert len(rows) > 2
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize(("cell", "safe"), [("=1", "'=1"), ("@x", "'@x"), ("\tx", "'\tx"), ("a=1", "a=1"), ("", "")])
def test_a_cell_never_becomes_a_formula(cell: str, safe: str) -> None:
    assert audit.plain(cell) == safe


def test_the_export_reads_on_past_one_batch(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_BATCH", 2)
    for person in range(1, 6):
        crowd.qualify(person)
    officer = sign_in(access.PRIVACY_OFFICER)
    rows = list(csv.reader(io.StringIO(officer.get("/audit.csv?kind=lead").data.decode("utf-8-sig"))))
    assert len(rows) == 6
    assert len({tuple(row) for row in rows}) == 6
