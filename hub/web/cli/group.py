"""Commands on the group: its file, its API keys."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hub.group import service
from hub.kernel.db import transaction
from hub.web import groupfile
from hub.web.cli.runtime import running


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def apply(file: Path) -> None:
    """Apply a group file; print what it created, changed and left. A file with a mistake changes nothing."""
    with running():
        try:
            with transaction() as session:
                changes = groupfile.apply(session, file.read_bytes())
        except groupfile.GroupFileError as error:
            click.echo(f"hub: {file} was refused, nothing was changed:", err=True)
            click.echo(str(error), err=True)
            sys.exit(1)
    for change in changes:
        click.echo(f"{change.action:8} {change.kind} {change.slug}")


@click.command()
@click.option("--secrets", is_flag=True, help="Write secrets in clear instead of ${NAMES} of variables.")
def export(secrets: bool) -> None:
    """Write the group file that would make this installation."""
    with running(), transaction() as session:
        click.echo(groupfile.export(session, secrets=secrets), nl=False)


@click.group()
def key() -> None:
    """API keys."""


@key.command()
@click.option("--name", required=True, help="What the key is for.")
@click.option("--bu", help="Slug of the business unit that may use it.")
@click.option("--touchpoint", help="Slug (or AppID) of the touchpoint that may use it.")
@click.option("--admin", is_flag=True, help="For the group's own systems.")
@click.option("--scope", "scopes", multiple=True, help="Repeatable.")
def create(name: str, bu: str | None, touchpoint: str | None, admin: bool, scopes: tuple[str, ...]) -> None:
    """Make a key and print it alone; it is shown this once."""
    if sum((bool(bu), bool(touchpoint), admin)) != 1:
        raise click.UsageError("give exactly one of --bu SLUG, --touchpoint SLUG, --admin")
    with running():
        try:
            with transaction() as session:
                text = service.create_key(session, name=name, bu=bu, touchpoint=touchpoint, scopes=scopes)
        except service.UnknownOwner as error:
            raise click.ClickException(str(error)) from None
    click.echo(text)


COMMANDS = (apply, export, key)
