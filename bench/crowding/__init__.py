"""A crowd to measure pages with: people and what they did in a year, filled by COPY in a few minutes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import timedelta
from functools import partial

import click
import yaml

from bench.crowding import activities, leads, others, people
from bench.crowding.place import EACH, Stage, Task, execute
from bench.pushes import GROUP_FILE
from hub.group import service as group
from hub.kernel import clock
from hub.kernel.db import transaction
from hub.web import groupfile

_YEAR = timedelta(days=365)
_PROCESSES = 2
_MORE_UNITS = 8
_TASKS: tuple[Task, ...] = (
    others.callbacks,
    people.points,
    people.identities,
    people.profiles,
    people.persons,
    people.links,
    people.merges,
    people.qualifications,
    people.collections,
    people.consents,
    leads.leads,
    leads.decisions,
    leads.steps,
    leads.disclosures,
    others.users,
    others.keys,
    others.acts,
    others.facts,
    others.lookups,
    others.events,
    others.counters,
)
"""What is filled beside the activities: each task its own tables."""
_FILLED = (
    "activity, person, score_point, qualification, profile, unrouted, collection, disclosure, audit_entry,"
    " user_account, api_key, callback, fact, unionid_lookup, event, rollup, rollup_day, decision"
)
"""What is emptied first, with everything that refers to it."""


def fill(count: int) -> Stage:
    """Fill the database with `count` people and twenty times as many activities; return where everything is.

    Whatever was in these tables is gone afterwards. The private server of a run only: no key is checked on the way.
    """
    stage = _stage(count)
    execute(f"TRUNCATE {_FILLED} CASCADE")
    tasks = [partial(activities.fill_month, stage, month) for month in activities.months(stage)]
    tasks += [partial(task, stage) for task in _TASKS]
    _run(tasks, count * EACH)
    execute("VACUUM (ANALYZE)")
    return stage


def _run(tasks: list[Callable[[], int]], rows: int) -> None:
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(_PROCESSES, mp_context=context) as processes,
        click.progressbar(
            length=rows, label=f"A crowd with {rows:,} activities", file=click.get_text_stream("stderr")
        ) as bar,
    ):
        for done in as_completed([processes.submit(task) for task in tasks]):
            bar.update(done.result())


def _stage(count: int) -> Stage:
    """Give the sample group more business units, and return where and when the crowd lives."""
    wanted = yaml.safe_load(GROUP_FILE)
    unit = wanted["business_units"][0]
    wanted["business_units"] += [unit | {"slug": f"unit-{n}", "name": f"示例事业部 {n}"} for n in range(_MORE_UNITS)]
    with transaction() as session:
        groupfile.apply(session, yaml.safe_dump(wanted, allow_unicode=True).encode())
        places = group.touchpoint_ids(session)
        accounts = {account.appid: str(places[account.appid]) for account in group.accounts(session)}
        units = tuple((str(bu.id), bu.slug) for bu in group.bus(session))
    end = int(clock.now().timestamp() * 1000)
    sites = tuple(str(id_) for slug, id_ in places.items() if slug not in accounts)
    start = end - int(_YEAR.total_seconds() * 1000)
    return Stage(count, start, end, dict(sorted(accounts.items())), units, sites)
