"""What is asked of every page and every list: what people ask most, and the worst that they can."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from bench.crowding.activities import OLD_SCENE, RARE_KEY, RARE_KIND
from bench.crowding.leads import RARE_STATE, lead_id, numbers
from bench.crowding.people import RARE_SCENE, RARE_SCORE, RARE_TRAIT, openid
from bench.crowding.place import DECISION, EVENT, LEAD, Stage, made
from hub.kernel.access import ADMIN, AUDITOR, BU, BU_MANAGER, GROUP_ADMIN, OPERATOR, PUBLIC
from hub.kernel.http import write_cursor

_HOUR = 3_600_000
_DAY = 24 * _HOUR


@dataclass(frozen=True, slots=True)
class Case:
    """Hold one way to ask a route: who asks, the addresses in turn, and whether the budget is for it."""

    what: str
    caller: str
    paths: tuple[str, ...]
    budget: bool = True


def cases(stage: Stage) -> dict[str, list[Case]]:
    """Return the cases of each endpoint."""
    return {
        "console.overview": [Case("", GROUP_ADMIN, ("/",))],
        "console.people": list(_people(stage)),
        "console.person": list(_person(stage)),
        "console.leads": list(_leads(stage)),
        "console.new_send": [Case("", GROUP_ADMIN, tuple(f"/people/{id_}/send" for id_ in _some(stage)))],
        "sends.get_reach": [Case("", ADMIN, tuple(f"/api/v1/people/{id_}/reach" for id_ in _some(stage)))],
        "console.audit": list(_audit(stage)),
        "console.export": [Case("10,000 entries as a file", AUDITOR, ("/audit.csv",), budget=False)],
        "console.touchpoint": [Case("", GROUP_ADMIN, tuple(f"/touchpoints/{appid}" for appid in stage.appids))],
        **_queue(stage),
        **_api(stage),
        "event_pages.show": [Case("", PUBLIC, ("/events/event-7", "/events/event-8"))],
        "event_pages.done": [Case("nobody registered here", PUBLIC, ("/events/event-7/done",))],
        "live.index": [Case("", OPERATOR, ("/live",))],
        "live.data": [Case("the poll of the live page", OPERATOR, ("/live.json",))],
    }


def _some(stage: Stage) -> list[str]:
    return [str(stage.person(stage.root(n))) for n in range(3, stage.people, max(1, stage.people // 12))]


def _path(path: str, **query: object) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _people(stage: Stage) -> Iterator[Case]:
    yield Case("newest", GROUP_ADMIN, ("/people",))
    deep = (write_cursor([stage.person(stage.people * part // 10)]) for part in (1, 5, 9))
    yield Case("deep", GROUP_ADMIN, tuple(_path("/people", cursor=cursor) for cursor in deep))
    found = range(1, stage.people, max(1, stage.people // 10))
    yield Case("by OpenID", GROUP_ADMIN, tuple(_path("/people", q=openid(n)) for n in found))
    yield Case("by an unknown id", GROUP_ADMIN, (_path("/people", q="o-nobody-has-this-one"),))
    for what, condition in _conditions(stage).items():
        yield Case(what, GROUP_ADMIN, (_path("/people", when=json.dumps(condition)),))
    oldest = write_cursor([stage.person(stage.people // 10)])
    for what, condition in _conditions(stage).items():
        yield Case(f"{what}, deep", GROUP_ADMIN, (_path("/people", when=json.dumps(condition), cursor=oldest),))


def _conditions(stage: Stage) -> dict[str, object]:
    rare: dict[str, object] = {"activity": "menu_click", "key": RARE_KEY}
    return {
        "score ≥ 60": {"field": "score", "gte": 60},
        "rare score": {"field": "score", "gte": RARE_SCORE},
        "score nobody has": {"field": "score", "gte": 5_000},
        "MQLs": {"field": "lifecycle", "equals": "qualified"},
        "anonymous": {"field": "lifecycle", "equals": "anonymous"},
        "fans": {"field": "follows", "gte": 1},
        "registered": {"field": "registered", "equals": True},
        "an interest": {"field": "traits.interest", "equals": "automation"},
        "rare trait": {"field": "traits.interest", "equals": RARE_TRAIT},
        "trait nobody has": {"field": "traits.interest", "equals": "none"},
        "a scene": {"field": "last_scene", "starts_with": "auto."},
        "rare scene": {"field": "last_scene", "equals": RARE_SCENE},
        "an account": {"field": "accounts", "contains": stage.appids[0]},
        "rare account": {"field": "accounts", "contains": stage.appids[-1]},
        "active of late": {"field": "last_activity_at", "gte": f"{_date(stage.end - _DAY)}T00:00:00+00:00"},
        "page views": {"activity": "page_view"},
        "price menu": {"activity": "menu_click", "key": "PRICE"},
        "price menu in 7 days": {"activity": "menu_click", "key": "PRICE", "within": "7d"},
        "rare kind": {"activity": RARE_KIND},
        "rare kind in 7 days": {"activity": RARE_KIND, "within": "7d"},
        "rare key": rare,
        "key nobody has": {"activity": "menu_click", "key": "NONE"},
        "scene of long ago": {"activity": "scan", "key": OLD_SCENE},
        "keys that start so": {"activity": "download", "key_starts_with": "auto"},
        "price menu, 3 times": {"activity": "menu_click", "key": "PRICE", "at_least": 3},
        "never viewed a page": {"not": {"activity": "page_view"}},
        "rare key and MQL": {"all": [rare, {"field": "lifecycle", "equals": "qualified"}]},
        "rare key or rare trait": {"any": [rare, {"field": "traits.interest", "equals": RARE_TRAIT}]},
        "MQL without the menu": {
            "all": [
                {"field": "lifecycle", "equals": "qualified"},
                {"not": {"activity": "menu_click", "key": "PRICE"}},
                {"field": "traits.interest", "equals": "automation"},
            ]
        },
    }


def _person(stage: Stage) -> Iterator[Case]:
    some = range(3, stage.people, max(1, stage.people // 12))
    yield Case("", GROUP_ADMIN, tuple(f"/people/{stage.person(stage.root(n))}" for n in some))
    busiest = f"/people/{stage.person(0)}"
    yield Case("the busiest, some thousand activities", GROUP_ADMIN, (busiest,))
    yield Case("the busiest, a rare kind", GROUP_ADMIN, (_path(busiest, kind=RARE_KIND),))
    deep = write_cursor([_iso(stage.start + 30 * _DAY), stage.person(0)])
    yield Case("the busiest, deep", GROUP_ADMIN, (_path(busiest, cursor=deep),))


def _leads(stage: Stage) -> Iterator[Case]:
    unit = stage.units[0][1]
    yield Case("newest", GROUP_ADMIN, ("/leads", "/leads?lang=en"))
    yield Case("a rare state", GROUP_ADMIN, (_path("/leads", state=RARE_STATE),))
    yield Case("a unit's, in a rare state", GROUP_ADMIN, (_path("/leads", bu=unit, state=RARE_STATE),))
    yield Case("a small unit's", GROUP_ADMIN, tuple(_path("/leads", bu=slug) for _, slug in stage.units[5:]))
    cursor = write_cursor([made(stage.born(stage.people // 5), LEAD, 0)])
    yield Case(
        "a unit's, in two states, deep", GROUP_ADMIN, (_path("/leads", bu=unit, state="won,lost", cursor=cursor),)
    )


def _queue(stage: Stage) -> dict[str, list[Case]]:
    own = [f"/queue/{lead_id(stage, k, n)}" for k, n, unit in numbers(stage) if unit == 0][
        :: max(1, stage.people // 500)
    ]
    deep = write_cursor([120, _iso(stage.start + 100 * _DAY), made(0, LEAD, 0)])
    shelf = write_cursor([made(stage.born(stage.people // 5), LEAD, 0)])
    return {
        "console.queue": [
            Case("best first", BU_MANAGER, ("/queue", "/queue?lang=en")),
            Case("deep", BU_MANAGER, (_path("/queue", cursor=deep),)),
        ],
        "console.working": [
            Case("", BU_MANAGER, ("/queue/working",)),
            Case("deep", BU_MANAGER, (_path("/queue/working", cursor=shelf),)),
        ],
        "console.done": [
            Case("", BU_MANAGER, ("/queue/done",)),
            Case("deep", BU_MANAGER, (_path("/queue/done", cursor=shelf),)),
        ],
        "console.lead": [Case("", BU_MANAGER, tuple(own[:12]))],
    }


def _audit(stage: Stage) -> Iterator[Case]:
    yield Case("newest", AUDITOR, ("/audit",))
    for kind in ("lead", "disclosure", "act"):
        yield Case(f"kind: {kind}", AUDITOR, (_path("/audit", kind=kind),))
    yield Case("a unit's", AUDITOR, tuple(_path("/audit", bu=slug) for _, slug in stage.units[:4]))
    yield Case("an actor's", AUDITOR, (_path("/audit", actor="示例用户 7"), _path("/audit", actor="示例密钥 9")))
    yield Case("of somebody who did nothing", AUDITOR, (_path("/audit", actor="无人"),))
    yield Case(
        "a day long ago", AUDITOR, (_path("/audit", **{"from": _date(stage.start), "to": _date(stage.start + _DAY)}),)
    )
    yield Case(
        "an actor's, a small unit's, long ago",
        AUDITOR,
        (_path("/audit", actor="示例用户 8", bu=stage.units[-1][1], to=_date(stage.start + 9 * _DAY)),),
    )


def _api(stage: Stage) -> dict[str, list[Case]]:
    leads = "/api/v1/leads"
    deep = write_cursor([made(stage.born(stage.people // 5), LEAD, 0)])
    by_score = write_cursor([120, _iso(stage.start + 100 * _DAY), made(0, LEAD, 0)])
    own = [(k, n) for k, n, unit in numbers(stage) if unit == 0][:: max(1, stage.people // 500)]
    decisions = tuple(f"/api/v1/routing/decisions/{made(stage.born(n) + _HOUR, DECISION, k)}" for k, n in own[:6])
    return {
        "leads.list_leads": [
            Case("newest", BU, (leads,)),
            Case("200 a page", BU, (_path(leads, limit=200),)),
            Case("deep", BU, (_path(leads, cursor=deep),)),
            Case("a rare state", BU, (_path(leads, state=RARE_STATE),)),
            Case("the queue, 200 a page", BU, (_path(leads, state="queued", order="score", limit=200),)),
            Case("the queue, deep", BU, (_path(leads, state="queued", order="score", cursor=by_score),)),
        ],
        "leads.get_lead": [Case("", BU, tuple(f"{leads}/{lead_id(stage, k, n)}" for k, n in own[:12]))],
        "decisions.get_decision": [Case("", ADMIN, decisions)],
        "keys.get_keys": [Case("200 a page", ADMIN, ("/api/v1/keys?limit=200",))],
        "events.get_events": [
            Case("200 a page", ADMIN, ("/api/v1/events?limit=200",)),
            Case("deep", ADMIN, (_path("/api/v1/events", cursor=write_cursor([made(stage.start + 60, EVENT, 60)])),)),
        ],
    }


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


def _date(at: int) -> str:
    return _iso(at)[:10]
