"""The merge decision as a pure function."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.pool.rules.merging import Wanted, plan, roots_of

PEOPLE = [UUID(int=n) for n in range(1, 9)]
pairs = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=12)


def wanted(pair: tuple[UUID, UUID]) -> Wanted:
    return Wanted(*pair, "unionid:main")


@given(pairs, st.randoms())
def test_order_does_not_matter(wishes: list[tuple[UUID, UUID]], random: object) -> None:
    shuffled = list(wishes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    unionids = {PEOPLE[0]: [("main", "x")], PEOPLE[1]: [("main", "y")], PEOPLE[2]: [("main", "x")]}
    start = {p: p for p in PEOPLE}
    assert plan(start, unionids, list(map(wanted, wishes))) == plan(start, unionids, list(map(wanted, shuffled)))


@given(pairs)
def test_twice_changes_nothing(wishes: list[tuple[UUID, UUID]]) -> None:
    start = {p: p for p in PEOPLE}
    first = plan(start, {}, list(map(wanted, wishes)))
    again = plan({**start, **first.roots}, {}, list(map(wanted, wishes)))
    assert not again.edges
    assert not again.roots


@given(pairs)
def test_the_oldest_person_is_the_root_and_the_edges_alone_tell_the_roots(wishes: list[tuple[UUID, UUID]]) -> None:
    start = {p: p for p in PEOPLE}
    made = plan(start, {}, list(map(wanted, wishes)))
    roots = {**start, **made.roots}
    assert all(roots[p] <= p for p in PEOPLE)
    assert roots_of(PEOPLE, [(e.person_a, e.person_b) for e in made.edges]) == roots


@given(pairs, st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from("xyz"), max_size=8))
def test_no_cluster_ever_holds_two_unionids_of_one_platform(
    wishes: list[tuple[UUID, UUID]], carried: dict[UUID, str]
) -> None:
    start = {p: p for p in PEOPLE}
    made = plan(start, {p: [("main", u)] for p, u in carried.items()}, list(map(wanted, wishes)))
    roots = {**start, **made.roots}
    for root in set(roots.values()):
        assert len({carried[p] for p in PEOPLE if roots[p] == root and p in carried}) <= 1


@given(pairs, pairs)
def test_whom_a_human_keeps_apart_no_evidence_joins(
    wishes: list[tuple[UUID, UUID]], apart: list[tuple[UUID, UUID]]
) -> None:
    start = {p: p for p in PEOPLE}
    made = plan(start, {}, list(map(wanted, wishes)), apart)
    roots = {**start, **made.roots}
    assert [pair for pair in apart if pair[0] != pair[1] and roots[pair[0]] == roots[pair[1]]] == []
    assert not made.conflicts
