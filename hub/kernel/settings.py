"""The one reader of the environment: typed settings, and what is wrong with them."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from hub.kernel import clock

ENVIRONMENTS = ("development", "test", "production")


class SettingsError(Exception):
    """Names the setting that is wrong and how to mend it."""


@dataclass(frozen=True, slots=True)
class Oidc:
    """Name the identity provider that vouches for users; `roles` is the JSON map from its groups to our roles."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    roles: str

    @property
    def enabled(self) -> bool:
        """Tell whether users may sign in by an identity provider."""
        return bool(self.issuer)


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold every setting of one process, read once."""

    env: str
    data_dir: Path
    database_url: str
    redis_url: str
    vault_database_url: str
    keystore: Path
    secret_key: str
    base_url: str
    wechat_api: str
    wechat_open: str
    wechat_mp: str
    oidc: Oidc
    now_offset: timedelta
    api_rate: int
    spool_mb: int
    key_overlap_hours: int

    @property
    def production(self) -> bool:
        """Tell whether the strict rules of production hold."""
        return self.env == "production"


def load(environ: Mapping[str, str]) -> Settings:
    """Return the settings in `environ`; raise SettingsError for the first one that is wrong."""
    env = environ.get("HUB_ENV") or "development"
    if env not in ENVIRONMENTS:
        raise SettingsError(f"HUB_ENV is {env!r}: use one of {', '.join(ENVIRONMENTS)}")
    data_dir = Path(environ.get("HUB_DATA_DIR") or "./.hub").absolute()
    database_url = _driver(_url(environ, "HUB_DATABASE_URL", "", ("postgresql", "postgres", "postgresql+psycopg")))
    settings = Settings(
        env=env,
        data_dir=data_dir,
        database_url=database_url,
        redis_url=_url(environ, "HUB_REDIS_URL", "", ("redis", "rediss", "unix")),
        vault_database_url=_driver(
            _url(environ, "HUB_VAULT_DATABASE_URL", database_url, ("postgresql", "postgres", "postgresql+psycopg"))
        ),
        keystore=Path(environ.get("HUB_KEYSTORE") or data_dir / "keys").absolute(),
        secret_key=environ.get("HUB_SECRET_KEY", ""),
        base_url=_url(environ, "HUB_BASE_URL", "http://127.0.0.1:8000", ("http", "https")).rstrip("/"),
        wechat_api=_url(environ, "HUB_WECHAT_API", "https://api.weixin.qq.com", ("http", "https")).rstrip("/"),
        wechat_open=_url(environ, "HUB_WECHAT_OPEN", "https://open.weixin.qq.com", ("http", "https")).rstrip("/"),
        wechat_mp=_url(environ, "HUB_WECHAT_MP", "https://mp.weixin.qq.com", ("http", "https")).rstrip("/"),
        oidc=_oidc(environ),
        now_offset=_offset(environ.get("HUB_NOW_OFFSET", "")),
        api_rate=_whole(environ, "HUB_API_RATE", 600),
        spool_mb=_whole(environ, "HUB_SPOOL_MB", 2048),
        key_overlap_hours=_whole(environ, "HUB_KEY_OVERLAP_HOURS", 24),
    )
    if settings.production:
        _refuse_weak_production(settings)
    return settings


def _url(environ: Mapping[str, str], name: str, default: str, schemes: tuple[str, ...]) -> str:
    value = environ.get(name) or default
    try:
        parts = urlsplit(value)
        complete = parts.port is None or bool(parts.hostname)
    except ValueError:  # a port or a host that is none; the message would show the value, and its password
        raise SettingsError(f"{name} is not a URL: correct its host and port") from None
    if value and parts.scheme not in schemes:
        raise SettingsError(f"{name} must start with one of: {', '.join(s + '://' for s in schemes)}")
    if not complete or (parts.scheme in ("http", "https") and not parts.hostname):
        raise SettingsError(f"{name} names no host")
    return value


def _oidc(environ: Mapping[str, str]) -> Oidc:
    """Return how users sign in by an identity provider: all of it is set, or nothing is."""
    oidc = Oidc(
        issuer=_url(environ, "HUB_OIDC_ISSUER", "", ("http", "https")),
        client_id=environ.get("HUB_OIDC_CLIENT_ID", ""),
        client_secret=environ.get("HUB_OIDC_CLIENT_SECRET", ""),
        roles=environ.get("HUB_OIDC_ROLES", ""),
    )
    if oidc.enabled and not (oidc.client_id and oidc.client_secret and oidc.roles):
        raise SettingsError("HUB_OIDC_ISSUER needs HUB_OIDC_CLIENT_ID, HUB_OIDC_CLIENT_SECRET and HUB_OIDC_ROLES too")
    return oidc


def _driver(url: str) -> str:
    """Return `url` with psycopg 3 named as the driver, which SQLAlchemy would not pick by itself."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _whole(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise SettingsError(f"{name} must be a whole number, 0 or more")
    return int(text)


def _offset(text: str) -> timedelta:
    try:
        return clock.parse_offset(text) if text else timedelta(0)
    except ValueError as error:
        raise SettingsError(f"HUB_NOW_OFFSET: {error}") from error


def _refuse_weak_production(settings: Settings) -> None:
    if not settings.database_url or not settings.redis_url:
        raise SettingsError("HUB_DATABASE_URL and HUB_REDIS_URL are required in production")
    if len(settings.secret_key) < 32:
        raise SettingsError("HUB_SECRET_KEY is required in production: 32 characters or more, kept secret")
    if settings.now_offset:
        raise SettingsError("HUB_NOW_OFFSET is refused in production: unset it")
    for name, url in (
        ("HUB_BASE_URL", settings.base_url),
        ("HUB_WECHAT_API", settings.wechat_api),
        ("HUB_WECHAT_OPEN", settings.wechat_open),
        ("HUB_WECHAT_MP", settings.wechat_mp),
        ("HUB_OIDC_ISSUER", settings.oidc.issuer or "https://"),
    ):
        if not url.startswith("https://"):
            raise SettingsError(f"{name} must be https:// in production")


def generated_secret(data_dir: Path) -> str:
    """Return the secret kept in `data_dir` for development, made once with owner-only rights."""
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=data_dir)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):  # another process was first: its secret rules
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text("ascii")


@cache
def current() -> Settings:
    """Return this process's settings, reading the environment on the first call and setting the clock by them."""
    settings = load(os.environ)
    if not settings.secret_key:
        settings = replace(settings, secret_key=generated_secret(settings.data_dir))
    clock.set_offset(settings.now_offset)
    return settings


def environment(**changes: str) -> dict[str, str]:
    """Return a copy of this process's environment with `changes`, for a child process."""
    return {**os.environ, **changes}


def metrics_dir() -> str | None:
    """Return the directory through which processes share their counters, None in a process of its own."""
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR")


def adopt(**changes: str) -> None:
    """Change this process's environment and read it again: for the CLI, once it knows where the engines are."""
    os.environ.update(changes)
    current.cache_clear()
