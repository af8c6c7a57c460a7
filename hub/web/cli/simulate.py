"""Be WeChat for a rehearsal: its API on loopback, a crowd of followers, their pushes at a steady rate."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import cast, get_args

import click

from hub.group import service as group
from hub.kernel import settings
from hub.kernel.db import transaction
from hub.web import rehearsal
from hub.web.cli.runtime import running
from hub.web.rehearsal import Fault, Plan
from wechat.simulator.faults import FaultKind

_KINDS = get_args(FaultKind)
_MOST = 100_000_000


def _faults(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[Fault, ...]:
    """Return what each KIND:PATH:RATE means."""
    return tuple(_fault(value) for value in values)


def _fault(value: str) -> Fault:
    kind, _colon, rest = value.partition(":")
    path, _colon, share = rest.rpartition(":")
    if kind not in _KINDS:
        raise click.BadParameter(f"{kind!r} is no fault: expected one of {', '.join(_KINDS)}")
    try:
        rate = float(share)
    except ValueError:
        rate = -1
    if not 0 < rate <= 1:
        raise click.BadParameter(f"{share!r} is no rate: expected a share of the calls above 0 and up to 1")
    if path != "*" and not path.startswith("/"):
        raise click.BadParameter(f"{path!r} is no path: expected one such as /cgi-bin/user/info, or * for all")
    return Fault(cast("FaultKind", kind), path, rate)


@click.command()
@click.option("--hub", "hub_url", default="http://127.0.0.1:8000", show_default=True, help="The hub to deliver to.")
@click.option("--listen", default="http://127.0.0.1:8801", show_default=True, help="Where the simulated WeChat is.")
@click.option("--people", type=click.IntRange(1, _MOST), help="Who acts.  [default: the followers, else 2000]")
@click.option("--followers", default=0, type=click.IntRange(0, _MOST), help="Followers every account has at the start.")
@click.option("--rate", default=15.0, show_default=True, type=click.FloatRange(0.01, 100_000), help="Pushes a second.")
@click.option(
    "--speed", default=1.0, show_default=True, type=click.FloatRange(1, 10_000), help="WeChat's clock: N times."
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="KIND:PATH:RATE",
    callback=_faults,
    help=f"Share of calls that fail: {', '.join(_KINDS)}.",
)
@click.option(
    "--duplicates", default=0.05, show_default=True, type=click.FloatRange(0, 1), help="Delivered twice at once."
)
@click.option(
    "--reorder", default=0, show_default=True, type=click.IntRange(0, 10_000), help="Pushes that change places."
)
@click.option("--deliveries", default=3, show_default=True, type=click.IntRange(1, 4), help="Tries for each push.")
@click.option("--seconds", type=click.FloatRange(1), help="End by itself.  [default: when interrupted]")
@click.option("--quiet", is_flag=True, help="Print no progress.")
@click.option("--key", envvar="HUB_SIMULATOR_KEY", help="A touchpoint's API key, for mini program logins.")
def simulate(hub_url: str, listen: str, people: int | None, quiet: bool, key: str | None, **wishes: object) -> None:
    """Be WeChat: serve its API on loopback, and deliver the acts of simulated people to a hub."""
    if settings.current().production:
        raise click.ClickException("simulated people must not enter a production pool")
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    plan = Plan(hub_url=hub_url, listen=listen, people=people or wishes["followers"] or 2000, key=key, **wishes)  # type: ignore[arg-type]
    with running():
        with transaction() as session:
            accounts = group.accounts(session)
        if not accounts:
            raise click.ClickException("the group has no accounts yet: apply a group file first")
        report = rehearsal.run(accounts, plan, stop, say=None if quiet else click.echo)
    if not quiet:
        click.echo(report.summary())
    sys.exit(1 if report.given_up and not quiet else 0)


COMMANDS = (simulate,)
