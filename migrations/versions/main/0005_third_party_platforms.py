"""Third-party platforms"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.kernel import walls

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), nullable=nullable)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def upgrade() -> None:
    """Apply this revision."""
    op.create_table(
        "component_platform",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("slug"),
        _text("appid"),
        sa.Column("legal_entity_id", sa.Uuid(), nullable=True),
        sa.Column("release_check", postgresql.ARRAY(sa.Text()), nullable=False),
        _bytes("token"),
        _bytes("aes_key"),
        _bytes("secret"),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"], ["legal_entity.id"], name=op.f("fk_component_platform_legal_entity_id_legal_entity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_component_platform")),
        sa.UniqueConstraint("appid", name=op.f("uq_component_platform_appid")),
        sa.UniqueConstraint("slug", name=op.f("uq_component_platform_slug")),
    )
    op.add_column("wechat_account", sa.Column("component_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_wechat_account_component_id_component_platform"),
        "wechat_account",
        "component_platform",
        ["component_id"],
        ["id"],
    )
    _state()
    _pushes()
    walls.build(op.get_bind())


def _state() -> None:
    op.create_table(
        "component_state",
        _text("component_appid"),
        _bytes("ticket", nullable=True),
        _time("ticket_at", nullable=True),
        _time("ticket_asked_at", nullable=True),
        _bytes("token", nullable=True),
        _time("token_until", nullable=True),
        sa.PrimaryKeyConstraint("component_appid", name=op.f("pk_component_state")),
    )
    op.create_table(
        "component_authorization",
        _text("component_appid"),
        _text("appid"),
        _text("state"),
        _text("reason", nullable=True),
        _time("changed_at"),
        _text("name"),
        _text("original_id"),
        _text("kind"),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=False),
        _bytes("code", nullable=True),
        _bytes("refresh_token", nullable=True),
        _bytes("previous", nullable=True),
        _time("previous_until", nullable=True),
        _bytes("access_token", nullable=True),
        _time("access_until", nullable=True),
        sa.PrimaryKeyConstraint("component_appid", "appid", name=op.f("pk_component_authorization")),
    )


def _pushes() -> None:
    op.create_table(
        "component_push",
        sa.Column("id", sa.Uuid(), nullable=False),
        _bytes("dedupe_key"),
        _text("component_appid"),
        _text("appid"),
        _text("info_type"),
        _time("occurred_at"),
        _time("received_at"),
        _bytes("secret", nullable=True),
        _bytes("sealed", nullable=True),
        sa.Column("sealed_epoch", sa.Date(), nullable=True),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        _text("subject"),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        _time("not_before", nullable=True),
        _text("error", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_component_push")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_component_push_dedupe_key")),
    )
    op.create_index(op.f("ix_component_push_received_at"), "component_push", ["received_at"])
    new, waiting, dead = (sa.text(f"state = '{state}'{more}") for state, more in _PARTS)
    op.create_index("ix_component_push_due", "component_push", ["shard", "id"], postgresql_where=new)
    op.create_index("ix_component_push_waiting", "component_push", ["shard"], postgresql_where=waiting)
    op.create_index("ix_component_push_dead", "component_push", ["id"], postgresql_where=dead)


_PARTS = (("new", ""), ("new", " AND attempts > 0"), ("dead", ""))


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_component_push_dead", table_name="component_push")
    op.drop_index("ix_component_push_waiting", table_name="component_push")
    op.drop_index("ix_component_push_due", table_name="component_push")
    op.drop_index(op.f("ix_component_push_received_at"), table_name="component_push")
    op.drop_table("component_push")
    op.drop_table("component_authorization")
    op.drop_table("component_state")
    op.drop_constraint(
        op.f("fk_wechat_account_component_id_component_platform"), "wechat_account", type_="foreignkey"
    )
    op.drop_column("wechat_account", "component_id")
    op.drop_table("component_platform")
