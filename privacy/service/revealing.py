"""Show contact data to a business unit that may see it, and write down that it was shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.kernel import clock
from hub.kernel.db import vault_transaction
from hub.kernel.ids import new_id
from hub.kernel.logs import log
from privacy.client.keystore import KeyGone
from privacy.models import Collection, Disclosure
from privacy.rules.consent import is_plain, may_read
from privacy.rules.contact import LONGEST
from privacy.rules.expiry import is_live
from privacy.service.collecting import open_collection
from privacy.service.items import read_items
from privacy.service.states import AVAILABLE, NEVER_COLLECTED, PURGED, WITHHELD, live_scopes

_LONGEST_PURPOSE = 200


class PurposeRefused(Exception):
    """The purpose of a disclosure is missing, too long, or holds contact data itself."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Hold what a BU is shown: a state, the fields when available, and when the receiver must have purged them."""

    state: str
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    purge_by: datetime | None = None


def reveal(  # noqa: PLR0913 - who, what for, and by which key is what a disclosure is
    session: Session,
    *,
    people: Sequence[UUID],
    lead_id: UUID,
    bu_id: UUID,
    legal_entity: str,
    purpose: str,
    actor_id: UUID,
) -> Contact:
    """Return the newest live value of each field of `people` (one cluster) that `legal_entity` may see.

    The disclosure is written in this transaction before anything is returned. Raises PurposeRefused, and
    ItemUnreadable or SealedUnreadable when the vault was tampered with.
    """
    if not is_plain(purpose, _LONGEST_PURPOSE):
        raise PurposeRefused(f"purpose must be 1 to {_LONGEST_PURPOSE} plain characters without contact data")
    query = select(Collection).where(Collection.person_id.in_(list(people)))
    rows = list(session.scalars(query.order_by(Collection.collected_at.desc(), Collection.id.desc())))
    now = clock.now()
    live = [row for row in rows if row.purged_at is None and is_live(row.expires_at, now)]
    scopes = live_scopes(session, [row.id for row in live])
    allowed = [row for row in live if may_read(legal_entity, row.legal_entity, scopes.get(row.id, frozenset()))]
    shown = _newest(allowed, _values(allowed))
    if not shown:
        return Contact(_absence(rows, live, allowed))
    asked = {"lead_id": lead_id, "bu_id": bu_id, "actor_id": actor_id, "purpose": purpose, "at": now}
    session.add_all(
        Disclosure(id=new_id(), person_id=row.person_id, collection_id=row.id, fields=sorted(values), **asked)
        for row, values in shown
    )
    session.flush()  # the ledger holds it before anything leaves
    fields = {name: values[name] for name in LONGEST for _, values in shown if name in values}
    return Contact(AVAILABLE, fields, min(row.expires_at for row, _ in shown))


def _absence(rows: Sequence[Collection], live: Sequence[Collection], allowed: Sequence[Collection]) -> str:
    if not rows:
        return NEVER_COLLECTED
    return WITHHELD if live and not allowed else PURGED


def _values(rows: Sequence[Collection]) -> dict[UUID, dict[str, str]]:
    """Return the readable fields of `rows`; a collection that no worker has vaulted yet is opened where it lies."""
    vaulted = [row for row in rows if row.sealed is None]
    found: dict[UUID, dict[str, str]] = {}
    if vaulted:
        with vault_transaction() as vault:
            found = read_items(vault, vaulted)
    for row in rows:
        if row.sealed is not None:
            found[row.id] = _open(row)
    return found


def _open(row: Collection) -> dict[str, str]:
    try:
        return open_collection(row)
    except KeyGone:
        log.warning("collection_lost", id=str(row.id))  # its ingest key died before any worker opened it
        return {}


def _newest(
    rows: Sequence[Collection], values: Mapping[UUID, Mapping[str, str]]
) -> list[tuple[Collection, dict[str, str]]]:
    """Return the collections that give a field, newest first, each with the fields it is the newest to give."""
    seen: set[str] = set()
    shown: list[tuple[Collection, dict[str, str]]] = []
    for row in rows:
        fresh = {name: value for name, value in values.get(row.id, {}).items() if name not in seen}
        seen |= fresh.keys()
        if fresh:
            shown.append((row, fresh))
    return shown
