"""Commands for whoever runs the hub: schema, dead letters, purge, health."""

from __future__ import annotations

import sys

import click

import privacy.jobs
from hub.kernel import settings
from hub.kernel.db import transaction
from hub.web import deadletters as letters
from hub.web import doctor as checks
from hub.web import migrating
from hub.web.cli.runtime import running
from hub.web.tables import ensure_partitions


@click.group("db")
def database() -> None:
    """The database schema."""


@database.command()
def upgrade() -> None:
    """Bring the schema to this release's revision."""
    with running(migrate=False):
        migrating.upgrade()
        ensure_partitions()
        click.echo("The schema is up to date.")


@database.command()
@click.confirmation_option(prompt="This drops tables and what is in them. Go on?")
def downgrade() -> None:
    """Take the newest revision back."""
    with running(migrate=False):
        migrating.downgrade()
        click.echo("The newest revision was taken back.")


@click.group("deadletters")
def dead_letters() -> None:
    """Work that failed for good and waits for somebody to look."""


@dead_letters.command("list")
def list_() -> None:
    """Show every dead letter: where, which, why, since when."""
    with running(), transaction() as session:
        found = letters.read(session)
    for letter in found:
        click.echo(f"{letter.drain:12} {letter.id}  {letter.reason}  attempts={letter.attempts}  {letter.since:%F %T}Z")
    click.echo(f"{len(found)} dead letters.", err=True)


@dead_letters.command()
@click.argument("ids", nargs=-1, type=click.UUID)
@click.option("--all", "every", is_flag=True, help="Replay all of them.")
def replay(ids: tuple[object, ...], every: bool) -> None:
    """Put dead letters back to work; times and dedupe keys stay the original ones."""
    if bool(ids) == every:
        raise click.UsageError("give the ids to replay, or --all")
    with running(), transaction() as session:
        count = letters.replay(session, None if every else [str(i) for i in ids])
    click.echo(f"{count} replayed.")


@click.group("privacy")
def privacy_group() -> None:
    """Personal data."""


@privacy_group.command()
def purge() -> None:
    """Destroy the keys of personal data that is due, then drop its rows; running it again is harmless."""
    with running():
        report = privacy.jobs.purge_due()
    click.echo(
        f"Purged {report.days} days: {report.items} items of {report.collections} collections;"
        f" {report.ingest_days} ingest keys destroyed."
    )


@click.command()
def doctor() -> None:
    """Show every setting and engine, and what is wrong with them."""
    with running(migrate=False, redis=True):
        found = checks.examine(settings.current())
    for finding in found:
        mark = "ok  " if finding.ok else "BAD "
        click.echo(f"{mark} {finding.name:24} {finding.value}{'' if finding.ok else '  -> ' + finding.mend}")
    sys.exit(0 if all(finding.ok for finding in found) else 1)


COMMANDS = (database, dead_letters, privacy_group, doctor)
