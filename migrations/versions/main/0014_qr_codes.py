"""The registry of QR codes, and the first scene of people"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.kernel import walls

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Apply this revision."""
    op.create_table(
        "qr_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appid", sa.Text(), nullable=False),
        sa.Column("scene", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("permanent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("made_at", _TIME, nullable=True),
        sa.Column("expires_at", _TIME, nullable=True),
        sa.Column("errcode", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("not_before", _TIME, nullable=True),
        sa.Column("archived_at", _TIME, nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_code")),
        sa.UniqueConstraint("appid", "scene", name=op.f("uq_qr_code_appid_scene")),
    )
    op.create_index(
        "ix_qr_code_wanted", "qr_code", ["appid", "id"], unique=False, postgresql_where=sa.text("state = 'wanted'")
    )
    op.add_column("profile", sa.Column("first_scene", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("first_scene_at", _TIME, nullable=True))
    for name in ("first_scene", "last_scene"):
        op.create_index(
            f"ix_profile_{name}", "profile", [name], unique=False, postgresql_where=sa.text(f"{name} IS NOT NULL")
        )
    walls.build(op.get_bind())


def downgrade() -> None:
    """Take this revision back."""
    for name in ("last_scene", "first_scene"):
        op.drop_index(f"ix_profile_{name}", table_name="profile")
    op.drop_column("profile", "first_scene_at")
    op.drop_column("profile", "first_scene")
    op.drop_index("ix_qr_code_wanted", table_name="qr_code")
    op.drop_table("qr_code")
