"""The mirror of the accounts' templates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.kernel import bulk, clock
from wechat.models import MessageTemplate

_FIELD = re.compile(r"([^\n{}]*?)[:：]?\s*\{\{\s*([A-Za-z][A-Za-z0-9_]*)\.DATA\s*\}\}")


@dataclass(frozen=True, slots=True)
class TemplateShown:
    """Hold one template: the channel it goes by, its title, and its fields as (name, label)."""

    appid: str
    template_id: str
    channel: str
    title: str
    fields: tuple[tuple[str, str], ...]


def store_templates(session: Session, appid: str, told: Mapping[str, Sequence[Mapping[str, Any]]]) -> int:
    """Make the mirror of an account what WeChat `told` of it, by channel; return how many templates it has."""
    now = clock.now()
    rows = [row for channel, found in told.items() for one in found if (row := _row(appid, channel, one, now))]
    sets = ", ".join(f"{name} = excluded.{name}" for name in ("channel", "title", "fields", "synced_at", "gone_at"))
    conflict = f"(appid, template_id) DO UPDATE SET {sets}"
    distinct = {row["template_id"]: row for row in rows}
    bulk.insert_rows(session, MessageTemplate, [distinct[key] for key in sorted(distinct)], conflict=conflict)
    gone = update(MessageTemplate).where(MessageTemplate.appid == appid, MessageTemplate.gone_at.is_(None))
    session.execute(gone.where(MessageTemplate.template_id.not_in(list(distinct))).values(gone_at=now))
    return len(distinct)


def list_templates(session: Session, appid: str | None = None) -> list[TemplateShown]:
    """Return the templates that accounts have now, by account and title."""
    query = select(MessageTemplate).where(MessageTemplate.gone_at.is_(None))
    if appid is not None:
        query = query.where(MessageTemplate.appid == appid)
    rows = session.scalars(query.order_by(MessageTemplate.appid, MessageTemplate.title, MessageTemplate.template_id))
    return [_shown(row) for row in rows]


def fields_of(content: str) -> list[dict[str, str]]:
    """Return the fields in a template's text, such as "时间:{{time3.DATA}}": name and label of each, in order."""
    return [{"name": name, "label": label.strip() or name} for label, name in _FIELD.findall(content)]


def _row(appid: str, channel: str, told: Mapping[str, Any], now: Any) -> dict[str, Any] | None:
    template_id = str(told.get("template_id") or told.get("priTmplId") or "")
    if not template_id:
        return None
    return {
        "appid": appid,
        "template_id": template_id[:64],
        "channel": channel,
        "title": str(told.get("title") or template_id)[:100],
        "fields": fields_of(str(told.get("content") or "")),
        "synced_at": now,
        "gone_at": None,
    }


def _shown(row: MessageTemplate) -> TemplateShown:
    fields = tuple((one["name"], one["label"]) for one in row.fields)
    return TemplateShown(row.appid, row.template_id, row.channel, row.title, fields)
