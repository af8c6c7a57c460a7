"""Follow intervals"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.kernel import walls

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FROM_ACTIVITIES = """
WITH points AS (
  SELECT DISTINCT ON (identity_id, occurred_at) identity_id, occurred_at AS at, kind = 'follow' AS follows, key
  FROM activity WHERE kind IN ('follow', 'unfollow')
  ORDER BY identity_id, occurred_at, id DESC
), beside AS (
  SELECT *, lag(follows) OVER w AS followed, lead(follows) OVER w AS will, lead(at) OVER w AS next
  FROM points WINDOW w AS (PARTITION BY identity_id ORDER BY at)
)
INSERT INTO follow_interval (identity_id, at, began_at, ended_at, source, ended_source, scene, subscribe_scene)
SELECT identity_id, at, CASE WHEN follows THEN at END,
  CASE WHEN NOT follows THEN at WHEN NOT will THEN next END, 'push',
  CASE WHEN NOT follows OR NOT will THEN 'push' ELSE '' END, CASE WHEN follows THEN key ELSE '' END, ''
FROM beside WHERE follows OR followed IS NOT TRUE
"""


def upgrade() -> None:
    """Apply this revision."""
    op.create_table(
        "follow_interval",
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("began_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ended_source", sa.Text(), nullable=False),
        sa.Column("scene", sa.Text(), nullable=False),
        sa.Column("subscribe_scene", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_follow_interval_identity_id_identity")),
        sa.PrimaryKeyConstraint("identity_id", "at", name=op.f("pk_follow_interval")),
    )
    op.execute(_FROM_ACTIVITIES)
    walls.build(op.get_bind())


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("follow_interval")
