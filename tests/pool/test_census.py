"""The funnel's counters say what a scan would."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from hub.kernel import rollups
from hub.pool import service
from hub.pool.models import MergeEdge, Profile
from tests.pool.making import A, B, act, link, model, openid, record, union

STEP = st.tuples(
    st.sampled_from(["follow", "unfollow", "menu_click", "registration", "link", "undo", "rescore"]),
    st.sampled_from("123"),
    st.sampled_from([A, B]),
)


def scanned(session: Session) -> dict[str, int]:
    """Count the profiles as they stand."""
    row = session.execute(
        select(
            func.count().filter(Profile.follows > 0).label("fans"),
            func.count().filter(Profile.registered).label("registered"),
            func.count().filter(Profile.qualified).label("qualified"),
        )
    ).one()
    return {name: n for name, n in row._mapping.items() if n}


def followers(session: Session) -> dict[str, int]:
    """Count the identities that follow, by account."""
    rows = session.execute(text("SELECT namespace, count(*) FROM identity WHERE following GROUP BY namespace"))
    return {namespace: n for namespace, n in rows}


def step(session: Session, kind: str, name: str, appid: str) -> None:
    """Do one thing to the pool."""
    if kind == "link":
        link(session, (openid(name, appid), union(name)))
    elif kind == "undo":
        edge = session.scalar(select(MergeEdge.id).where(MergeEdge.undone_at.is_(None)).limit(1))
        if edge is not None:
            service.undo_merge(session, edge)
    elif kind == "rescore":
        model(session, {"mql_at": 5, "rules": [{"name": "x", "when": {"activity": "menu_click"}, "points": len(name)}]})
        service.rescore(session, 100)
    else:
        record(session, act(openid(name, appid), kind, "PRICE"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=14))
def test_counters_equal_a_scan_whatever_happens(database: Engine, steps: list[tuple[str, str, str]]) -> None:
    with database.connect() as connection, connection.begin() as outer:
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            model(session)
            for kind, name, appid in steps:
                step(session, kind, name, appid)
            totals = rollups.totals(session)
            assert {k: n for k, n in totals.get("people_with", {}).items() if n} == scanned(session)
            assert {k: n for k, n in totals.get("followers", {}).items() if n} == followers(session)
        outer.rollback()


def test_step_by_step_equals_anew(session: Session) -> None:
    model(session)
    for _ in range(2):
        record(session, act(openid("1", A), "follow"), act(openid("1", B), "download", traits={"interest": "power"}))
        record(session, act(openid("1", A), "menu_click", "PRICE"), act(openid("1", A), "scan", "s", scene="auto.x"))
    link(session, (openid("1", A), union("1")), (openid("1", B), union("1")))
    columns = [c for c in Profile.__table__.c if c.name != "model_version"]
    before = session.execute(select(*columns)).all()
    service.derive(session, [row.person_id for row in before])
    assert session.execute(select(*columns)).all() == before
