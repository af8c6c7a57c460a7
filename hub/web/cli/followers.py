"""Commands for the followers of accounts: import them all, see how far that is."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import click
from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel import rollups
from hub.kernel.db import transaction
from hub.kernel.work import LANES, shard_of
from hub.web.cli.runtime import running
from wechat.jobs import drain_followers
from wechat.service import followers as wechat
from wechat.service.followers import SyncShown

_PAUSE = 0.5
_AT_ONCE = 4
_BAR = 30


@click.group("followers")
def followers() -> None:
    """Followers of the accounts: imported, compared, counted."""


@followers.command("sync")
@click.argument("appids", nargs=-1, metavar="[APPID]...")
@click.option("--watch", is_flag=True, help="Work and show progress here until every run ends; Ctrl-C leaves them.")
def sync(appids: tuple[str, ...], watch: bool) -> None:
    """Import every follower of these accounts, or of all; a run that was broken off goes on where it was."""
    with running(redis=True):
        with transaction() as session:
            wanted = list(appids) or [a.appid for a in group.accounts(session) if a.kind != "miniprogram"]
            runs = [_start(session, appid) for appid in wanted]
            for run in runs:
                group.audit(session, None, "followers.sync", "account", run.appid)
        for run in runs:
            click.echo(f"{run.appid}  {'goes on' if run.done else 'starts'}")
        if watch and runs:
            _watch(wanted)
        elif runs:
            click.echo("The workers do it: `hub followers status` shows how far they are.", err=True)


@followers.command("status")
def status() -> None:
    """Show each account's last run, and its followers as counted here and by WeChat."""
    with running(), transaction() as session:
        accounts = [a for a in group.accounts(session) if a.kind != "miniprogram"]
        runs = wechat.list_syncs(session, [a.appid for a in accounts])
        ours = rollups.totals(session).get("followers", {})
    for account in accounts:
        last = next(iter(runs[account.appid]), None)
        here = f"{account.appid}  here {ours.get(account.appid, 0):,}"
        click.echo(f"{here}  never imported" if last is None else f"{here}  WeChat {last.total:,}  {line(last)}")


def line(run: SyncShown) -> str:
    """Return one line that says how far a run is."""
    filled = int(_BAR * run.progress.share)
    parts = [f"[{'#' * filled}{'-' * (_BAR - filled)}] {100 * run.progress.share:3.0f}%", f"{run.done:,}/{run.total:,}"]
    if run.open and run.until is not None:
        parts.append(f"waits until {run.until:%F %T}Z ({run.error})")
    elif run.open:
        left = "" if run.progress.left is None else f", {run.progress.left:,.0f} s left"
        parts.append(f"{run.progress.rate:,.0f}/s{left}")
    else:
        parts.append(run.state + (f" ({run.error})" if run.error else ""))
    parts.append(f"+{run.added:,} -{run.ended:,}" + (f", {run.invalid:,} invalid" if run.invalid else ""))
    return "  ".join(parts)


def _start(session: Session, appid: str) -> SyncShown:
    try:
        return wechat.start_sync(session, appid)
    except wechat.NotFollowed:
        raise click.ClickException(
            f"{appid} is no official account of the group: `hub followers status` lists those there are"
        ) from None


def _watch(appids: Sequence[str]) -> None:
    """Work on the runs beside the workers, each by whoever holds it, and show them until none goes on now."""
    lanes = sorted({shard_of(appid) % LANES for appid in appids})
    stop = threading.Event()
    with ThreadPoolExecutor(min(_AT_ONCE, len(lanes)), "followers") as threads:
        work = [threads.submit(_work, lane, stop) for lane in lanes]
        try:
            while _show(appids) and not any(each.done() for each in work):
                stop.wait(_PAUSE)
        finally:
            stop.set()
        click.echo()
        for each in work:
            each.result()
    for run in _read(appids):
        click.echo(f"{run.appid}  {line(run)}")


def _work(lane: int, stop: threading.Event) -> None:
    while not stop.is_set():
        drain_followers(lane)
        stop.wait(0.05)


def _show(appids: Sequence[str]) -> bool:
    runs = _read(appids)
    done, total = sum(run.done for run in runs), sum(run.total for run in runs)
    rate = sum(run.progress.rate for run in runs if run.open)
    share = min(1.0, done / total) if total else 0.0
    filled = int(_BAR * share)
    left = f"{(total - done) / rate:,.0f} s left" if rate else ""
    bar = f"[{'#' * filled}{'-' * (_BAR - filled)}] {100 * share:3.0f}%  {done:,}/{total:,}  {rate:,.0f}/s  {left}"
    click.echo(f"\r{bar:100}", nl=False)
    return any(run.open and run.until is None for run in runs)


def _read(appids: Sequence[str]) -> list[SyncShown]:
    with transaction() as session:
        found = wechat.list_syncs(session, appids)
    return [runs[0] for runs in found.values() if runs]


COMMANDS = (followers,)
