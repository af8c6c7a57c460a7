"""Move sealed collections into the vault, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update
from sqlalchemy.orm import Session

from hub.kernel import clock
from hub.kernel.db import vault_transaction
from privacy.models import Collection
from privacy.rules.expiry import planned_expiry
from privacy.service.collecting import open_collection
from privacy.service.items import write_items


class CollectionAltered(Exception):
    """A collection's clock is not the one that follows from when it was collected."""


def vault_collections(session: Session, rows: Sequence[Collection]) -> None:
    """Split sealed collections into vault items and empty their rows.

    The vault commits first: a crash between the two commits repeats the batch, which then changes nothing there.
    Raises KeyGone, SealedUnreadable or CollectionAltered; the drain sets the guilty row aside.
    """
    for row in rows:
        if row.expires_at > planned_expiry(row.collected_at) or row.expires_on != row.expires_at.date():
            raise CollectionAltered(f"collection {row.id} would outlive its planned expiry")
    contents = {row.id: open_collection(row) for row in rows}
    now = clock.now()
    with vault_transaction() as vault:
        write_items(vault, rows, contents, now)
    session.execute(
        update(Collection)
        .where(Collection.id.in_([row.id for row in rows]))
        .values(sealed=None, sealed_epoch=None, vaulted_at=now),
        execution_options={"synchronize_session": False},
    )
