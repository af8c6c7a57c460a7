"""The console's left rail: the pages there are, for the roles that their views allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Flask, current_app, g, request, url_for
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from hub.kernel.access import BU_USERS, Caller
from hub.web.access import allowed


@dataclass(frozen=True, slots=True)
class Item:
    """Name one page; `icon` is a macro of console/_icons.html. A role in `never` may open it and is led on."""

    endpoint: str
    label: LazyString
    icon: str
    never: tuple[str, ...] = ()


ITEMS = (
    Item("console.overview", _("总览"), "overview", never=BU_USERS),
    Item("console.people", _("人群"), "people"),
    Item("console.touchpoints", _("触点"), "touchpoints"),
    Item("console.sends", _("触达"), "sends"),
    Item("console.leads", _("线索"), "queue"),
    Item("console.queue", _("我的队列"), "queue"),
    Item("console.working", _("进行中"), "working"),
    Item("console.done", _("已结束"), "done"),
    Item("console.operations", _("运维"), "operations"),
    Item("console.audit", _("审计"), "audit"),
    Item("access.show", _("访问权限"), "access"),
    Item("account.show", _("我的账号"), "account"),
)


SECTIONS: Mapping[str, tuple[Item, ...]] = {
    "touchpoints": (
        Item("console.touchpoints", _("账号"), "touchpoints"),
        Item("console.followers", _("粉丝同步"), "touchpoints"),
        Item("console.qrcodes", _("二维码"), "touchpoints"),
        Item("console.menus", _("菜单"), "touchpoints"),
        Item("console.replies", _("自动回复"), "touchpoints"),
        Item("console.platforms", _("第三方平台"), "touchpoints"),
        Item("console.domains", _("域名"), "touchpoints"),
    ),
}
"""The pages beside one another under one place of the rail, as tabs."""


def install(app: Flask) -> None:
    """Give every template the caller as `me`, and the rail as `nav`."""

    @app.context_processor
    def _context() -> dict[str, object]:
        me: Caller | None = g.get("caller")
        person = me if me is not None and me.is_user else None
        return {
            "me": person,
            "nav": items(person.role) if person else [],
            "place": _place(request.endpoint or ""),
            "section": lambda name: _allowed(SECTIONS[name], person.role) if person else [],
            "tabs": bool(person and person.role in BU_USERS),
        }


def _place(endpoint: str) -> str:
    """Return the page of the rail under which a page of a section stands, "" for all others."""
    return next((tabs[0].endpoint for tabs in SECTIONS.values() if endpoint in {tab.endpoint for tab in tabs}), "")


def items(role: str) -> list[Item]:
    """Return the pages that exist and that this role may open, in their order."""
    return _allowed(ITEMS, role)


def _allowed(those: Iterable[Item], role: str) -> list[Item]:
    return [item for item in those if role in allowed(current_app, item.endpoint) and role not in item.never]


def first_page(role: str) -> str:
    """Return the address on which a user of this role lands."""
    return url_for(items(role)[0].endpoint)
