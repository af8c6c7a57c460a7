"""The tables of a run, the same on the screen and in RESULTS.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.claiming import Claims
from bench.contenders import BARE, CO, HUB, NPM, NPM_TWO, ROBOT, Contender
from bench.draining import Drained
from bench.importing import Imported
from bench.ingest import Ingest
from bench.load import percentile
from bench.outage import Outage
from bench.pages import Asked
from bench.sending import Sent
from bench.sizes import Sizes

_RATIO, _P99, _DRAIN, _MOVED, _PAGE = 1.5, 50, 5_000, 300, 200
"""Budgets: times what npm's wechat answers; milliseconds; callbacks a second for each worker; seconds; milliseconds."""
_SENDS, _MINUTES = 50_000, 10
"""Budget: so many sends in so many minutes."""
_NAMES = {
    BARE: "Flask + wechatpy + a commit each",
    ROBOT: "WeRoBot",
    NPM: "npm `wechat`, one process",
    NPM_TWO: "npm `wechat`, two",
    CO: "npm `co-wechat`",
}


def ingest(contenders: Sequence[Contender], found: Mapping[str, Ingest], sizes: Sizes) -> str:
    """Return the tables of callbacks: what each answers, and the hub's ratio to each."""
    pace, hub = f"{sizes.pace:,.0f}/s", found[HUB]
    figures = [(c, found[c.name]) for c in contenders]
    rows = [
        (c.title, f"{f.rate:,.0f}", f"{f.busy_p99:.0f} ms", f"{f.paced_p50:.1f} ms", f"{f.paced_p99:.1f} ms")
        for c, f in figures
    ]
    ratios = [
        (f"the hub ÷ {_NAMES[c.name]}", f"{hub.rate / f.rate:.2f}", _budget(c.name, hub.rate / f.rate))
        for c, f in figures
        if c.name != HUB
    ]
    late = (f"the hub's p99 at {pace}", f"{hub.paced_p99:.1f} ms", _kept(hub.paced_p99 < _P99, f"under {_P99} ms"))
    head = ("callbacks", "answers/s", "p99 then", f"p50 at {pace}", f"p99 at {pace}")
    return f"{_table(head, rows)}\n\n{_table(('ratio', 'measured', 'budget'), [*ratios, late])}"


def drain(found: Drained) -> str:
    """Return the table of the drain."""
    rows = [
        ("callbacks → people, activities, scores, MQLs", found.callbacks, found.callbacks / found.callback_seconds, ""),
        ("MQLs → decisions and leads", found.facts, found.facts / found.fact_seconds, ""),
        ("callbacks, all the way", found.callbacks, found.rate, _kept(found.rate >= _DRAIN, f"{_DRAIN:,}/s")),
    ]
    shown = [(name, f"{count:,}", f"{rate:,.0f}", budget) for name, count, rate, budget in rows]
    return _table(("one worker drains", "rows", "rows/s", "budget"), shown)


def claims(found: Mapping[str, Claims]) -> str:
    """Return the table of claims; a lead that was claimed twice would have ended the run."""
    rows = [
        (name, f"{c.leads_rate:,.0f}", f"{c.calls_rate:,.0f}", f"{c.p99:.0f} ms", _kept(True, "0"))
        for name, c in found.items()
    ]
    return _table(("pullers on one queue", "leads/s", "calls/s", "p99 of a call", "claimed twice"), rows)


def sends(found: Sent) -> str:
    """Return the table of sends; one that was lost or doubled would have ended the run."""
    rate = found.sends / found.send_seconds
    minutes = _SENDS / rate / 60
    row = (
        f"{found.sends:,}",
        f"{found.sends / found.queue_seconds:,.0f}/s",
        f"{rate:,.0f}/s",
        _kept(minutes < _MINUTES, f"{_SENDS:,} in {minutes:.1f} min, under {_MINUTES}"),
        _kept(True, "0"),
    )
    return _table(("templates to as many followers", "queued", "sent", "budget", "sent twice"), [row])


def outage(found: Outage) -> str:
    """Return the table of an outage; a push that was lost, doubled or overtaken would have ended the run."""
    row = (
        f"{found.away_seconds:,.0f} s",
        f"{found.acknowledged:,}",
        _kept(True, "all"),
        f"{found.p50:.1f} / {found.p99:.1f} ms",
        f"{found.spool_mb:,.0f} MB",
        f"{found.moved_seconds:.1f} s",
        _kept(found.moved_seconds < _MOVED, f"under {_MOVED} s"),
    )
    head = ("without PostgreSQL", "pushes", "acknowledged", "p50 / p99", "spool", "in the inbox after", "budget")
    return _table(head, [row])


