"""What pages read by"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.kernel import walls

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this revision."""
    op.create_table(
        "rollup_day",
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("metric", "dimension", "day", name=op.f("pk_rollup_day")),
    )
    op.create_index("ix_activity_kind_key_person_id", "activity", ["kind", "key", "person_id"])
    op.create_index("ix_lead_state_id", "lead", ["state", "id"])
    op.create_index("ix_lead_transition_actor_id", "lead_transition", ["actor", "id"])
    op.create_index("ix_disclosure_actor_id_id", "disclosure", ["actor_id", "id"])
    op.create_index("ix_disclosure_bu_id_id", "disclosure", ["bu_id", "id"])
    walls.build(op.get_bind())


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_disclosure_bu_id_id", table_name="disclosure")
    op.drop_index("ix_disclosure_actor_id_id", table_name="disclosure")
    op.drop_index("ix_lead_transition_actor_id", table_name="lead_transition")
    op.drop_index("ix_lead_state_id", table_name="lead")
    op.drop_index("ix_activity_kind_key_person_id", table_name="activity")
    op.execute("DELETE FROM rollup WHERE day = '0001-01-01'")
    op.execute(
        "INSERT INTO rollup (metric, dimension, day, slot, n) SELECT metric, dimension, day, 0, n FROM rollup_day"
        " ON CONFLICT (metric, dimension, day, slot) DO UPDATE SET n = rollup.n + excluded.n"
    )
    op.drop_table("rollup_day")
