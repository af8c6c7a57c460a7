"""Every table of every package, imported in one place, for migrations and tests."""

from __future__ import annotations

import privacy.models
import wechat.models  # noqa: F401
from hub.kernel import clock, db, outbox, partitions
from hub.pool.models import ACTIVITY_PARTITIONS
from wechat.models import CALLBACK_PARTITIONS

PARTITIONED = (outbox.PARTITIONS, ACTIVITY_PARTITIONS, CALLBACK_PARTITIONS)


def create_all() -> None:
    """Create every table straight from the models (tests; an installation is migrated instead)."""
    db.Base.metadata.create_all(db.engine())
    db.VaultBase.metadata.create_all(db.vault_engine())
    ensure_partitions()


def ensure_partitions() -> None:
    """Make the partitions of the days to come and drop those that are over."""
    today = clock.now().date()
    with db.transaction() as session:
        for spec in PARTITIONED:
            partitions.ensure(session, spec, today)
    with db.vault_transaction() as session:
        for spec in privacy.models.PARTITIONED:
            partitions.ensure(session, spec, today)
