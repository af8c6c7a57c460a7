"""Contact data and free text go through a real hub: nowhere in clear while they live, nowhere at all afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.residue import scanner
from tests.residue.canaries import Canaries
from tests.residue.running import Installation, installed, serving
from tests.residue.scanner import Hit, Scanner
from tests.residue.story import Story

STATE = """
SELECT (SELECT count(*) FROM callback WHERE sealed IS NOT NULL),
       (SELECT count(*) FROM lead WHERE note IS NOT NULL),
       (SELECT count(*) FROM collection WHERE state = 'dead' AND sealed IS NOT NULL),
       (SELECT count(*) FROM collection WHERE sealed IS NULL AND purged_at IS NULL),
       (SELECT count(*) FROM vault_item),
       (SELECT count(*) FROM collection WHERE purged_at IS NOT NULL AND sealed IS NULL)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what one life of the canaries left: hits and states before the purge and after it."""

    canaries: Canaries
    shown: dict[str, str]
    places: list[str]
    hits: tuple[set[Hit], set[Hit]]
    states: tuple[tuple[Any, ...], tuple[Any, ...]]
    keys: tuple[set[str], set[str]]
    log: str


@pytest.fixture(scope="module")
def place(database: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Yield an installation of this module's own."""
    with installed(tmp_path_factory.mktemp("residue")) as found:
        yield found


@pytest.fixture(scope="module")
def run(place: Installation) -> Run:
    """Let the canaries live and be purged a month later, looking around before and everywhere after."""
    canaries = Canaries()
    look = Scanner(canaries.values())
    with serving(place) as (base, pid):
        shown = Story(place, base, pid, canaries).happen()
        before = look.scan([*read_by_the_hub(place), *written(place, "logs")])
    state, keys = place.sql(STATE)[0], key_files(place)
    assert place.hub("privacy", "purge", HUB_NOW_OFFSET="+31d").wait(60) == 0
    places = [*read_by_the_hub(place), *written(place, "")]
    states, held = (state, place.sql(STATE)[0]), (keys, key_files(place))
    log = place.log.read_text("utf-8")
    return Run(canaries, shown, [name for name, _ in places], (before, look.scan(places)), states, held, log)


def read_by_the_hub(place: Installation) -> Iterator[tuple[str, bytes]]:
    """Yield what the engines show: every table of both databases and every key of Redis."""
    yield from scanner.tables(place.conninfo)
    with place.redis() as redis:
        yield from scanner.redis_keys(redis)


def written(place: Installation, folder: str) -> Iterator[tuple[str, bytes]]:
    """Yield what lies on disk in `folder` of the data directory, and what every process wrote to its output."""
    yield from scanner.files(place.data_dir / folder)
    yield "log", place.log.read_bytes()


def key_files(place: Installation) -> set[str]:
    """Return the names of the keys in the key store."""
    return {path.name for path in (place.data_dir / "keys").glob("*.key")}


def test_the_canaries_were_there(run: Run) -> None:
    assert run.shown == run.canaries.api
    sealed_callbacks, notes, dead, vaulted, items, purged = run.states[0]
    assert (sealed_callbacks, notes, dead, vaulted, items, purged) == (2, 1, 1, 3, 12, 0)
    assert "worker-1 ended (signal 9)" in run.log
    assert '"event": "work_failed"' in run.log


def test_every_kind_of_place_was_looked_at(run: Run) -> None:
    for start in (
        *("table collection (text)", "table lead (binary)", "table vault_item_", "redis rq:", "log"),
        *("file postgres/base/", "file postgres/pg_wal/", "file logs/postgres.log", "file keys/", "file secret_key"),
    ):
        assert any(name.startswith(start) for name in run.places), start


def test_while_it_lives_contact_data_is_nowhere_in_clear(run: Run) -> None:
    assert run.hits[0] == set()


def test_a_month_later_nothing_is_left(run: Run, place: Installation) -> None:
    assert run.hits[1] == set()
    sealed_callbacks, _notes, dead, vaulted, items, purged = run.states[1]
    assert (sealed_callbacks, dead, vaulted, items, purged) == (0, 0, 0, 0, 4)


def test_the_keys_are_gone_so_that_what_is_sealed_stays_so(run: Run) -> None:
    before, after = run.keys
    assert {name.split("-")[0] for name in before} == {"day", "ingest"}
    assert before & after == set()
    assert not any(name.startswith("day-") for name in after)
