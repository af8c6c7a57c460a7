"""What stands around people and leads: users, keys, the audit trail, work rows, counters and events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain

from bench.crowding.leads import KEYS, USERS, actor
from bench.crowding.people import openid
from bench.crowding.place import (
    ACT,
    CALLBACK,
    EVENT,
    FACT,
    KEY,
    LOOKUP,
    TICKET,
    USER,
    VISIT,
    Stage,
    copy,
    day,
    made,
    when,
)
from bu_routing.rules.states import STATES

_DAY = 86_400_000
_ROLES = ("bu_member", "bu_member", "bu_manager", "group_marketer", "auditor")
_ACTS = ("user.role", "key.created", "dead_letters.replay", "login.link", "account.add")
_SLOTS = 16


def users(stage: Stage) -> int:
    """Fill `user_account` and `user_session`."""
    columns = "id, email, name, role, bu_id, totp_confirmed, active, created_at"
    people = (
        (
            made(0, USER, n),
            f"user-{n}@example.com",
            f"示例用户 {n}",
            role := _ROLES[n % 5],
            stage.units[n % len(stage.units)][0] if role.startswith("bu_") else None,
            True,
            True,
            when(stage.start),
        )
        for n in range(USERS)
    )
    sessions = (
        (made(stage.end - n, VISIT, n), f"\\\\x{n:064x}", made(0, USER, n % USERS), False, now, now, later)
        for n in range(USERS * 2)
        for now, later in [(when(stage.end), when(stage.end + _DAY))]
    )
    count = copy("user_account", columns, people)
    return count + copy("user_session", "id, digest, user_id, pending, created_at, last_seen_at, expires_at", sessions)


def keys(stage: Stage) -> int:
    """Fill `api_key`."""
    rows = (
        (
            made(0, KEY, n),
            f"crowd{n:04d}",
            f"\\\\x{n:064x}",
            f"示例密钥 {n}",
            "bu" if n % 2 else "admin",
            stage.units[n % len(stage.units)][0] if n % 2 else None,
            "{}",
            when(stage.start),
            when(stage.end + 90 * _DAY),
        )
        for n in range(KEYS)
    )
    return copy("api_key", "id, public_id, digest, name, role, bu_id, scopes, created_at, expires_at", rows)


def acts(stage: Stage) -> int:
    """Fill `audit_entry`: one for every fifth person."""
    count, span = stage.people // 5, stage.end - stage.start
    rows = (
        (
            made(at := stage.start + span * n // count, ACT, n),
            when(at),
            actor(n),
            "group_admin",
            _ACTS[n % 5],
            "user",
            made(0, USER, n % USERS),
            stage.units[n % len(stage.units)][0] if n % 3 else None,
            '{"role": "bu_member"}',
        )
        for n in range(count)
    )
    return copy("audit_entry", "id, at, actor_id, actor_role, action, object_kind, object_id, bu_id, details", rows)


def callbacks(stage: Stage) -> int:
    """Fill `callback`: two weeks that are done, a backlog, and some that died."""
    columns = (
        "id, day, dedupe_key, appid, msg_type, event, known, occurred_at, received_at, details, shard, subject, state,"
        " attempts, error"
    )
    done, new, dead = stage.people // 2, stage.people // 10, max(5, stage.people // 3_000)
    total = done + new + dead
    return copy("callback", columns, _callbacks(stage, total, done, dead))


def _callbacks(stage: Stage, total: int, done: int, dead: int) -> Iterator[tuple[object, ...]]:
    span = 13 * _DAY
    for n in range(total):
        at = stage.end - span + span * n // total
        state = "new" if n >= done + dead else "dead" if n % (total // dead) == 1 else "done"
        seen, who = when(at), openid(n)
        yield (
            made(at, CALLBACK, n),
            day(at),
            f"\\\\x{n:016x}",
            stage.appids[n % 3],
            "event",
            "CLICK",
            True,
            seen,
            seen,
            f'{{"openid": "{who}", "key": "PRICE"}}',
            n % 64,
            who,
            state,
            8 if state == "dead" else 0,
            "OperationalError" if state == "dead" else None,
        )


def facts(stage: Stage) -> int:
    """Fill `fact`, much as the inbox."""
    total, span = stage.people // 25, 13 * _DAY
    rows = (
        (
            made(at := stage.end - span + span * n // total, FACT, n),
            day(at),
            "mql_reached",
            f'{{"person_id": "{stage.person(n)}", "score": 60, "model_version": 1}}',
            when(at),
            n % 64,
            stage.person(n),
            "new" if n > total * 4 // 5 else "dead" if n % 500 == 1 else "done",
        )
        for n in range(total)
    )
    return copy("fact", "id, day, kind, body, created_at, shard, subject, state", rows)


def lookups(stage: Stage) -> int:
    """Fill `unionid_lookup`: a large import waits."""
    total = stage.people // 5
    rows = (
        (
            made(stage.end - total + n, LOOKUP, n),
            (appid := stage.appids[n % 3]),
            openid(n),
            n % 64,
            f"{appid}:{openid(n)}",
            "dead" if n % 1_000 == 1 else "new",
            "HTTPError" if n % 1_000 == 1 else None,
        )
        for n in range(total)
    )
    return copy("unionid_lookup", "id, appid, openid, shard, subject, state, error", rows)


def events(stage: Stage) -> int:
    """Fill `event` and `event_registration`."""
    places = stage.sites
    rows = (
        (
            made(stage.start + n, EVENT, n),
            f"event-{n}",
            f"示例活动 {n}",
            when(stage.end + n * _DAY),
            stage.units[n % len(stage.units)][0],
            places[n % len(places)],
            300,
            100,
            50,
        )
        for n in range(200)
    )
    count = copy("event", "id, slug, name, starts_at, bu_id, touchpoint_id, capacity, registered, checked_in", rows)
    tickets = (
        (
            made(stage.born(n), TICKET, n),
            made(stage.start + n % 200, EVENT, n % 200),
            "openid",
            stage.account(n),
            openid(n),
            f"{n:08d}",
            when(stage.born(n)),
        )
        for n in range(0, stage.people, 50)
    )
    columns = "id, event_id, identity_kind, identity_namespace, identity_value, code, registered_at"
    return count + copy("event_registration", columns, tickets)


def counters(stage: Stage) -> int:
    """Fill `rollup` and `rollup_day` as a year of work leaves them: two days in slots, the others folded."""
    last, ever = day(stage.end), date(1, 1, 1)
    days = [day(stage.start) + timedelta(days=n) for n in range((last - day(stage.start)).days - 1)]
    totals = list(_totals(stage))
    folded = ((metric, of, on, max(1, n // len(days))) for metric, of, n, _ in totals for on in days)
    ever_rows = ((metric, of, ever, 0, max(1, n // len(days)) * len(days)) for metric, of, n, _ in totals)
    late = (
        (metric, of, last - timedelta(days=ago), slot, 1)
        for metric, of, _, slots in totals
        for ago in (0, 1)
        for slot in range(slots)
    )
    copy("rollup_day", "metric, dimension, day, n", folded)
    copy("rollup", "metric, dimension, day, slot, n", chain(ever_rows, late))
    return 0


def _totals(stage: Stage) -> Iterator[tuple[str, str, int, int]]:
    """Yield (metric, dimension, about its total, slots)."""
    people, slugs = stage.people, [slug for _, slug in stage.units]
    wide = (
        ("people", "", people),
        ("stitched", "", people * 3 // 5),
        ("merges", "", people // 33),
        ("mqls", "", people // 12),
        *(
            ("people_with", step, people * share // 100)
            for step, share in (("fans", 80), ("registered", 12), ("qualified", 8))
        ),
        *(("callbacks", appid, people * 10 // (n + 1)) for n, appid in enumerate(stage.appids)),
        *(("followers", appid, people // (n + 2)) for n, appid in enumerate(stage.appids)),
        *(
            ("activities", kind, people)
            for kind in ("follow", "unfollow", "scan", "page_view", "menu_click", "message")
        ),
    )
    per_unit = chain(
        (("leads_now", f"{slug}:{state}") for slug in slugs for state in STATES),
        ((f"leads_{state}", slug) for slug in slugs for state in ("routed", *STATES)),
    )
    yield from ((metric, dimension, n, _SLOTS) for metric, dimension, n in wide)
    yield from ((metric, dimension, people // 100, 4) for metric, dimension in per_unit)
