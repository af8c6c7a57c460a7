"""The `hub` command."""

from __future__ import annotations

import sys

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from hub.kernel.secretbox import SecretUnreadable
from hub.kernel.settings import SettingsError
from hub.kernel.walls import WallsNotBuilt
from hub.web.cli import demo, group, keys, operate, run, users
from hub.web.engines.shared import EngineError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hub", message="hub %(version)s")
def cli() -> None:
    """One pool of people from many WeChat accounts, and leads for the right business unit."""


for command in (*run.COMMANDS, *demo.COMMANDS, *group.COMMANDS, *keys.COMMANDS, *operate.COMMANDS, *users.COMMANDS):
    cli.add_command(command)


def main() -> None:
    """Run the command; what a person can mend is one clear line and exit code 1."""
    try:
        cli(prog_name="hub")
    except (SettingsError, EngineError, SecretUnreadable, WallsNotBuilt) as error:
        _fail(str(error))
    except OperationalError as error:
        _fail(f"the database does not answer ({type(error.orig).__name__}): check HUB_DATABASE_URL")
    except ProgrammingError as error:
        _fail(
            f"the database refused a statement ({type(error.orig).__name__}): run `hub db upgrade`, then `hub doctor`"
        )


def _fail(message: str) -> None:
    click.echo(f"hub: {message}", err=True)
    sys.exit(1)
