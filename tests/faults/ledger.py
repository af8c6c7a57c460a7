"""Compare what the hub acknowledged with what it did: exactly once, in order, with every consequence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import psycopg

from tests.faults.crowd import Crowd, Fan
from tests.faults.house import House
from tests.faults.processes import wait_until

MQL_AT = 15  # as in group.yaml
_QUEUES = ("callback", "fact", "collection")


def settle(house: House, within: float = 60) -> None:
    """Wait until the hub has nothing left to do; nothing may have died of a fault."""

    def settled() -> bool:
        try:
            with house.database() as connection:
                return not any(_count(connection, table, "new") for table in _QUEUES)
        except psycopg.OperationalError:
            return False  # still coming back

    wait_until("all work is done", settled, within, every=0.2)
    with house.database() as connection:
        assert {table: _count(connection, table, "dead") for table in _QUEUES} == dict.fromkeys(_QUEUES, 0)


def check(house: House, crowd: Crowd) -> None:
    """Fail unless every acknowledged push had its effect exactly once and in order, and none had more than one."""
    settle(house)
    refused = {heard: n for heard, n in crowd.answers.items() if heard not in ("success", "nothing", "500", "503")}
    assert not refused, "WeChat's own pushes are never refused"
    with house.database() as connection:
        done = _activities(connection, crowd)
        for fan in crowd.fans:
            _compare(fan, done[fan.openid])
        _consequences(connection, crowd, done)
        _totals(connection)


def _count(connection: psycopg.Connection, table: str, state: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table} WHERE state = %s", (state,)).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])


def _activities(connection: psycopg.Connection, crowd: Crowd) -> dict[str, list[int]]:
    """Return the numbers of the pushes that became activities, in the activities' order, by OpenID."""
    rows = connection.execute(
        "SELECT i.value, a.kind, a.key, a.person_id = i.person_id"
        " FROM activity a JOIN identity i ON i.id = a.identity_id WHERE starts_with(i.value, %s) ORDER BY a.id",
        (crowd.name,),
    ).fetchall()
    assert all(same for *_, same in rows), "an activity belongs to the person its identity was born with"
    done: dict[str, list[int]] = defaultdict(list)
    for openid, kind, key, _ in rows:
        assert (kind == "follow") != key.startswith("K")
        done[openid].append(0 if kind == "follow" else int(key[1:]))
    assert set(done) <= {fan.openid for fan in crowd.fans}
    return done


def _compare(fan: Fan, done: Sequence[int]) -> None:
    """Compare one person's pushes with their effects."""
    times = Counter(done)
    lost = [sent.number for sent in fan.sent if sent.acked and not times[sent.number]]
    assert not lost, f"{fan.openid}: acknowledged, and lost"
    assert max(times.values(), default=0) <= 1, f"{fan.openid}: doubled: {times.most_common(5)}"
    assert set(times) <= {sent.number for sent in fan.sent}
    late = {sent.number for sent in fan.sent if sent.late}
    prompt = [number for number in done if number not in late]
    assert prompt == sorted(prompt), f"{fan.openid}: out of order"


def _consequences(connection: psycopg.Connection, crowd: Crowd, done: dict[str, list[int]]) -> None:
    """Compare what follows from the activities: one person each, the score, one MQL and one lead."""
    rows = connection.execute(
        "SELECT i.value, count(DISTINCT i.id), count(DISTINCT i.person_id), min(p.score), min(p.follows),"
        " (SELECT coalesce(sum(s.points), 0) FROM score_point s WHERE s.person_id = min(i.person_id::text)::uuid),"
        " (SELECT count(*) FROM qualification q WHERE q.person_id = min(i.person_id::text)::uuid),"
        " (SELECT count(*) FROM lead l WHERE l.person_id = min(i.person_id::text)::uuid)"
        " FROM identity i LEFT JOIN profile p ON p.person_id = i.person_id"
        " WHERE starts_with(i.value, %s) GROUP BY i.value",
        (crowd.name,),
    ).fetchall()
    found = {openid: tuple(figures) for openid, *figures in rows}
    wanted = {}
    for openid, numbers in done.items():
        follows = int(0 in numbers)
        score = 10 * follows + sum(1 for number in numbers if number)
        mql = int(score >= MQL_AT)
        wanted[openid] = (1, 1, score, follows, score, mql, mql)
    assert found == wanted, "identities, persons, score, follows, points, MQLs, leads"


def _totals(connection: psycopg.Connection) -> None:
    """Compare the counters, which are kept in the same transactions, with what they count."""
    for metric, counted in (
        ("activities", "SELECT kind, count(*) FROM activity GROUP BY 1"),
        ("callbacks", "SELECT appid, count(*) FROM callback GROUP BY 1"),
        ("mqls", "SELECT '', count(*) FROM qualification HAVING count(*) > 0"),
        ("people", "SELECT '', count(*) FROM person HAVING count(*) > 0"),
    ):
        kept = connection.execute("SELECT dimension, sum(n) FROM rollup WHERE metric = %s GROUP BY 1", (metric,))
        assert {dimension: int(n) for dimension, n in kept} == dict(connection.execute(counted).fetchall()), metric  # type: ignore[arg-type]
