"""Run revisions on the connection that `hub.web.migrating` hands over."""

from __future__ import annotations

from typing import Any

from alembic import context

attributes: dict[str, Any] = context.config.attributes
metadata = attributes["metadata"]


def ours(name: str | None, type_: str, _parents: Any) -> bool:
    """Leave out what the models do not name: partitions, and the other line's tables."""
    return type_ != "table" or name in metadata.tables


context.configure(
    connection=attributes["connection"],
    target_metadata=metadata,
    version_table=attributes["version_table"],
    include_name=ours,
)
context.run_migrations()
