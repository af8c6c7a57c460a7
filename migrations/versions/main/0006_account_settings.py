"""Account settings: earlier keys, plaintext, location"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.kernel import walls

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this revision."""
    for column in (
        sa.Column("previous_token", sa.LargeBinary(), nullable=True),
        sa.Column("previous_aes_key", sa.LargeBinary(), nullable=True),
        sa.Column("keys_changed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("allow_plaintext", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("location", sa.Boolean(), server_default="false", nullable=False),
    ):
        op.add_column("wechat_account", column)
    walls.build(op.get_bind())


def downgrade() -> None:
    """Take this revision back."""
    for name in ("location", "allow_plaintext", "keys_changed_at", "previous_aes_key", "previous_token"):
        op.drop_column("wechat_account", name)
