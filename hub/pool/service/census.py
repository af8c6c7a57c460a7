"""Count who stands where, as people move: the funnel and the followers of each account, without scans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.kernel import rollups

STEPS: Mapping[str, str] = {"fans": "follows > 0", "registered": "registered", "qualified": "qualified"}
"""Step of the funnel -> what it takes; bit n of `profile.counted` is the n-th step."""

_BITS = " + ".join(f"CASE WHEN {test} THEN {1 << n} ELSE 0 END" for n, test in enumerate(STEPS.values()))


def count_people(session: Session, roots: Iterable[UUID]) -> None:
    """Move the funnel's counters (``people_with``) by what changed in the profiles of `roots`."""
    rows = session.execute(
        text(
            "WITH before AS (SELECT person_id, counted FROM profile WHERE person_id = ANY(:roots)), after AS ("
            f" UPDATE profile SET counted = {_BITS} WHERE person_id = ANY(:roots) AND counted <> {_BITS}"
            " RETURNING person_id, counted)"
            " SELECT before.counted AS old, after.counted AS new FROM after JOIN before USING (person_id)"
        ),
        {"roots": sorted(set(roots))},
    )
    rollups.add(session, _moved((row.old, row.new) for row in rows))


def discount_people(session: Session, people: Collection[UUID]) -> None:
    """Drop the profiles of `people`, who are members of other persons now, and what was counted for them."""
    rows = session.execute(
        text("DELETE FROM profile WHERE person_id = ANY(:people) RETURNING counted"), {"people": list(people)}
    )
    rollups.add(session, _moved((row.counted, 0) for row in rows))


def _moved(changes: Iterable[tuple[int, int]]) -> Counter[tuple[str, str]]:
    moved: Counter[tuple[str, str]] = Counter()
    for old, new in changes:
        for n, step in enumerate(STEPS):
            moved["people_with", step] += (new >> n & 1) - (old >> n & 1)
    return moved
