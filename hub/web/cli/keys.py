"""Commands on the API keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import click
from sqlalchemy.orm import Session

from hub.group import service
from hub.kernel.db import transaction
from hub.web.cli.runtime import running

_DAYS = click.IntRange(1, 3650)


@click.group()
def key() -> None:
    """API keys."""


@key.command()
@click.option("--name", required=True, help="What the key is for.")
@click.option("--bu", help="Slug of the business unit that may use it.")
@click.option("--touchpoint", help="Slug (or AppID) of the touchpoint that may use it.")
@click.option("--admin", is_flag=True, help="For the group's own systems.")
@click.option("--scope", "scopes", multiple=True, help="Repeatable; without any the key may do all that its role may.")
@click.option("--expires-days", type=_DAYS, default=180, show_default=True, help="How long it lives.")
def create(
    name: str, bu: str | None, touchpoint: str | None, admin: bool, scopes: tuple[str, ...], expires_days: int
) -> None:
    """Make a key and print it alone; it is shown this once."""
    if sum((bool(bu), bool(touchpoint), admin)) != 1:
        raise click.UsageError("give exactly one of --bu SLUG, --touchpoint SLUG, --admin")
    with _session() as session:
        text = service.create_key(
            session, name=name, bu=bu, touchpoint=touchpoint, scopes=scopes, life=timedelta(days=expires_days)
        )
    click.echo(text)


@key.command("list")
@click.option("--all", "all_", is_flag=True, help="Those that are over, too.")
def list_(all_: bool) -> None:
    """List the keys: id, state, owner, name, scopes, end, last use."""
    with _session() as session:
        cards = service.list_keys(session)
    for card in cards:
        if all_ or card.state == "live":
            owner = f"{card.role}:{card.owner}" if card.owner else card.role
            ends, used = (_day(at) for at in (card.expires_at, card.last_used_at))
            scopes = ",".join(card.scopes) or "all"
            click.echo(f"{card.public_id}  {card.state:8}  {owner}  {card.name}  {scopes}  ends {ends}  used {used}")


@key.command()
@click.argument("id_", metavar="ID")
def revoke(id_: str) -> None:
    """End a key now: by its id, its eight-letter id, or itself."""
    with _session() as session:
        found = service.find_key(session, id_)
        service.revoke_key(session, found)
    click.echo(f"revoked {found.public_id}")


@key.command()
@click.argument("id_", metavar="ID")
@click.option("--overlap-days", type=click.IntRange(0, 90), default=7, show_default=True, help="How long both live.")
@click.option("--expires-days", type=_DAYS, default=180, show_default=True, help="How long the new one lives.")
def rotate(id_: str, overlap_days: int, expires_days: int) -> None:
    """Make the successor of a key and print it alone; the old one lives on for the overlap."""
    with _session() as session:
        _, text = service.rotate_key(
            session,
            service.find_key(session, id_),
            overlap=timedelta(days=overlap_days),
            life=timedelta(days=expires_days),
        )
    click.echo(text)


@contextmanager
def _session() -> Iterator[Session]:
    with running():
        try:
            with transaction() as session:
                yield session
        except (service.UnknownOwner, service.UnknownScope, service.KeyNotFound, service.KeyNotRotatable) as error:
            raise click.ClickException(str(error)) from None


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "never"


COMMANDS = (key,)
