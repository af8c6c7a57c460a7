"""Menus at WeChat: read what is there, replace it whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wechat.client.api import HubClient
from wechat.client.errors import WeChatError
from wechat.rules import menuwire

NO_MENU = 46003


class MenuRefused(Exception):
    """WeChat refused a part of a menu: `rule` names the conditional one, "" the default one."""

    def __init__(self, error: WeChatError, rule: str = "") -> None:
        super().__init__(str(error))
        self.error, self.rule = error, rule


def read(client: HubClient) -> dict[str, Any]:
    """Return the menu that people see now; raise WeChatError."""
    answer = _get(client)
    if answer is not None:
        return menuwire.from_wire(answer)
    return menuwire.from_current(client.get("get_current_selfmenu_info"))


def publish(client: HubClient, menu: Mapping[str, Any]) -> None:
    """Make `menu` the account's menu: the default one, then the conditional ones anew; raise MenuRefused.

    Done again after it broke off in the middle, it ends in the same menu.
    """
    rules: Sequence[Mapping[str, Any]] = menu.get("conditional", ())
    try:
        there = _get(client) or {}
        if not menu["buttons"]:
            client.get("menu/delete")  # the conditional ones go with it
            return
        client.post("menu/create", data={"button": menuwire.to_wire(menu["buttons"])})
        for id_ in menuwire.menu_ids(there):
            client.post("menu/delconditional", data={"menuid": id_})
    except WeChatError as error:
        raise MenuRefused(error) from error
    for rule in reversed(rules):  # WeChat tries the one made last first
        wish = {"button": menuwire.to_wire(rule["buttons"]), "matchrule": menuwire.rule_to_wire(rule)}
        try:
            client.post("menu/addconditional", data=wish)
        except WeChatError as error:
            raise MenuRefused(error, rule["name"]) from error


def _get(client: HubClient) -> dict[str, Any] | None:
    """Return what menu/get answers, None when the account has no menu that was made by it."""
    try:
        answer: dict[str, Any] = client.get("menu/get")
    except WeChatError as error:
        if error.errcode != NO_MENU:
            raise
        return None
    return answer
