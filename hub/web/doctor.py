"""Look the installation over: settings, engines, schema, keys."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from hub.group import service as group
from hub.kernel import queue, secretbox, spool, walls
from hub.kernel.db import transaction, vault_transaction
from hub.kernel.settings import Settings
from hub.web import migrating

OLDEST_POSTGRES, OLDEST_REDIS = 15, 7


@dataclass(frozen=True, slots=True)
class Finding:
    """Say of one thing whether it is well, and how to mend it when it is not."""

    name: str
    value: str
    ok: bool = True
    mend: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Return what was found, settings first; secrets are never shown."""
    return [*_settings(settings), *_engines(), _keystore(settings), _spool(), *_plaintext(settings)]


def _settings(s: Settings) -> Iterator[Finding]:
    yield Finding("HUB_ENV", s.env)
    yield Finding("HUB_DATA_DIR", str(s.data_dir), os.access(s.data_dir, os.W_OK), "make it writable for this user")
    yield Finding("HUB_DATABASE_URL", _masked(s.database_url))
    yield Finding("HUB_REDIS_URL", _masked(s.redis_url))
    yield Finding("HUB_VAULT_DATABASE_URL", _masked(s.vault_database_url))
    yield Finding("HUB_KEYSTORE", str(s.keystore))
    strong = len(s.secret_key) >= 32
    yield Finding("HUB_SECRET_KEY", f"set, {len(s.secret_key)} characters", strong, "use 32 random characters or more")
    yield Finding("HUB_BASE_URL", s.base_url)
    yield Finding("HUB_WECHAT_API", s.wechat_api)
    yield Finding("HUB_WECHAT_OPEN", s.wechat_open)
    yield Finding("HUB_WECHAT_MP", s.wechat_mp)
    yield Finding("HUB_OIDC_ISSUER", s.oidc.issuer or "none: users sign in by password")
    yield Finding("HUB_OIDC_CLIENT_ID", s.oidc.client_id)
    yield Finding("HUB_OIDC_CLIENT_SECRET", "set" if s.oidc.client_secret else "not set")
    yield Finding("HUB_OIDC_ROLES", s.oidc.roles)
    yield Finding("HUB_NOW_OFFSET", str(s.now_offset))
    yield Finding("HUB_API_RATE", f"{s.api_rate} a minute" if s.api_rate else "no limit")
    yield Finding("HUB_KEY_OVERLAP_HOURS", f"{s.key_overlap_hours} hours that an account's previous keys are accepted")
    yield Finding("HUB_SPOOL_MB", f"{s.spool_mb} MB of callbacks at most, on {_free(s)} MB free")


def _free(s: Settings) -> int:
    return shutil.disk_usage(s.data_dir if s.data_dir.exists() else "/").free // 2**20


def _engines() -> Iterator[Finding]:
    yield _try("database", _postgres, "start it, or correct HUB_DATABASE_URL")
    yield _try("vault database", _vault, "start it, or correct HUB_VAULT_DATABASE_URL")
    yield _try("redis", _redis, "start it, or correct HUB_REDIS_URL (the hub works on without it, slower)")
    yield _try("schema", _schema, "run `hub db upgrade`")
    yield _walls()


def _try(name: str, check: Callable[[], tuple[str, bool]], mend: str) -> Finding:
    try:
        value, ok = check()
    except (SQLAlchemyError, RedisError, OSError) as error:
        return Finding(name, type(error).__name__, False, mend)
    return Finding(name, value, ok, mend)


def _postgres() -> tuple[str, bool]:
    with transaction() as session:
        version = str(session.scalar(text("SHOW server_version")))
    return f"PostgreSQL {version}", int(version.split(".")[0]) >= OLDEST_POSTGRES


def _vault() -> tuple[str, bool]:
    with vault_transaction() as session:
        return f"PostgreSQL {session.scalar(text('SHOW server_version'))}", True


def _redis() -> tuple[str, bool]:
    info = queue.redis().info("server")
    version = str(info.get("valkey_version") or info["redis_version"])
    return version, int(version.split(".")[0]) >= OLDEST_REDIS


def _schema() -> tuple[str, bool]:
    behind = migrating.pending()
    return ("behind: " + ", ".join(behind)) if behind else "up to date", not behind


def _walls() -> Finding:
    try:
        with transaction() as session:
            gaps, remedy = walls.gaps(session.connection()), walls.remedy(session.connection())
    except SQLAlchemyError as error:
        return Finding("BU walls", type(error).__name__, False, "start the database, or correct HUB_DATABASE_URL")
    mend = f"as the database's administrator run `{remedy}` (what is missing of it), then `hub db upgrade`"
    return Finding("BU walls", "; ".join(gaps) or "up", not gaps, mend)


def _keystore(s: Settings) -> Finding:
    if not s.keystore.exists():
        return Finding("key store", "not made yet: the first collection makes it")
    private = (s.keystore.stat().st_mode & 0o077) == 0
    return Finding("key store", str(s.keystore), private, f"chmod 700 {s.keystore}")


def _spool() -> Finding:
    try:
        waiting, parked = spool.local().counts()
    except spool.SpoolBroken as error:
        return Finding("spool", str(error), False, "look at the disk under HUB_DATA_DIR: callbacks could be lost")
    said = f"{waiting:,} callbacks wait for the database, {parked:,} are set aside"
    return Finding(
        "spool", said, not parked, "a callback that the database refuses for good: tell whoever maintains the hub"
    )


def _plaintext(s: Settings) -> Iterator[Finding]:
    """Name the accounts whose pushes are not encrypted: nothing in them is proven to come from WeChat."""
    try:
        with transaction() as session:
            plain = [account for account in group.accounts(session) if account.mode == "plain"]
    except (SQLAlchemyError, secretbox.SecretUnreadable):  # told by the checks of the database and of the accounts
        return
    for account in plain:
        refused = s.production and not account.allow_plaintext
        said = "pushes in clear are refused" if refused else "pushes in clear are taken: their content could be forged"
        mend = "choose safe mode here and in WeChat's console (or allow_plaintext: true, at your own risk)"
        yield Finding(f"account {account.appid}", said, not refused, mend)


def _masked(url: str) -> str:
    return re.sub(r"://([^:/@]*):[^@]*@", r"://\1:***@", url)
