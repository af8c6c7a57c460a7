"""People with their identities, profiles and points."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from bench.crowding.activities import SCENES
from bench.crowding.place import (
    COLLECTION,
    CONSENT,
    EDGE,
    POINT,
    SECOND,
    UNION,
    Stage,
    copy,
    day,
    made,
    when,
)

RARE_TRAIT, RARE_SCORE, RARE_SCENE = "hydrogen", 900, "auto.archive"
_RULES = (("关注", 10), ("查看页面", 5), ("案例菜单", 10), ("扫描物料", 5), ("询价菜单", 50))
_INTERESTS = ("automation",) * 6 + ("power",) * 3 + ("motion",)
_SIZES = ("1-49", "50-199", "200-999", "1000-4999", "5000+")
_DAY = 86_400_000
OFTEN = 12
"""One person in so many is an MQL."""


def persons(stage: Stage) -> int:
    """Fill `person`."""
    rows = ((stage.person(n), stage.person(stage.root(n)), when(stage.born(n))) for n in range(stage.people))
    return copy("person", "id, root_id, created_at", rows)


def identities(stage: Stage) -> int:
    """Fill `identity`: an OpenID each, a second one and a UnionID for many."""
    return copy(
        "identity", "id, person_id, kind, namespace, value, first_seen_at, following, follow_changed_at", _known(stage)
    )


def _known(stage: Stage) -> Iterator[tuple[object, ...]]:
    for n in range(stage.people):
        at, person = stage.born(n), stage.person(n)
        seen, follows = when(at), n % 5 != 0
        yield stage.identity(n), person, "openid", stage.account(n), openid(n), seen, follows, seen
        if n % 5 == 2:
            yield made(at, SECOND, n), person, "openid", stage.appids[n % 3], openid(n, 2), seen, True, seen
        if n % 5 < 3:
            yield made(at, UNION, n), person, "unionid", "main", openid(n, 3), seen, None, None


def openid(n: int, which: int = 1) -> str:
    """Return an OpenID or UnionID of the person `n`: it sorts like no time."""
    return f"o{(n * 0x9E3779B97F4A7C15 + which) & 0xFFFFFFFFFFFFFFFF:016x}{which:011d}"


def links(stage: Stage) -> int:
    """Fill `identity_link`: whose UnionID is known."""
    rows = (
        (stage.identity(n), made(stage.born(n), UNION, n), "lookup", when(stage.born(n)))
        for n in range(stage.people)
        if n % 5 < 3
    )
    return copy("identity_link", "identity_id, linked_identity_id, source, linked_at", rows)


def merges(stage: Stage) -> int:
    """Fill `merge_edge`."""
    rows = (
        (made(stage.born(n), EDGE, n), stage.person(n - 5), stage.person(n), '{"by": "unionid"}', when(stage.born(n)))
        for n in range(stage.people)
        if stage.root(n) != n
    )
    return copy("merge_edge", "id, person_a, person_b, evidence, merged_at", rows)


def profiles(stage: Stage) -> int:
    """Fill `profile`: of roots alone."""
    columns = (
        "person_id, model_version, score, follows, registered, qualified, counted, last_scene, last_scene_at, traits,"
        " last_activity_at"
    )
    return copy("profile", columns, _profiles(stage))


def _profiles(stage: Stage) -> Iterator[tuple[object, ...]]:
    mood, rare = random.Random(1), max(1, stage.people // 50)
    for n in range(stage.people):
        if stage.root(n) != n:
            continue
        at, odd = stage.born(n), n % rare == rare // 3
        follows, registered, qualified = int(n % 5 != 0) + int(n % 5 == 2), n % 8 == 1, n % OFTEN == 0
        score = RARE_SCORE + n % 50 if odd else min(400, int(mood.expovariate(1 / 25))) + 60 * qualified
        active = when(at + int((stage.end - at) * mood.random() ** 3))
        yield (
            stage.person(n),
            1,
            score,
            follows,
            registered,
            qualified,
            (follows > 0) + 2 * registered + 4 * qualified,
            RARE_SCENE if odd else SCENES[n % 10] if n % 4 else None,
            when(at) if n % 4 or odd else None,
            _traits(n, odd),
            active,
        )


def _traits(n: int, odd: bool) -> str:
    if odd:
        return f'{{"interest": "{RARE_TRAIT}", "company_size": "5000+"}}'
    if n % 3:
        return "{}"
    return f'{{"interest": "{_INTERESTS[n // 3 % 10]}", "company_size": "{_SIZES[n // 3 % 5]}"}}'


def qualifications(stage: Stage) -> int:
    """Fill `qualification`."""
    rows = ((stage.person(n), 1, 65 + n % 40, when(stage.born(n))) for n in range(0, stage.people, OFTEN))
    return copy("qualification", "person_id, model_version, score, reached_at", rows)


def points(stage: Stage) -> int:
    """Fill `score_point`: three each, and two thousand of the first person."""
    columns = "id, person_id, activity_id, model_version, rule, day, points"
    return copy("score_point", columns, _points(stage))


def _points(stage: Stage) -> Iterator[tuple[object, ...]]:
    for n in range(stage.people):
        at, person = stage.born(n), stage.person(stage.root(n))
        for j in range(2_000 if n == 0 else 1 + n % 5):
            rule, worth = _RULES[j % 5]
            then = min(stage.end, at + j * _DAY // 8)
            activity = f"{at >> 16:08x}-{at & 0xFFFF:04x}-7000-8004-{n:012x}"
            yield made(at, POINT, n * 2_048 + j), person, activity, 1, rule, day(then), worth


def collections(stage: Stage) -> int:
    """Fill `collection`: who registered of late or is purged; what they left is not there."""
    columns = (
        "id, person_id, legal_entity, fields, collected_at, expires_at, expires_on, vaulted_at, purged_at, shard,"
        " subject, state"
    )
    return copy("collection", columns, _collections(stage))


def _collections(stage: Stage) -> Iterator[tuple[object, ...]]:
    today = day(stage.end)
    for n in range(1, stage.people, 8):
        at = stage.born(n)
        over = day(at) + timedelta(days=27)
        purged = when(at + 27 * _DAY) if over <= today else None
        fields, person = "{name,mobile,company}", stage.person(n)
        yield (
            made(at, COLLECTION, n),
            person,
            "shili-cn",
            fields,
            when(at),
            f"{over} 00:00:00+00",
            over,
            when(at),
            purged,
            n % 64,
            person,
            "done",
        )


def consents(stage: Stage) -> int:
    """Fill `consent`: one for each collection."""
    rows = (
        (
            made(stage.born(n), CONSENT, n),
            stage.person(n),
            made(stage.born(n), COLLECTION, n),
            "v1",
            "{collection,phone,share:shili-cn}",
            when(stage.born(n)),
        )
        for n in range(1, stage.people, 8)
    )
    return copy("consent", "id, person_id, collection_id, text_version, scopes, given_at", rows)
