"""A durable writer: the database in time, the spool when it is away, nothing lost, doubled or overtaken."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from hub.kernel import bulk, clock, db, durable
from hub.kernel.durable import DurableWriter
from hub.kernel.groupcommit import NotDurable
from hub.kernel.ids import new_id
from hub.kernel.leases import Lease
from hub.kernel.spool import Spool


class Desk:
    """Write rows as leases; the database can be away, slow, or unwilling to take one of them."""

    def __init__(self, directory: Path, *, megabytes: int = 8) -> None:
        self.spool = Spool(directory, megabytes=megabytes)
        self.away = False
        self.gate = threading.Event()
        self.gate.set()
        self.order: list[str] = []
        self.writer = DurableWriter(self.write, lambda: self.spool, spooled="spooled", within=0.5)

    def write(self, session: Session, rows: Sequence[dict[str, Any]]) -> list[str]:
        if self.away:
            raise OperationalError("away", None, ConnectionRefusedError())
        assert self.gate.wait(10)
        if any(row["name"] == "bad" for row in rows):
            raise ValueError("never this one")
        until = clock.now() + timedelta(hours=1)
        wanted = [{"name": row["name"], "token": 1, "until": until} for row in rows]
        bulk.insert_rows(session, Lease, wanted, conflict="DO NOTHING")
        self.order += [row["name"] for row in rows]
        return ["stored" for _ in rows]

    def take(self, name: str) -> str:
        return self.writer.take({"id": new_id(), "name": name})

    def settle(self) -> None:
        """Wait until nothing waits in the spool."""
        wait_until(lambda: not self.spool.waiting())


def wait_until(true: Callable[[], bool]) -> None:
    over = time.monotonic() + 10
    while not true():
        assert time.monotonic() < over
        time.sleep(0.001)


def written() -> set[str]:
    with db.transaction() as session:
        return set(session.scalars(select(Lease.name)))


@pytest.fixture
def desk(clean: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(durable, "_PAUSE", 0.01)
    made = Desk(tmp_path / "spool")
    yield made
    made.away = False
    made.gate.set()
    made.settle()


def test_while_the_database_answers_nothing_is_spooled(desk: Desk) -> None:
    assert desk.take("a") == "stored"
    assert not desk.spool.directory.exists()


def test_while_it_is_away_everything_is_spooled_and_moved_in_order_when_it_is_back(desk: Desk) -> None:
    desk.away = True
    names = [f"n{n:03d}" for n in range(50)]
    assert {desk.take(name) for name in names} == {"spooled"}
    assert written() == set()
    desk.away = False
    desk.settle()
    assert written() == set(names)
    assert desk.order == names


def test_nothing_overtakes_what_waits_in_the_spool(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.writer, "resume", lambda: None)
    desk.away = True
    assert desk.take("first") == "spooled"
    desk.away = False
    assert desk.take("second") == "spooled"
    assert desk.writer.move() == 2
    assert desk.order == ["first", "second"]
    assert desk.take("third") == "stored"


def test_a_commit_that_comes_too_late_is_not_doubled_by_the_spool(desk: Desk) -> None:
    desk.gate.clear()
    assert desk.take("slow") == "spooled"
    desk.gate.set()
    desk.settle()
    assert written() == {"slow"}


def test_a_row_that_the_database_refuses_is_not_acknowledged_and_not_spooled(desk: Desk) -> None:
    with pytest.raises(NotDurable):
        desk.take("bad")
    assert not desk.spool.waiting()


def test_a_row_in_the_spool_that_the_database_refuses_is_set_aside_alone(desk: Desk) -> None:
    desk.away = True
    for name in ("a", "bad", "b"):
        desk.take(name)
    desk.away = False
    desk.settle()
    assert written() == {"a", "b"}
    assert desk.spool.counts() == (0, 1)


def test_with_the_database_away_and_the_spool_full_nothing_is_acknowledged(clean: Engine, tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("no directory")
    broken = Desk(tmp_path / "spool")
    broken.away = True
    with pytest.raises(NotDurable):
        broken.take("lost")


def test_a_new_process_goes_on_with_what_the_old_one_left(desk: Desk, tmp_path: Path) -> None:
    desk.away = True
    desk.take("left")
    successor = Desk(tmp_path / "spool")
    (tmp_path / "spool" / "waiting").unlink()
    successor.writer.recover()
    successor.settle()
    assert written() == {"left"}
