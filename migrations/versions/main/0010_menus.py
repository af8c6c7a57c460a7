"""Menus of official accounts: drafts, versions, what WeChat has"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.kernel import walls

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)
_JSON = postgresql.JSONB(none_as_null=True)


def upgrade() -> None:
    """Apply this revision."""
    op.create_table(
        "account_menu",
        sa.Column("appid", sa.Text(), nullable=False),
        sa.Column("draft", postgresql.JSONB(), nullable=False),
        sa.Column("before", _JSON, nullable=True),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("drafted_at", _TIME, nullable=True),
        sa.Column("drafted_by", sa.Uuid(), nullable=True),
        sa.Column("live", sa.Integer(), nullable=True),
        sa.Column("found", _JSON, nullable=True),
        sa.Column("drift", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("checked_at", _TIME, nullable=True),
        sa.Column("errcode", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("appid", name=op.f("pk_account_menu")),
    )
    op.create_table(
        "menu_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appid", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("published_at", _TIME, nullable=True),
        sa.Column("replaced_at", _TIME, nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("not_before", _TIME, nullable=True),
        sa.Column("errcode", sa.Integer(), nullable=True),
        sa.Column("errmsg", sa.Text(), server_default="", nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menu_version")),
        sa.UniqueConstraint("appid", "number", name=op.f("uq_menu_version_appid_number")),
    )
    op.create_index("ix_menu_version_published_at", "menu_version", ["published_at"], unique=False)
    op.create_index(
        "ix_menu_version_publishing",
        "menu_version",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'publishing'"),
    )
    walls.build(op.get_bind())


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_menu_version_publishing", table_name="menu_version")
    op.drop_index("ix_menu_version_published_at", table_name="menu_version")
    op.drop_table("menu_version")
    op.drop_table("account_menu")
