"""Every table of every package, imported in one place, for migrations and tests."""

from __future__ import annotations

import bu_routing.models
import event_hub.models
import hub.group.models
import hub.kernel.leases
import hub.kernel.outbox
import hub.kernel.rollups
import hub.pool.models
import hub.web.api.models
import privacy.models
import wechat.models
from hub.kernel import clock, db, partitions, rollups, walls

MODELS = (
    bu_routing.models,
    event_hub.models,
    hub.group.models,
    hub.kernel.leases,
    hub.kernel.outbox,
    hub.kernel.rollups,
    hub.pool.models,
    hub.web.api.models,
    privacy.models,
    wechat.models,
)
"""Every module with tables: imported here, they are known to the metadata."""

PARTITIONED = (hub.kernel.outbox.PARTITIONS, hub.pool.models.ACTIVITY_PARTITIONS, wechat.models.CALLBACK_PARTITIONS)


def create_all() -> None:
    """Create every table straight from the models (tests; an installation is migrated instead)."""
    db.Base.metadata.create_all(db.engine())
    db.VaultBase.metadata.create_all(db.vault_engine())
    with db.engine().begin() as connection:
        walls.build(connection)
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


def fold_counters() -> None:
    """Fold the counters of the days that are over, a day a transaction."""
    folding = True
    while folding:
        with db.transaction() as session:
            folding = rollups.fold(session)
