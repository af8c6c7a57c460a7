"""The console: the pages that people work in, family by family, and the read models beside them."""

from hub.web.console import (
    accountedit,
    audit,
    conflicts,
    domains,
    leads,
    menupublishing,
    menus,
    operations,
    overview,
    people,
    pictures,
    platforms,
    qrcodes,
    queue,
    replies,
    search,
    sends,
    touchpoints,
    views,
)
from hub.web.console.page import (
    blp,
)

__all__ = [
    "accountedit",
    "audit",
    "blp",
    "conflicts",
    "domains",
    "leads",
    "menupublishing",
    "menus",
    "operations",
    "overview",
    "people",
    "pictures",
    "platforms",
    "qrcodes",
    "queue",
    "replies",
    "search",
    "sends",
    "touchpoints",
    "views",
]
