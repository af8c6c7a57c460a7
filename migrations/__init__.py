"""Alembic revisions: `versions/main` for the hub's database, `versions/vault` for the vault's."""
