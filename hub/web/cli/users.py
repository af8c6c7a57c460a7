"""Commands on the users of the console."""

from __future__ import annotations

import sys

import click

from hub.group.rules.grants import BadGrant
from hub.group.service import invitations, users
from hub.group.service.passwords import WeakPassword
from hub.kernel import settings
from hub.kernel.access import USER_ROLES
from hub.kernel.db import transaction
from hub.web.cli.runtime import running


@click.group()
def user() -> None:
    """Users of the console."""


@user.command()
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(USER_ROLES))
@click.option("--bu", help="Slug of the business unit of a BU role.")
@click.option("--name", default="", help="How colleagues know them.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; print no link.")
def create(email: str, role: str, bu: str | None, name: str, password_stdin: bool) -> None:
    """Make a user and print the link by which they choose a password; it works once, for a week."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with running():
        try:
            made, token = _make(email, role, bu, name, password)
        except (BadGrant, users.EmailTaken, WeakPassword) as error:
            raise click.ClickException(str(error)) from None
        base = settings.current().base_url
    click.echo(made if token is None else f"{base}/invitations/{token}")


def _make(email: str, role: str, bu: str | None, name: str, password: str | None) -> tuple[str, str | None]:
    """Return the new user's id, and the token of their invitation unless their password is known already."""
    with transaction() as session:
        made = users.create_user(session, None, email=email, role=role, bu=bu, name=name)
        token = invitations.invite(session, None, made.id)
        if password is None:
            return str(made.id), token
        invitations.accept_invitation(session, token, password)
        return str(made.id), None


@user.command("list")
def list_() -> None:
    """Show every user: address, role, BU, and whether they can sign in."""
    with running(), transaction() as session:
        for one in users.users(session):
            state = "disabled" if not one.active else "ready" if one.ready else "invited"
            click.echo(f"{one.email:40} {one.role:16} {one.bu or '-':20} {state}")


@user.command()
@click.argument("email")
def disable(email: str) -> None:
    """Lock a user out at once and end their sessions."""
    with running():
        try:
            with transaction() as session:
                users.disable(session, None, users.user_by_email(session, email).id)
        except (users.UnknownUser, users.LastAdmin) as error:
            raise click.ClickException(str(error)) from None


COMMANDS = (user,)