def pages(found: Sequence[Asked]) -> str:
    """Return the table of pages, one row for every way to ask a route."""
    head = ("page or list", "p50", "p95", "worst", "budget")
    return _table(head, [_page(asked) for asked in found])


def _page(asked: Asked) -> tuple[str, ...]:
    name = f"`{asked.rule}` {asked.what}".strip()
    if not asked.times:
        return name, "", "", "", "not asked: MISSED"
    middle, late, worst = (percentile(asked.times, part) for part in (50, 95, 100))
    budget = _kept(late <= _PAGE, f"{_PAGE} ms") if asked.budget else ""
    return name, f"{middle:.0f} ms", f"{late:.0f} ms", f"{worst:.0f} ms", budget


def followers(found: Imported) -> str:
    """Return the table of an import; a follower that was lost or doubled would have ended the run."""
    row = (
        f"{found.followers:,}",
        f"{found.rate:,.0f}",
        f"{found.bare_rate:,.0f}",
        f"{100 * found.rate / found.bare_rate:.0f}%",
        " / ".join(f"{mb:,.0f}" for mb in found.memory_mb) + " MB",
        f"{found.first_us:,.0f} / {found.last_us:,.0f} µs",
    )
    head = (
        "followers",
        "followers/s",
        "a bare client's",
        "share",
        "memory at 10 / 50 / 100%",
        "first / last tenth, each",
    )
    return _table(head, [row])


def _budget(name: str, ratio: float) -> str:
    return _kept(ratio >= _RATIO, f"{_RATIO}") if name == NPM else ""


def _kept(kept: bool, budget: str) -> str:
    return f"{budget}: {'kept' if kept else 'MISSED'}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def document(machine: Mapping[str, str], tables: Mapping[str, str], sizes: Sizes) -> str:
    """Return RESULTS.md."""
    facts = "\n".join(f"- {name}: {value}" for name, value in machine.items())
    parts = "\n\n".join(
        f"## {title}\n\n{table}\n\n{_MEANING[title].format(**_numbers(sizes))}" for title, table in tables.items()
    )
    return f"# The last run of `make bench`\n\n{facts}\n\n{parts}\n"


def _numbers(sizes: Sizes) -> dict[str, str]:
    return {name: f"{getattr(sizes, name):,}" for name in Sizes.__slots__}


INGEST, DRAIN, CLAIMS, SENDS = "Callbacks taken in", "Drain", "Claims", "Sends"
OUTAGE, PAGES, FOLLOWERS = "Without a database", "Pages", "Followers imported"
_MEANING = {
    FOLLOWERS: """{followers} followers of one account are imported with their UnionIDs by one worker, from a simulated
WeChat in a process of its own; the bare client only asks it, over four connections, for the same answers. Afterwards
every follower is there once, with one follow activity and one UnionID. Memory is the worker's peak.""",
    INGEST: """Medians of {rounds} rounds, in which the contenders take turns on the same machine and, where they store
anything, the same PostgreSQL. All get the same signed pushes in safe mode (40% follows, 20% inquiries, 20% scans, 15%
page views, 5% messages, whose words the hub seals) over {lines} kept-alive connections: for {seconds} s each asks again
as soon as it is answered; then, for {paced_seconds} s, {pace} pushes a second are sent whether or not answers come, and
a latency starts when its push was due. Every answer of the hub and of the Flask app stands for a committed row, counted
afterwards. Both are served by granian with two processes, the hub with 32 threads each, the Flask app with 16.""",
    DRAIN: """One process drains {inbox} callbacks of the same mix (two in five are of somebody new, nearly every second
person asks for a price and becomes an MQL and a lead), then the facts they made. Nothing else runs.""",
    CLAIMS: """{pullers} pullers empty a queue of {leads} leads, {limit} a call: as threads of two processes through the
service, then as connections to the API of a hub with two web processes, each call with its key, its transaction, its
history rows and its answer.""",
    SENDS: """{sends} template messages of one campaign, queued with a dedupe key each, then judged against ledger,
policy and quotas, committed as `sending`, called and settled by two worker processes; the simulated WeChat runs in a
process of its own on the same machine and counts what arrived.""",
    OUTAGE: """PostgreSQL is ended under {outage_rate} callbacks a second, and started again {outage_seconds} s later,
under the same load. Every answer was "success"; all pushes are in the inbox afterwards, once, none before an older one
of its person.""",
    PAGES: """Every page of the console and every GET of the API among {people} people with twenty activities each in
thirteen months' partitions, their identities, points, leads, decisions, audit trail and counters of a year, a backlog
of callbacks and look-ups: asked through the application in one process, with what people ask most and the worst that
they can ask, at least {page_rounds} times each after one time that does not count. The budget is for the 95th
percentile.""",
}
