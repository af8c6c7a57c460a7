"""Every page, in a browser that reaches nothing but the hub: no error, no refusal, no stranger, nothing too wide."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.kernel import access, clock
from hub.kernel.db import transaction
from tests.browser.conftest import Open, no_sideways
from tests.web.console import crowd
from wechat.service import NewSend, queue_sends

PAGES = {
    access.GROUP_ADMIN: (
        "/",
        "/people",
        "/people?when={field: score, gte: 1}",
        "/people?when={field: nothing}",
        "/people/<person>",
        "/people/<person>/send",
        "/sends",
        "/sends?state=pending&campaign=expo25",
        "/sends/<send>",
        "/people/conflicts",
        "/people/conflicts?state=decided",
        "/search",
        "/search?q=nobody",
        "/leads",
        "/leads?bu=automation&state=queued",
        "/touchpoints",
        f"/touchpoints/{crowd.GROUP}",
        "/touchpoints/followers",
        "/touchpoints/new",
        "/touchpoints/domains",
        "/menus",
        f"/menus/{crowd.GROUP}",
        f"/menus/{crowd.GROUP}/publication",
        "/platforms",
        f"/touchpoints/{crowd.GROUP}/edit",
        "/touchpoints/replies",
        f"/touchpoints/replies?account={crowd.GROUP}&how=follow",
        "/touchpoints/replies/new",
        "/qr-codes",
        "/qr-codes/new",
        "/operations",
        "/audit",
        "/audit?kind=lead&actor=nobody",
        "/access",
        "/account",
    ),
    access.BU_MEMBER: ("/queue", "/queue/working", "/queue/done", "/queue/<lead>", "/queue?lang=en"),
    None: ("/login", "/live", "/live?lang=en"),
}


def send_id() -> str:
    """Return a send that waits, the same whenever it is asked for."""
    wish = NewSend(
        appid=crowd.GROUP,
        openid=crowd.openid(1).value,
        channel="custom",
        content={"msgtype": "text", "text": {"content": "资料已备好"}},
        purpose="service",
        campaign="expo25",
        dedupe_key="pages",
        not_before=clock.now() + timedelta(hours=1),
    )
    with transaction() as session:
        return str(queue_sends(session, [wish])[0])


def filled(path: str) -> str:
    """Return a path with its gaps filled by what is there."""
    return path.replace("<person>", crowd.person_id(1)).replace("<lead>", crowd.lead_id()).replace("<send>", send_id())


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_every_page_opens_clean(open_page: Open, phone: bool) -> None:
    crowd.qualify(1)
    crowd.register(1)
    crowd.settle()
    for role, paths in PAGES.items():
        page = open_page(role, paths[0].partition("<")[0], phone=phone)
        for path in paths:
            with no_sideways(page):
                answer = page.goto(filled(path))
                assert answer is not None
                assert answer.status == 200, path
            assert page.locator("h1").count() == 1, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(open_page: Open, scheme: str) -> None:
    crowd.qualify(1)
    page = open_page(access.GROUP_ADMIN)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path in (
        "/",
        "/people",
        f"/people/{crowd.person_id(1)}",
        "/touchpoints",
        "/touchpoints/replies",
        "/operations",
    ):
        page.goto(path)
        assert page.evaluate(_PALE) == [], path


_PALE = """() => {
  const part = (c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const read = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const found = read(getComputedStyle(node).backgroundColor);
      if (found.length === 3 || found[3] > 0.99) return found;
    }
    return [255, 255, 255];
  };
  const pale = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || !node.checkVisibility()) continue;
    if (node.closest("script, template, svg")) continue;
    const [a, b] = [light(read(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) pale.push(`${node.textContent.trim().slice(0, 40)} ${ratio.toFixed(2)}`);
  }
  return pale;
}"""
