"""The `hub` command: it imports a command's module when that command is called, so that naming them all is quick."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from hub.web.cli.naming import COMMANDS


class _Named(click.Group):
    """Commands known by name and help line until one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as click calls it
        if cmd_name not in COMMANDS:
            return None
        offered = import_module(f"hub.web.cli.{COMMANDS[cmd_name].module}").COMMANDS
        return next((command for command in offered if command.name == cmd_name), None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].line) for name in self.list_commands(ctx)])


@click.group(cls=_Named, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hub", message="hub %(version)s")
def cli() -> None:
    """One pool of people from many WeChat accounts, and leads for the right business unit."""


def main() -> None:
    """Run the command; what a person can mend is one clear line and exit code 1."""
    try:
        cli(prog_name="hub")
    except Exception as error:
        from hub.web.cli.mending import mending

        words = mending(error)
        if words is None:
            raise
        click.echo(f"hub: {words}", err=True)
        sys.exit(1)
