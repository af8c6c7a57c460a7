"""The audit trail: who did what when, written in the transaction of the act itself."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from hub.group.models import AuditEntry
from hub.kernel import clock
from hub.kernel.access import OPERATOR, Caller


def audit(
    session: Session,
    by: Caller | None,
    action: str,
    kind: str,
    object_id: UUID | str,
    *,
    bu_id: UUID | None = None,
    **details: str | int | bool | None,
) -> None:
    """Record that `by` (None: whoever stands at the machine) did `action` to one object.

    `details` hold ids, slugs and roles; never values of a person.
    """
    session.add(
        AuditEntry(
            at=clock.now(),
            actor_id=by.actor_id if by else None,
            actor_role=by.role if by else OPERATOR,
            action=action,
            object_kind=kind,
            object_id=str(object_id),
            bu_id=bu_id or (by.bu_id if by else None),
            details=details,
        )
    )
