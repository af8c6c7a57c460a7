"""`python -m bench`: measure, print ratios, keep the last full run in RESULTS.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from bench import claiming, crowding, draining, importing, ingest, machine, outage, pages, places, report, sending
from bench.contenders import contenders
from bench.pushes import account
from bench.sizes import FULL, QUICK, Sizes

_PARTS = ("ingest", "drain", "claims", "sends", "outage", "pages", "followers")
_RESULTS = Path(__file__).with_name("RESULTS.md")


@click.command()
@click.option("--quick", is_flag=True, help="Small sizes, under a minute; RESULTS.md stays as it is.")
@click.option("--only", type=click.Choice(_PARTS), help="One part; RESULTS.md stays as it is.")
@click.option("--followers", type=click.IntRange(1000, 10_000_000), help="How many the part `followers` imports.")
@click.option("--outage-seconds", type=float, help="How long PostgreSQL is away in the part `outage`.")
@click.option("--people", type=click.IntRange(min=1_000), help="How many people the part `pages` fills in.")
def main(
    quick: bool, only: str | None, outage_seconds: float | None, people: int | None, followers: int | None
) -> None:
    """Measure the hub beside a bare Flask app and npm's wechat, its drain, its claims, and its pages."""
    sizes, wanted = QUICK if quick else FULL, (only,) if only else _PARTS
    sizes = replace(sizes, outage_seconds=outage_seconds or sizes.outage_seconds, people=people or sizes.people)
    sizes = replace(sizes, followers=followers or sizes.followers)
    with places.fresh_engines():
        tables = dict(_MEASURED[part](sizes) for part in wanted)
        found = machine.describe()
    for title, table in tables.items():
        click.echo(f"\n{title}\n\n{table}")
    if not quick and only is None:
        _RESULTS.write_text(report.document(found, tables, sizes), encoding="utf-8")


def _say(text: str) -> None:
    click.echo(text, err=True)


def _ingest(sizes: Sizes) -> tuple[str, str]:
    taking_part = contenders(_say)
    return report.INGEST, report.ingest(taking_part, ingest.measure(taking_part, account(), sizes, _say), sizes)


def _drain(sizes: Sizes) -> tuple[str, str]:
    _say(f"drain: {sizes.inbox:,} callbacks")
    return report.DRAIN, report.drain(draining.measure(account(), sizes.inbox))


def _claims(sizes: Sizes) -> tuple[str, str]:
    _say(f"claims: {sizes.leads:,} leads")
    bu_id = claiming.fill(sizes.leads)
    found = {
        f"{sizes.pullers} threads, by the service": claiming.through_service(bu_id, sizes),
        f"{sizes.pullers} connections, by the API": claiming.over_http(bu_id, sizes),
    }
    return report.CLAIMS, report.claims(found)


def _sends(sizes: Sizes) -> tuple[str, str]:
    _say(f"sends: {sizes.sends:,} templates")
    return report.SENDS, report.sends(sending.measure(account(), sizes.sends))


def _outage(sizes: Sizes) -> tuple[str, str]:
    _say(f"outage: {sizes.outage_rate:,.0f} callbacks/s for {sizes.outage_seconds:,.0f} s without PostgreSQL")
    found = outage.measure(account(), rate=sizes.outage_rate, seconds=sizes.outage_seconds)
    return report.OUTAGE, report.outage(found)


def _pages(sizes: Sizes) -> tuple[str, str]:
    """Measure the pages; the last part, as it empties the tables that it fills."""
    return report.PAGES, report.pages(pages.measure(crowding.fill(sizes.people), sizes.page_rounds))


def _followers(sizes: Sizes) -> tuple[str, str]:
    _say(f"followers: {sizes.followers:,}")
    return report.FOLLOWERS, report.followers(importing.measure(account(), sizes.followers))


_MEASURED: dict[str, Callable[[Sizes], tuple[str, str]]] = {
    "ingest": _ingest,
    "drain": _drain,
    "claims": _claims,
    "sends": _sends,
    "outage": _outage,
    "pages": _pages,
    "followers": _followers,
}

if __name__ == "__main__":
    main()
