"""Commands on the group's file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

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


COMMANDS = (apply, export)
