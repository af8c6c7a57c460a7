"""The group's own shape: who it is, its business units, its touchpoints and accounts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.ids import new_id
from hub.kernel.labels import P0, SECRET

WECHAT_KINDS = ("service", "subscription", "miniprogram")


class Group(Base):
    """Name the one group of this installation."""

    __tablename__ = "group_profile"

    slug: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    name: Mapped[str] = mapped_column(Text, info=P0)
    timezone: Mapped[str] = mapped_column(Text, info=P0)


class LegalEntity(Base):
    """Name a legal entity: who is answerable in law."""

    __tablename__ = "legal_entity"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    slug: Mapped[str] = mapped_column(Text, unique=True, info=P0)
    name: Mapped[str] = mapped_column(Text, info=P0)
    position: Mapped[int] = mapped_column(Integer, info=P0)


class OpenPlatform(Base):
    """Name a WeChat Open Platform account: the namespace of UnionIDs."""

    __tablename__ = "open_platform"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    slug: Mapped[str] = mapped_column(Text, unique=True, info=P0)
    legal_entity_id: Mapped[UUID] = mapped_column(ForeignKey("legal_entity.id"), info=P0)


class BusinessUnit(Base):
    """Describe a business unit, which pulls leads."""

    __tablename__ = "business_unit"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    slug: Mapped[str] = mapped_column(Text, unique=True, info=P0)
    name: Mapped[str] = mapped_column(Text, info=P0)
    legal_entity_id: Mapped[UUID] = mapped_column(ForeignKey("legal_entity.id"), info=P0)
    circulation: Mapped[str] = mapped_column(Text, info=P0)
    accept_within_hours: Mapped[int | None] = mapped_column(Integer, info=P0)


class Touchpoint(Base):
    """Describe a place where people meet the group; an account is a touchpoint whose slug is its AppID.

    `origins` are the web sites that belong to it, such as https://m.example.com.
    """

    __tablename__ = "touchpoint"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    slug: Mapped[str] = mapped_column(Text, unique=True, info=P0)
    name: Mapped[str] = mapped_column(Text, info=P0)
    kind: Mapped[str] = mapped_column(Text, info=P0)
    legal_entity_id: Mapped[UUID | None] = mapped_column(ForeignKey("legal_entity.id"), info=P0)
    origins: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}", info=P0)


class ComponentPlatform(Base):
    """Name a third-party platform of the group, through which accounts can be run; its secrets are sealed.

    Pushes of the accounts in `release_check` are WeChat's own test of the platform.
    """

    __tablename__ = "component_platform"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    slug: Mapped[str] = mapped_column(Text, unique=True, info=P0)
    appid: Mapped[str] = mapped_column(Text, unique=True, info=P0)
    legal_entity_id: Mapped[UUID | None] = mapped_column(ForeignKey("legal_entity.id"), info=P0)
    release_check: Mapped[list[str]] = mapped_column(ARRAY(Text), info=P0)
    token: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET)
    aes_key: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET)
    secret: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET)


class WechatAccount(Base):
    """Hold what it takes to talk with WeChat for one AppID; its secrets are sealed.

    The previous token and key are accepted for a while after `keys_changed_at`.
    """

    __tablename__ = "wechat_account"

    touchpoint_id: Mapped[UUID] = mapped_column(ForeignKey("touchpoint.id"), primary_key=True, info=P0)
    appid: Mapped[str] = mapped_column(Text, unique=True, info=P0)
    original_id: Mapped[str] = mapped_column(Text, info=P0)
    open_platform_id: Mapped[UUID | None] = mapped_column(ForeignKey("open_platform.id"), info=P0)
    component_id: Mapped[UUID | None] = mapped_column(ForeignKey("component_platform.id"), info=P0)
    mode: Mapped[str] = mapped_column(Text, info=P0)
    token: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET)
    aes_key: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET)
    secret: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET)
    previous_token: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    previous_aes_key: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    keys_changed_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=P0)
    allow_plaintext: Mapped[bool] = mapped_column(Boolean, server_default="false", info=P0)
    location: Mapped[bool] = mapped_column(Boolean, server_default="false", info=P0)
