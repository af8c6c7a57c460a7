"""Logins by WeChat, sites of touchpoints, files that prove a domain, contact fields that are verified"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.kernel import walls

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Apply this revision."""
    for table, column in (("touchpoint", "origins"), ("collection", "verified")):
        op.add_column(table, sa.Column(column, postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.create_table(
        "code_exchange",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("appid", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("errcode", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_code_exchange")),
        sa.UniqueConstraint("state", name=op.f("uq_code_exchange_state")),
    )
    op.create_index(op.f("ix_code_exchange_created_at"), "code_exchange", ["created_at"], unique=False)
    op.create_table(
        "login_ticket",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("appid", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_login_ticket")),
    )
    op.create_index(op.f("ix_login_ticket_expires_at"), "login_ticket", ["expires_at"], unique=False)
    op.create_table(
        "domain_file",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("domain", "name", name=op.f("pk_domain_file")),
    )
    walls.build(op.get_bind())


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("domain_file")
    op.drop_index(op.f("ix_login_ticket_expires_at"), table_name="login_ticket")
    op.drop_table("login_ticket")
    op.drop_index(op.f("ix_code_exchange_created_at"), table_name="code_exchange")
    op.drop_table("code_exchange")
    op.drop_column("collection", "verified")
    op.drop_column("touchpoint", "origins")
