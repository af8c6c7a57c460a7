"""Bring the schema up and down with Alembic, without an ini file; the vault has a line of revisions of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, text

import migrations
from hub.kernel import db, settings, walls
from hub.web import tables

_HOME = Path(migrations.__file__).parent
_LOCK = 8_125_003


@dataclass(frozen=True, slots=True)
class Line:
    """Name one line of revisions: where its files are, what it makes, where it stands."""

    name: str
    metadata: MetaData
    version_table: str

    @property
    def url(self) -> str:
        """Return the database this line is for."""
        now = settings.current()
        return now.vault_database_url if self.name == "vault" else now.database_url


LINES = (
    Line("main", db.Base.metadata, "alembic_version"),
    Line("vault", db.VaultBase.metadata, "alembic_version_vault"),
)


def upgrade() -> None:
    """Bring both lines to their newest revision; several processes may try at once."""
    for line in LINES:
        with _config(line) as config:
            command.upgrade(config, "head")


def downgrade(to: str = "-1") -> None:
    """Take the main line's newest revision back; with `to` "base", everything of both lines."""
    for line in LINES[:1] if to == "-1" else reversed(LINES):
        with _config(line) as config:
            command.downgrade(config, to)


def pending() -> list[str]:
    """Return the lines that are behind this release."""
    behind = []
    for line in LINES:
        with _config(line) as config:
            context = MigrationContext.configure(
                config.attributes["connection"], opts={"version_table": line.version_table}
            )
            if set(context.get_current_heads()) != set(ScriptDirectory.from_config(config).get_heads()):
                behind.append(line.name)
    return behind


def check() -> None:
    """Raise alembic's CommandError when a model and its migrations differ."""
    for line in LINES:
        with _config(line) as config:
            command.check(config)


@contextmanager
def _config(line: Line) -> Iterator[Config]:
    config = Config()
    config.set_main_option("script_location", str(_HOME))
    config.set_main_option("version_locations", str(_HOME / "versions" / line.name))
    config.set_main_option("path_separator", "newline")
    engine = create_engine(line.url, hide_parameters=True, connect_args={"options": walls.GROUP_WIDE})
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            config.attributes.update(connection=connection, metadata=line.metadata, version_table=line.version_table)
            yield config
    finally:
        engine.dispose()


__all__ = ["LINES", "check", "downgrade", "pending", "tables", "upgrade"]
