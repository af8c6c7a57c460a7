"""The hub's own processes are killed or stopped in the middle of their work."""

from __future__ import annotations

import random
import signal
import time

import psycopg
import pytest

from tests.faults import processes
from tests.faults.crowd import Crowd
from tests.faults.house import House
from tests.faults.ledger import check, settle
from tests.faults.nursery import nursery
from tests.faults.processes import wait_until

pytestmark = pytest.mark.timeout(240)  # on a busy machine the programs take long to start

_HELD = """
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = hashtext('callback')::oid
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def drains(line: psycopg.Connection) -> set[int]:
    """Return the database's process numbers of the drains of callbacks that are in the middle of a batch."""
    return {pid for (pid,) in line.execute(_HELD)}


def test_a_web_process_killed_right_after_its_answers_loses_none_of_them(house: House) -> None:
    crowd = Crowd(house.port, "web", 40)
    heard = crowd.after(150)
    with crowd.acting(25):
        assert heard.wait(30)
        web = house.programs("serve")
        assert len(web) == 3  # granian and its two workers
        processes.send(signal.SIGKILL, [process.pid for process in web])
        heard = crowd.after(150)
        assert heard.wait(60)
        worker = next(process for process in house.programs("serve") if process.pid != process.session)
        processes.send(signal.SIGKILL, [worker.pid])
    crowd.redeliver()
    assert crowd.answers["nothing"], "the kill came while pushes were under way"
    check(house, crowd)


def test_a_worker_killed_in_the_middle_of_batch_after_batch_does_everything_once(house: House) -> None:
    settle(house)
    [own] = house.programs("worker")
    crowd = Crowd(house.port, "worker", 100)
    lot = random.Random(8)
    caught = 0
    with nursery(house) as born, house.database() as line:
        processes.send(signal.SIGSTOP, [own.pid])
        crowd.act(30)
        for _ in range(8):
            began, pid = time.monotonic(), born.worker()
            while not (held := drains(line)) and time.monotonic() < began + 5:
                time.sleep(0.005)
            time.sleep(lot.uniform(0, 0.1))
            caught += bool(held)
            processes.send(signal.SIGKILL, [pid])
            wait_until("its transaction is gone", lambda: not drains(line), 10, every=0.02)
        processes.send(signal.SIGCONT, [own.pid])
        assert caught >= 4, "most kills came in the middle of a batch"
    check(house, crowd)


def test_a_worker_that_wakes_up_after_another_took_its_lane_doubles_nothing(house: House) -> None:
    settle(house)
    [own] = house.programs("worker")
    crowd = Crowd(house.port, "zombie", 60)
    with nursery(house) as born, house.database() as line:
        processes.send(signal.SIGSTOP, [own.pid])
        crowd.act(10)
        zombie = born.worker()
        held = stopped_in_a_batch(line, zombie)
        processes.send(signal.SIGCONT, [own.pid])
        wait_until("the other worker did all but the zombie's lane", lambda: drains(line) == held, 30)
        time.sleep(1)
        for backend in held:  # as idle_in_transaction_session_timeout does after 30 seconds
            line.execute("SELECT pg_terminate_backend(%s)", (backend,))
        settle(house)
        processes.send(signal.SIGCONT, [zombie])
        time.sleep(0.5)
        assert processes.alive(zombie)
        processes.send(signal.SIGTERM, [zombie])
        wait_until("the zombie ends in good order", lambda: not processes.alive(zombie), 15)
    check(house, crowd)


def stopped_in_a_batch(line: psycopg.Connection, pid: int) -> set[int]:
    """Stop `pid` in the middle of a batch and return the database's side of it."""
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        if not drains(line):
            time.sleep(0.002)
            continue
        processes.send(signal.SIGSTOP, [pid])
        time.sleep(0.3)  # what the database was doing for it ends; only a batch that waits for more keeps its locks
        if held := drains(line):
            return held
        processes.send(signal.SIGCONT, [pid])
    raise AssertionError("never met in the middle of a batch")


def test_a_killed_clock_is_started_again_and_misses_nothing(house: House) -> None:
    crowd = Crowd(house.port, "clock", 30)
    [clock] = house.programs("clock")
    with crowd.acting(10):
        processes.send(signal.SIGKILL, [clock.pid])
    check(house, crowd)
    [again] = house.programs("clock")
    assert again.pid != clock.pid
