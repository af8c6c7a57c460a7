"""Conflicts judged in the console, merges undone there, and both in the audit trail."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from hub.kernel import access
from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from hub.pool import service as pool
from hub.pool.service import UNIONID, IdentityRef, Link
from tests.web.console import crowd
from tests.web.console.conftest import SignIn


def conflict() -> str:
    """Let two people follow, each with a UnionID, and one of them report the other's; return the conflict's id."""
    crowd.act(1, "follow", scene="auto.expo")
    crowd.act(2, "follow")
    unions = [IdentityRef(UNIONID, "main", f"u-person-{n:04d}") for n in (1, 2)]
    for person, union in ((1, 0), (2, 1), (1, 1)):
        with transaction() as session:
            pool.link_identities(session, [Link(crowd.openid(person), unions[union], "batchget")])
    with transaction() as session:
        (row,) = pool.open_conflicts(session, before=None, limit=9)
    return str(row.id)


def waiting() -> int:
    with transaction() as session:
        return pool.count_open_conflicts(session, most=99)


@pytest.fixture
def admin(sign_in: SignIn) -> FlaskClient:
    """Return a group admin's browser."""
    return sign_in(access.GROUP_ADMIN)


def undo_of(page: str) -> str:
    """Return the address that the flash on a page offers for undoing."""
    found = re.search(r'undo" role="status">.*?action="([^"]+)"', page, re.DOTALL)
    assert found is not None
    return found[1]


def test_both_sides_are_shown_masked_with_what_joins_and_what_parts_them(admin: FlaskClient) -> None:
    one = conflict()
    assert "冲突 1" in admin.get("/people").text
    assert one in admin.get("/people/conflicts").text
    page = admin.get(f"/people/conflicts/{one}").text
    assert "为什么像一个人" in page
    assert "u-p…0001</code> ≠ <code" in page
    assert "u-person-0001" not in page
    assert "o-person-0001" not in page
    assert page.count("关注中") == 2
    assert one in admin.get(f"/people/{crowd.person_id(1)}").text


def test_one_person_is_merged_undone_and_audited(admin: FlaskClient) -> None:
    one = conflict()
    after = admin.post(f"/people/conflicts/{one}/same", follow_redirects=True)
    assert "已合并为一个人" in after.text
    assert crowd.person_id(1) == crowd.person_id(2)
    assert "判断为同一个人" in admin.get("/audit").text
    page = admin.get(f"/people/{crowd.person_id(1)}").text
    assert "由人判断" in page
    admin.post(undo_of(after.text))
    assert crowd.person_id(1) != crowd.person_id(2)
    assert waiting() == 1


def test_two_people_are_kept_apart_and_the_audit_trail_takes_it_back(admin: FlaskClient) -> None:
    one = conflict()
    admin.post(f"/people/conflicts/{one}/apart")
    assert waiting() == 0
    assert "两个人" in admin.get("/people/conflicts?state=decided").text
    assert f'action="/people/conflicts/{one}/reopen"' in admin.get("/audit").text
    after = admin.post(f"/people/conflicts/{one}/reopen", data={"back": "audit"})
    assert after.location == "/audit"
    assert waiting() == 1


def test_a_merge_is_undone_from_the_person_and_made_again(admin: FlaskClient) -> None:
    crowd.act(1, "follow")
    crowd.act(1, "follow", appid=crowd.AUTOMATION)
    crowd.stitch(1, crowd.GROUP, crowd.AUTOMATION)
    page = admin.get(f"/people/{crowd.person_id(1)}").text
    undo = re.search(r'action="(/merges/[^"]+/undo)"', page)
    assert undo is not None
    after = admin.post(undo[1], follow_redirects=True).text
    assert crowd.person_id(1) != crowd.person_id(1, crowd.AUTOMATION)
    assert "已拆分" in after
    admin.post(undo_of(after))
    assert crowd.person_id(1) == crowd.person_id(1, crowd.AUTOMATION)
    trail = admin.get("/audit").text
    assert "拆分合并" in trail
    assert "重新合并" in trail


def test_what_is_decided_or_not_there_is_said(admin: FlaskClient) -> None:
    one = conflict()
    admin.post(f"/people/conflicts/{one}/apart")
    assert "已有人处理过" in admin.post(f"/people/conflicts/{one}/same", follow_redirects=True).text
    for path in (f"/people/conflicts/{new_id()}/same", f"/merges/{new_id()}/undo", "/merges/nonsense/restore"):
        assert admin.post(path).status_code == 404
    assert admin.get(f"/people/conflicts/{new_id()}").status_code == 404


def test_only_an_admin_decides(sign_in: SignIn) -> None:
    one = conflict()
    auditor = sign_in(access.AUDITOR)
    assert "同一个人，合并" not in auditor.get(f"/people/conflicts/{one}").text
    assert auditor.post(f"/people/conflicts/{one}/same").status_code == 403
    assert sign_in(access.BU_MEMBER).get("/people/conflicts").status_code == 403
    assert waiting() == 1
