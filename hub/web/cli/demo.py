"""The demo: a sample group, simulated WeChat traffic, and the hub that takes it in."""

from __future__ import annotations

import json
import os
import socket
import sys
from importlib import resources
from pathlib import Path

import click

from hub.group import service as group
from hub.group.service import users
from hub.kernel import settings
from hub.kernel.access import BU_USERS, USER_ROLES
from hub.kernel.db import transaction
from hub.web import groupfile, supervisor
from hub.web.cli.run import answers, hub_command, hub_programs
from hub.web.cli.runtime import running
from hub.web.supervisor import Program

DEMO_TOUCHPOINT = "minisite"


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--people", default=2000, show_default=True, type=click.IntRange(1, 1_000_000))
@click.option("--rate", default=15.0, show_default=True, help="Pushes a second.")
def demo(port: int, people: int, rate: float) -> None:
    """Run the hub with a sample group and simulated followers; starting again continues where it was."""
    if settings.current().production:
        raise click.ClickException("the demo brings simulated people: it refuses to run in production")
    if _taken(port):
        raise click.ClickException(f"port {port} is in use: stop what listens there, or choose another with --port")
    with running(redis=True) as runtime:
        keys = _prepare(runtime.data_dir)
        wechat = f"http://127.0.0.1:{_free_port()}"
        servers = dict.fromkeys(("HUB_WECHAT_API", "HUB_WECHAT_MP", "HUB_WECHAT_OPEN"), wechat)
        settings.adopt(**servers, HUB_BASE_URL=f"http://127.0.0.1:{port}")
        programs = hub_programs(runtime, host="127.0.0.1", port=port, web_workers=2, workers=1)
        words = ("simulate", "--hub", f"http://127.0.0.1:{port}", "--listen", wechat)
        simulate_env = settings.environment(HUB_SIMULATOR_KEY=keys["touchpoint"])
        simulator = hub_command(*words, "--people", str(people), "--rate", str(rate), "--quiet")
        sys.exit(
            supervisor.run(
                [*programs, Program("simulator", simulator, simulate_env)],
                on_tick=runtime.keep_alive,
                ready=lambda: answers(f"http://127.0.0.1:{port}/readyz"),
                on_ready=lambda: _welcome(port, keys),
            )
        )


def _prepare(data_dir: Path) -> dict[str, str]:
    """Apply the sample group once, and make one key per BU and one for the mini program, kept for the next start."""
    kept = data_dir / "demo-keys.json"
    if kept.exists():
        keys: dict[str, str] = json.loads(kept.read_text("ascii"))
        return keys
    with transaction() as session:
        groupfile.apply(session, resources.files(groupfile).joinpath("demo.yaml").read_bytes())
        keys = {bu.slug: group.create_key(session, name="demo", bu=bu.slug) for bu in group.bus(session)}
        keys["touchpoint"] = group.create_key(session, name="demo", touchpoint=DEMO_TOUCHPOINT)
    handle = os.open(kept, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        json.dump(keys, file)
    return keys


def _sign_in_links() -> dict[str, str]:
    """Return a path per role that signs its demo user in once; the users are made at the first start."""
    links = {}
    with transaction() as session:
        first_bu = group.bus(session)[0].slug
        for role in USER_ROLES:
            email = f"{role.replace('_', '-')}@example.com"
            bu = first_bu if role in BU_USERS else None
            try:
                user = users.user_by_email(session, email)
            except users.UnknownUser:
                user = users.create_user(session, None, email=email, role=role, bu=bu)
            links[role] = f"/login/link/{group.sign_in_link(session, user.id)}"
    return links


def _welcome(port: int, keys: dict[str, str]) -> None:
    base = f"http://127.0.0.1:{port}"
    click.echo(f"\nThe hub is up: {base}  (Ctrl-C stops everything, the next start continues)\n")
    click.echo("Signed in by one click, once each:")
    for role, path in _sign_in_links().items():
        click.echo(f"  {role:16} {base}{path}")
    click.echo(f"\nThe live page, signed in or not:  {base}/live")
    click.echo(f"A registration page:  {base}/events/automation-webinar")
    for slug, key in keys.items():
        if slug != "touchpoint":
            click.echo(f"\nClaim the best lead of {slug}:")
            click.echo(f"  curl -s -X POST {base}/api/v1/leads/claims \\")
            click.echo(f"    -H 'Authorization: Bearer {key}' \\")
            click.echo("    -H 'Content-Type: application/json' -d '{\"limit\": 1}'")
    click.echo("")


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


COMMANDS = (demo,)
