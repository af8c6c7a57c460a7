"""How the pages of accounts show times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlalchemy.orm import Session

from hub.group import service as group


def short_time(session: Session) -> Callable[[datetime | None], Markup]:
    """Return what shows a time in the group's time zone, the whole of it on hover, and a dash for none."""
    zone = ZoneInfo(group.group_timezone(session))

    def show(at: datetime | None) -> Markup:
        if at is None:
            return Markup("–")
        local = at.astimezone(zone)
        whole, short = local.strftime("%Y-%m-%d %H:%M:%S"), local.strftime("%m-%d %H:%M")
        return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), whole, short)

    return show
