"""Apply a group file whole, and write one of what was applied."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

from sqlalchemy import text as sql
from sqlalchemy.orm import Session

import bu_routing.service
import event_hub.service
import wechat.service
from hub.group.service import Change, exporting
from hub.group.service import applying as group
from hub.kernel import settings
from hub.pool.service import scoring
from hub.web.groupfile import checking, loading, writing
from wechat.service import domains, menus

_ALONE = sql("SELECT pg_advisory_xact_lock(hashtext('hub:group_file'))")


def apply(session: Session, text: str | bytes, environ: Mapping[str, str] | None = None) -> list[Change]:
    """Make the group what the file says, in this transaction; return what was created, changed and left.

    What the file does not name stays as it is. Secrets written as ``${NAME}`` come from `environ`, by default this
    process's environment. Raise GroupFileError with every mistake, before anything is written.
    """
    document = loading.load(text)
    session.execute(_ALONE)  # two files at once would each see half of the other
    known = exporting.known_slugs(session)
    data = checking.check(document, known, settings.environment() if environ is None else environ)
    changes = group.apply_shape(session, data)
    if "domain_files" in data:
        changes += domains.apply_domain_files(session, data["domain_files"])
    if "scoring" in data:
        changes += scoring.apply(session, data["scoring"])
    if "routing" in data:
        changes += bu_routing.service.apply(session, data["routing"])
    if "outbound" in data:
        changes += wechat.service.apply_outbound(session, data["outbound"])
    if "replies" in data:
        changes += wechat.service.apply_replies(session, data["replies"])
    if "events" in data:
        changes += event_hub.service.apply(session, data["events"])
    if "menus" in data:
        changes += menus.apply_menus(session, data["menus"])
    return changes


def export(session: Session, *, secrets: bool = False) -> str:
    """Return the group file that makes this group; its secrets are ``${NAME}`` unless `secrets` asks for them."""
    sections: dict[str, Any] = exporting.export_shape(session, secrets=secrets)
    files = domains.domain_files_section(session)
    if files:
        sections["domain_files"] = files
    if scoring.current_model(session).version:
        sections["scoring"] = writing.arrange(scoring.body(session))
    routing = bu_routing.service.section(session)
    if routing:
        sections["routing"] = writing.arrange(routing)
    outbound = wechat.service.outbound_section(session)
    if outbound:
        sections["outbound"] = writing.arrange(outbound)
    replies = wechat.service.export_replies(session)
    if replies:
        sections["replies"] = writing.arrange(replies)
    events = event_hub.service.export(session)
    if events:
        sections["events"] = events
    drafts = menus.export_menus(session)
    if drafts:
        sections["menus"] = drafts
    return writing.write(sections)


def demo() -> str:
    """Return the sample group file of the demo."""
    return resources.files(__package__).joinpath("demo.yaml").read_text("utf-8")
