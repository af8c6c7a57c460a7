"""Saved views, and people found by their company"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.kernel import walls

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_COMPANY = sa.text("traits ->> 'company' IS NOT NULL")


def upgrade() -> None:
    """Apply this revision."""
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("deleted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_saved_view_owner_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index(op.f("ix_saved_view_owner_id"), "saved_view", ["owner_id"], unique=False)
    op.create_index(op.f("ix_saved_view_role"), "saved_view", ["role"], unique=False)
    op.create_index(
        "ix_profile_company", "profile", [sa.text("(traits ->> 'company')")], unique=False, postgresql_where=_COMPANY
    )
    walls.build(op.get_bind())


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_profile_company", table_name="profile", postgresql_where=_COMPANY)
    op.drop_index(op.f("ix_saved_view_role"), table_name="saved_view")
    op.drop_index(op.f("ix_saved_view_owner_id"), table_name="saved_view")
    op.drop_table("saved_view")
