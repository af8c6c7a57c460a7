"""Reply rules, and what each callback was answered with"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.kernel import walls

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this revision."""
    op.create_table(
        "reply_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("appid", sa.Text(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("changed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_rule")),
        sa.UniqueConstraint("name", name=op.f("uq_reply_rule_name")),
    )
    op.add_column("callback", sa.Column("reply", postgresql.JSONB(none_as_null=True, astext_type=sa.Text())))
    walls.build(op.get_bind())


def downgrade() -> None:
    """Take this revision back."""
    op.drop_column("callback", "reply")
    op.drop_table("reply_rule")
