"""People by the traits that pages offer"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.kernel import walls

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TRAITS = ("interest", "company_size")


def upgrade() -> None:
    """Apply this revision."""
    for name in _TRAITS:
        there = sa.text(f"(traits ->> '{name}') IS NOT NULL")
        op.create_index(f"ix_profile_{name}", "profile", [sa.text(f"(traits ->> '{name}')")], postgresql_where=there)
    walls.build(op.get_bind())


def downgrade() -> None:
    """Take this revision back."""
    for name in reversed(_TRAITS):
        op.drop_index(f"ix_profile_{name}", table_name="profile")
