"""Files with which WeChat checks whose a domain is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hub.group.service import Account, Change
from hub.kernel import clock
from wechat.client.shared import clients
from wechat.models import DomainFile


def domain_files(session: Session) -> list[DomainFile]:
    """Return every file, by domain."""
    return list(session.scalars(select(DomainFile).order_by(DomainFile.domain, DomainFile.name)))


def apply_domain_files(session: Session, section: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Keep the files that `section` names; what it does not name stays as it is."""
    return [_put(session, wanted) for wanted in section]


def domain_files_section(session: Session) -> list[dict[str, str]]:
    """Return the files as the group file writes them."""
    return [{"domain": row.domain, "name": row.name, "content": row.content} for row in domain_files(session)]


def remove_domain_file(session: Session, domain: str, name: str) -> bool:
    """Remove a file and tell whether it was there."""
    gone = delete(DomainFile).where(DomainFile.domain == domain, DomainFile.name == name)
    return session.execute(gone.returning(DomainFile.name)).scalar() is not None


def page_ticket(account: Account) -> str:
    """Return the ticket with which pages are signed; raise WeChatError when WeChat gives none."""
    return clients().of(account).ticket()


def _put(session: Session, wanted: Mapping[str, Any]) -> Change:
    slug = f"{wanted['domain']}/{wanted['name']}"
    row = session.get(DomainFile, (wanted["domain"], wanted["name"]))
    if row is None:
        session.add(DomainFile(**wanted, created_at=clock.now()))
        session.flush()
        return Change("domain_file", slug, "created")
    if row.content == wanted["content"]:
        return Change("domain_file", slug, "left")
    row.content = wanted["content"]
    return Change("domain_file", slug, "changed")
