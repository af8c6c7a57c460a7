"""Filters kept under names: one's own or a role's, deleted and taken back."""

from __future__ import annotations

import html
import re

import pytest
from flask.testing import FlaskClient

from hub.kernel import access
from tests.web.console.conftest import SignIn
from tests.web.console.test_conflicts import undo_of

WHEN = "when=%7Bfield%3A+score%2C+gte%3A+60%7D"


def save(client: FlaskClient, name: str, query: str = WHEN, page: str = "people", *, shared: bool = False) -> str:
    """Save a view and return the page that follows."""
    form = {"page": page, "name": name, "query": query, **({"shared": "1"} if shared else {})}
    return client.post("/views", data=form, follow_redirects=True).text


def names(client: FlaskClient, page: str = "people") -> list[str]:
    """Return the names of the views above a list."""
    return re.findall(r'<a class="go"[^>]*>([^<]+)</a>', client.get(f"/{page}").text)


@pytest.fixture
def admin(sign_in: SignIn) -> FlaskClient:
    """Return a group admin's browser."""
    return sign_in(access.GROUP_ADMIN)


def test_a_filter_is_kept_opened_deleted_and_taken_back(admin: FlaskClient) -> None:
    assert "保存视图" not in admin.get("/people").text
    page = save(admin, "高分的人")
    assert "已保存视图「高分的人」" in page
    assert 'aria-current="page">高分的人' in page
    address = re.search(r'<a class="go" href="([^"]+)"', admin.get("/people").text)
    assert address is not None
    assert "评分不小于 60" in admin.get(html.unescape(address[1])).text
    gone = re.search(r'action="(/views/[^"]+/delete)"', page)
    assert gone is not None
    after = admin.post(gone[1], follow_redirects=True).text
    assert names(admin) == []
    admin.post(undo_of(after))
    assert names(admin) == ["高分的人"]
    assert "保存视图" in admin.get("/audit").text


def test_a_view_of_the_same_name_takes_the_place_of_the_old(admin: FlaskClient) -> None:
    save(admin, "一")
    save(admin, "一", "when=%7Bfield%3A+score%2C+gte%3A+9%7D")
    assert names(admin) == ["一"]


def test_a_shared_view_is_seen_by_the_same_role_only_and_changed_by_its_owner(sign_in: SignIn) -> None:
    marketer = sign_in(access.GROUP_MARKETER)
    save(marketer, "自己的")
    page = save(marketer, "大家的", shared=True)
    colleague, auditor = sign_in(access.GROUP_MARKETER), sign_in(access.AUDITOR)
    assert names(colleague) == ["大家的"]
    assert names(auditor) == []
    for path in re.findall(r'action="(/views/[^"]+/delete)"', page):
        assert colleague.post(path).status_code == 404
    assert sorted(names(marketer)) == ["大家的", "自己的"]


def test_each_list_has_its_own_views(admin: FlaskClient) -> None:
    save(admin, "待领取", "state=queued&bu=automation&cursor=x&other=y", "leads")
    save(admin, "登录", "kind=act", "audit")
    assert (names(admin), names(admin, "leads"), names(admin, "audit")) == ([], ["待领取"], ["登录"])
    assert 'href="/leads?bu=automation&amp;state=queued"' in admin.get("/leads").text


@pytest.mark.parametrize(
    ("name", "query", "says"),
    [
        ("", WHEN, "视图名称是 1 到 40 个字"),
        ("x" * 41, WHEN, "视图名称是 1 到 40 个字"),
        ("好", "cursor=x", "先筛选，再保存视图"),
        ("打 13900000001", WHEN, "不能有电话或邮箱"),
        ("长", "when=" + "x" * 7000, "太长"),
    ],
)
def test_what_cannot_be_kept_says_why(admin: FlaskClient, name: str, query: str, says: str) -> None:
    assert says in save(admin, name, query)
    assert names(admin) == []


def test_a_list_one_may_not_see_keeps_no_view_of_oneself(sign_in: SignIn) -> None:
    officer = sign_in(access.PRIVACY_OFFICER)
    assert officer.post("/views", data={"page": "people", "name": "x", "query": WHEN}).status_code == 422
    assert officer.post("/views/nonsense/restore").status_code == 404
    assert sign_in(access.BU_MEMBER).post("/views", data={}).status_code == 403
