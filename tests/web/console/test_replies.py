"""The replies page: listed in order, edited with what was typed kept, tried without sending anything."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from hub.kernel import access
from hub.kernel.db import transaction
from hub.web import groupfile
from tests.web.console import crowd
from tests.web.console.conftest import SignIn
from wechat import service as wechat

NEW = {
    "name": "价格",
    "account": "",
    "trigger": "keyword",
    "value": "价格",
    "content": "text",
    "text": "第一行\r\n第二行",
}
ON = {"enabled": "1"}
PATH = "/touchpoints/replies"


@pytest.fixture
def admin(sign_in: SignIn) -> FlaskClient:
    """Return a marketer's browser."""
    return sign_in(access.GROUP_MARKETER)


def names() -> list[str]:
    with transaction() as session:
        return [rule.name for rule in wechat.list_replies(session)]


def address(page: str, name: str) -> str:
    """Return the address of a rule that a page lists."""
    found = re.search(rf'href="({PATH}/[0-9a-f-]+)">{name}</a>', page)
    assert found is not None
    return found[1]


def test_a_rule_is_written_tried_and_switched_off(admin: FlaskClient) -> None:
    assert "还没有自动回复" in admin.get(PATH).text
    assert admin.post(f"{PATH}/new", data=NEW | ON).status_code == 303
    page = admin.get(PATH, query_string={"account": crowd.GROUP, "how": "message", "words": " 价格 "}).text
    assert "由「价格」回答：" in page
    assert "第一行\n第二行" in page
    quiet = admin.get(PATH, query_string={"account": crowd.GROUP, "how": "message", "words": "别的"}).text
    assert "没有规则符合" in quiet
    rule = address(page, "价格")
    assert 'value="价格"' in admin.get(rule).text
    assert admin.post(rule, data=NEW).status_code == 303
    page = admin.get(PATH, query_string={"account": crowd.GROUP, "how": "message", "words": "价格"}).text
    assert "没有规则符合" in page
    assert "已停用" in page


def test_rules_change_places_and_are_deleted(admin: FlaskClient) -> None:
    for name in "甲乙丙":
        admin.post(f"{PATH}/new", data={**NEW, **ON, "name": name})
    page = admin.get(PATH).text
    assert admin.post(f"{address(page, '丙')}/move", data={"up": "1"}).status_code == 303
    assert names() == ["甲", "丙", "乙"]
    admin.post(f"{address(page, '甲')}/move", data={"up": "1"})
    admin.post(f"{address(page, '甲')}/move", data={"up": "0"})
    assert names() == ["丙", "甲", "乙"]
    assert admin.post(f"{address(page, '丙')}/delete").status_code == 303
    assert names() == ["甲", "乙"]
    assert admin.post(f"{address(page, '丙')}/delete").status_code == 404


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "请填名称"),
        ({"account": "wx0000000000000000"}, "请选择一个账号"),
        ({"value": ""}, "并填触发内容"),
        ({"trigger": "event:unfollow", "value": ""}, "并填触发内容"),
        ({"trigger": "nonsense"}, "并填触发内容"),
        ({"text": ""}, "内容不合要求"),
        ({"text": "长" * 700}, "内容不合要求"),
        ({"content": "news", "news_title": "手册"}, "内容不合要求"),
        ({"content": "nonsense"}, "内容不合要求"),
        ({"variants": "- when: ["}, "不是合法的 YAML"),
        ({"variants": "- {when: {field: score, gte: many}, reply: {text: a}}"}, "score"),
        ({"variants": "when: yes"}, "写成列表"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    admin: FlaskClient, changes: dict[str, str], says: str
) -> None:
    answer = admin.post(f"{PATH}/new", data={**NEW, "name": "留住我", **changes})
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="留住我"' in answer.text or "name" in changes
    assert names() == []


def test_a_welcome_is_chosen_from_the_list(admin: FlaskClient) -> None:
    assert admin.post(f"{PATH}/new", data={**NEW, **ON, "trigger": "event:follow", "value": ""}).status_code == 303
    page = admin.get(PATH, query_string={"account": crowd.GROUP, "how": "follow", "words": ""}).text
    assert "由「价格」回答：" in page
    assert '<option value="event:follow" selected>' in admin.get(address(page, "价格")).text


def test_two_rules_have_two_names(admin: FlaskClient) -> None:
    admin.post(f"{PATH}/new", data=NEW | ON)
    assert "已有同名的规则" in admin.post(f"{PATH}/new", data=NEW | ON).text


def test_every_kind_of_content_comes_back_in_its_form(admin: FlaskClient) -> None:
    kinds = {
        "news": {
            "news_title": "手册",
            "news_picture": "https://h5.example.com/a.png",
            "news_url": "https://h5.example.com",
        },
        "image": {"image": "m-1"},
        "voice": {"voice": "v-1"},
        "video": {"video_media_id": "d-1", "video_title": "片"},
        "transfer": {"transfer": "desk1@brand"},
    }
    variants = "- when: {field: lifecycle, equals: qualified}\n  reply: {text: 您好}\n"
    for kind, parts in kinds.items():
        typed = {**NEW, **ON, "name": kind, "content": kind, "text": "", "variants": variants, **parts}
        assert admin.post(f"{PATH}/new", data=typed).status_code == 303, kind
        form = admin.get(address(admin.get(PATH).text, kind)).text
        for value in parts.values():
            assert f'value="{value}"' in form
        assert "lifecycle" in form
    assert "另有 1 种按人群" in admin.get(PATH).text
    with transaction() as session:
        assert {c.action for c in groupfile.apply(session, groupfile.export(session, secrets=True))} == {"left"}


def test_an_auditor_reads_the_rules_and_changes_none(sign_in: SignIn) -> None:
    auditor = sign_in(access.AUDITOR)
    assert "新建规则" not in auditor.get(PATH).text
    assert auditor.post(f"{PATH}/new", data=NEW | ON).status_code == 403
