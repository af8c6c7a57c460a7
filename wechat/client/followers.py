"""The list of an account's followers, and what WeChat says of many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wechat.client.api import HubClient
from wechat.client.users import BATCH, UserInfo


@dataclass(frozen=True, slots=True)
class Page:
    """Hold one page of user/get: how many follow in all, and up to 10,000 OpenIDs, none behind the last page."""

    total: int
    openids: tuple[str, ...]


def page(client: HubClient, after: str = "") -> Page:
    """Return the page of followers behind `after`; raise WeChatError 40003 when `after` is unknown to WeChat."""
    answer = client._ask("get", "user/get", params={"next_openid": after} if after else {})  # noqa: SLF001 - one client
    listed = (answer.get("data") or {}).get("openid") or ()
    return Page(int(answer.get("total") or 0), tuple(dict.fromkeys(map(str, listed))))


def batches(openids: Sequence[str]) -> list[Sequence[str]]:
    """Return `openids` in batches that one batchget takes."""
    return [openids[start : start + BATCH] for start in range(0, len(openids), BATCH)]


def infos(client: HubClient, openids: Sequence[str]) -> dict[str, UserInfo]:
    """Return what WeChat says of each OpenID; those that are invalid at this account are left out."""
    return client.resolve_unionids(openids)
