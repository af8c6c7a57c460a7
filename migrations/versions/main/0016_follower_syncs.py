"""Follower syncs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.kernel import walls

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)
_OPEN = sa.text("state = 'new'")


def upgrade() -> None:
    """Apply this revision."""
    counts = ("total", "done", "added", "ended", "invalid")
    op.create_table(
        "follower_sync",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in counts),
        sa.Column("restarts", sa.SmallInteger(), nullable=False),
        sa.Column("ours_before", sa.Integer(), nullable=False),
        sa.Column("ours_after", sa.Integer(), nullable=True),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("calls_day", sa.Date(), nullable=False),
        sa.Column("worked", sa.Double(), nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME, nullable=True),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("not_before", _TIME, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follower_sync")),
    )
    op.create_index("ix_follower_sync_due", "follower_sync", ["shard", "id"], postgresql_where=_OPEN)
    op.create_index(
        "ix_follower_sync_waiting",
        "follower_sync",
        ["shard"],
        postgresql_where=sa.text("state = 'new' AND attempts > 0"),
    )
    op.create_index("ix_follower_sync_dead", "follower_sync", ["id"], postgresql_where=sa.text("state = 'dead'"))
    op.create_index("uq_follower_sync_open", "follower_sync", ["appid"], unique=True, postgresql_where=_OPEN)
    op.create_index("ix_follower_sync_appid", "follower_sync", ["appid", "id"])
    op.create_table(
        "follower_seen",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "identity_id", name=op.f("pk_follower_seen")),
    )
    walls.build(op.get_bind())


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("follower_seen")
    op.drop_table("follower_sync")
