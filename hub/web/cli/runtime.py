"""What every command needs before it starts: settings, engines, and a database at the newest revision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from hub.kernel import db, queue, settings
from hub.web import migrating
from hub.web.engines.shared import EngineUrls, engines, ensure
from hub.web.tables import ensure_partitions


@dataclass(frozen=True, slots=True)
class Runtime:
    """Tell which engines are the hub's own."""

    data_dir: Path
    own_database: bool
    own_redis: bool

    def keep_alive(self) -> None:
        """Start again whichever of the hub's own engines has died."""
        if self.own_database or self.own_redis:
            ensure(self.data_dir, need_database=self.own_database, need_redis=self.own_redis)


@contextmanager
def running(*, migrate: bool = True, redis: bool = False) -> Iterator[Runtime]:
    """Yield with a database (and Redis, if asked) that answers, starting the hub's own where no URL is set.

    Outside production the schema is brought up to date first; in production `hub db upgrade` does that on purpose.
    """
    now = settings.current()
    own_database, own_redis = not now.database_url, redis and not now.redis_url
    with _own_engines(now.data_dir, own_database, own_redis) as urls:
        changes = {"HUB_DATA_DIR": str(now.data_dir), "HUB_SECRET_KEY": now.secret_key}
        if own_database:
            changes["HUB_DATABASE_URL"] = urls.database_url
        if own_redis:
            changes["HUB_REDIS_URL"] = urls.redis_url
        settings.adopt(**changes)
        db.dispose()
        queue.forget()
        if migrate:
            _bring_up_to_date()
        try:
            yield Runtime(now.data_dir, own_database, own_redis)
        finally:
            db.dispose()


@contextmanager
def _own_engines(data_dir: Path, database: bool, redis: bool) -> Iterator[EngineUrls]:
    if not database and not redis:
        yield EngineUrls("", "")
        return
    with engines(data_dir, need_database=database, need_redis=redis) as urls:
        yield urls


def _bring_up_to_date() -> None:
    if migrating.pending():
        if settings.current().production:
            raise click.ClickException("the database schema is behind this release: run `hub db upgrade` first")
        migrating.upgrade()
    ensure_partitions()
