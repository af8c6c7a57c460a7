"""Sends and the reach ledger"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.kernel import walls
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this revision."""
    op.create_table('api_quota',
    sa.Column('appid', sa.Text(), nullable=False),
    sa.Column('api', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('used', sa.BigInteger(), nullable=False),
    sa.Column('tokens', sa.Double(), nullable=False),
    sa.Column('filled_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('blocked_until', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('blocked_by', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('appid', 'api', name=op.f('pk_api_quota'))
    )
    op.create_table('mass_job',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('appid', sa.Text(), nullable=False),
    sa.Column('campaign', sa.Text(), nullable=False),
    sa.Column('client_msg_id', sa.Text(), nullable=False),
    sa.Column('recipients', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('msg_id', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), nullable=True),
    sa.Column('counts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('submitted_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('asked_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('asked', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('closed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mass_job'))
    )
    op.create_index('ix_mass_job_msg_id', 'mass_job', ['appid', 'msg_id'], unique=False)
    op.create_table('message_template',
    sa.Column('appid', sa.Text(), nullable=False),
    sa.Column('template_id', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('fields', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('synced_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('gone_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('appid', 'template_id', name=op.f('pk_message_template'))
    )
    op.create_index('ix_message_template_live', 'message_template', ['appid'], unique=False, postgresql_where=sa.text('gone_at IS NULL'))
    op.create_table('outbound_policy',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('body', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('changed_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbound_policy'))
    )
    op.create_table('reach',
    sa.Column('appid', sa.Text(), nullable=False),
    sa.Column('openid', sa.Text(), nullable=False),
    sa.Column('grants', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('credits', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('mass_month', sa.Text(), nullable=False),
    sa.Column('mass_used', sa.SmallInteger(), nullable=False),
    sa.Column('followed', sa.Boolean(), nullable=True),
    sa.Column('followed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('muted', sa.Boolean(), nullable=False),
    sa.Column('blocked', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('appid', 'openid', name=op.f('pk_reach'))
    )
    op.create_table('send',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('appid', sa.Text(), nullable=False),
    sa.Column('openid', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('campaign', sa.Text(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('dedupe_key', sa.Text(), nullable=True),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('patient_until', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('client_msg_id', sa.Text(), nullable=False),
    sa.Column('fence', sa.BigInteger(), nullable=True),
    sa.Column('job_id', sa.Uuid(), nullable=True),
    sa.Column('msgid', sa.Text(), nullable=True),
    sa.Column('errcode', sa.Integer(), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('why', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('first_try_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('sending_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('sent_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('closed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('state', sa.Text(), server_default='pending', nullable=False),
    sa.Column('shard', sa.SmallInteger(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('attempts', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('not_before', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_send')),
    sa.UniqueConstraint('purpose', 'dedupe_key', name=op.f('uq_send_purpose_dedupe_key'))
    )
    op.create_index('ix_send_appid', 'send', ['appid', 'id'], unique=False)
    op.create_index('ix_send_campaign', 'send', ['campaign', 'id'], unique=False)
    op.create_index('ix_send_due', 'send', ['shard', 'purpose', 'not_before', 'id'], unique=False, postgresql_where=sa.text("state = 'pending'"))
    op.create_index('ix_send_job_id', 'send', ['job_id'], unique=False, postgresql_where=sa.text('job_id IS NOT NULL'))
    op.create_index('ix_send_msgid', 'send', ['appid', 'msgid'], unique=False, postgresql_where=sa.text('msgid IS NOT NULL'))
    op.create_index('ix_send_person_id', 'send', ['person_id', 'id'], unique=False)
    op.create_index('ix_send_state', 'send', ['state', 'id'], unique=False)
    op.create_index('ix_send_sending', 'send', ['shard'], unique=False, postgresql_where=sa.text("state = 'sending'"))
    op.create_table('send_result',
    sa.Column('appid', sa.Text(), nullable=False),
    sa.Column('msgid', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('counts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('heard_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('appid', 'msgid', name=op.f('pk_send_result'))
    )
    walls.build(op.get_bind())


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table('send_result')
    op.drop_index('ix_send_state', table_name='send')
    op.drop_index('ix_send_sending', table_name='send', postgresql_where=sa.text("state = 'sending'"))
    op.drop_index('ix_send_person_id', table_name='send')
    op.drop_index('ix_send_msgid', table_name='send', postgresql_where=sa.text('msgid IS NOT NULL'))
    op.drop_index('ix_send_job_id', table_name='send', postgresql_where=sa.text('job_id IS NOT NULL'))
    op.drop_index('ix_send_due', table_name='send', postgresql_where=sa.text("state = 'pending'"))
    op.drop_index('ix_send_appid', table_name='send')
    op.drop_index('ix_send_campaign', table_name='send')
    op.drop_table('send')
    op.drop_table('reach')
    op.drop_table('outbound_policy')
    op.drop_index('ix_message_template_live', table_name='message_template', postgresql_where=sa.text('gone_at IS NULL'))
    op.drop_table('message_template')
    op.drop_index('ix_mass_job_msg_id', table_name='mass_job')
    op.drop_table('mass_job')
    op.drop_table('api_quota')
