"""Walls between business units"""

from __future__ import annotations

from alembic import op

from hub.kernel import walls

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this revision."""
    walls.build(op.get_bind())


def downgrade() -> None:
    """Take this revision back."""
    walls.tear_down(op.get_bind())
