"""What every page of the console shares: its blueprint, who may open it, and how values are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, g, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel import clock
from hub.kernel.access import AUDITOR, GROUP_ADMIN, GROUP_MARKETER, PRIVACY_OFFICER, caller
from hub.kernel.http import Problem, read_cursor
from hub.web.board import ago, span
from hub.web.languages import _, language
from hub.web.words import WORDS

blp = Blueprint("console", __name__)

READERS = (GROUP_ADMIN, GROUP_MARKETER, AUDITOR)
"""Who reads people, leads and touchpoints of the whole group."""
WATCHERS = (*READERS, PRIVACY_OFFICER)
"""Who sees the overview."""
OVERSEERS = (GROUP_ADMIN, PRIVACY_OFFICER, AUDITOR)
"""Who sees operations and the audit trail."""
_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日"), ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def page(session: Session, template: str, **values: Any) -> str:
    """Return the page, its times in the group's time zone."""
    g.zone = ZoneInfo(group.group_timezone(session))
    return render_template(f"console/{template}", **values)


def known_id(text: str, what: str) -> UUID:
    """Return `text` as an id; what is none names nothing, so that the answer is the same 404."""
    try:
        return UUID(text)
    except ValueError:
        raise Problem(404, f"There is no such {what}.") from None


def read_position(cursor: str | None, *readers: Callable[[str], Any]) -> Any:
    """Return the position that `cursor` holds, each part of it read, None without one; raise Problem 422 if broken."""
    position = read_cursor(cursor, len(readers))
    if position is None:
        return None
    try:
        return tuple(read(part) for read, part in zip(readers, position, strict=True))
    except (ValueError, TypeError, AttributeError):
        raise Problem(422, _("这不是本列表的翻页位置：从第一页重新开始。")) from None


def label(kind: str, key: str) -> str:
    """Return the word for a state, an activity kind, a drain ... in the page's language, `key` itself for a new one."""
    words: Mapping[str, str] = WORDS[language()][kind]
    return words.get(key, key)


def may(endpoint: str) -> bool:
    """Tell whether whoever looks at this page may open that one: links lead nowhere in vain."""
    allowed: frozenset[str] = getattr(current_app.view_functions[endpoint], "allowed", frozenset())
    return g.get("caller") is not None and caller().role in allowed


def way(endpoint: str, **values: Any) -> str | None:
    """Return the address of a page that the caller may open, else None."""
    return url_for(endpoint, **values) if may(endpoint) else None


def moment(at: datetime | None, *, exact: bool = False) -> Markup:
    """Return a time as people read it, relative unless `exact`, the whole of it on hover; a dash for none."""
    if at is None:
        return Markup("–")
    local = at.astimezone(g.zone)
    day = _WEEKDAYS[language() == "en"][local.weekday()]
    short = f"{local:%m-%d %H:%M}" if local.year == clock.now().astimezone(g.zone).year else f"{local:%Y-%m-%d}"
    since = clock.now() - at
    shown = ago(since, WORDS[language()]) if not exact and timedelta(0) <= since < timedelta(days=7) else short
    return Markup('<time datetime="{}" title="{} {}">{}</time>').format(
        at.isoformat(), local.strftime("%Y-%m-%d %H:%M:%S"), day, shown
    )


def left(until: datetime) -> str:
    """Return how long it is until then, or since then when it is past, in one unit."""
    return lasting(abs((until - clock.now()).total_seconds()))


def lasting(seconds: float) -> str:
    """Return a length of time in one unit."""
    return span(timedelta(seconds=seconds), WORDS[language()])


def here(**changes: object) -> str:
    """Return the address of this page with some parameters changed, those that become None left out."""
    arguments: dict[str, Any] = {**request.args.to_dict(), **(request.view_args or {}), **changes}
    return url_for(request.endpoint or "", **{name: value for name, value in arguments.items() if value is not None})


def short(id_: UUID | str) -> str:
    """Return the end of an id, enough to tell two of them apart on one page."""
    return str(id_).replace("-", "")[-6:]


def number(n: int) -> str:
    """Return a number with its thousands apart."""
    return f"{n:,}"


@blp.app_context_processor
def _tools() -> dict[str, Any]:
    return {
        "here": here,
        "label": label,
        "lasting": lasting,
        "left": left,
        "may": may,
        "moment": moment,
        "number": number,
        "short": short,
        "way": way,
    }
