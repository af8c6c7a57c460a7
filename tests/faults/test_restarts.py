"""The whole hub ends, politely or not, and starts again in the same data directory."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from tests.faults import processes
from tests.faults.crowd import Crowd
from tests.faults.house import House
from tests.faults.ledger import check
from tests.faults.processes import wait_until

pytestmark = pytest.mark.timeout(240)  # on a busy machine the programs take long to start


def test_after_a_killed_supervisor_the_next_one_goes_on(house: House) -> None:
    crowd = Crowd(house.port, "supervisor", 40, pause=0.3)
    assert house.up is not None
    heard = crowd.after(200)
    with crowd.acting(15):
        assert heard.wait(30)
        first = house.programs("up", "serve", "worker", "clock")
        engines = house.engine_pids()
        processes.send(signal.SIGKILL, [house.up.pid])
        house.bury()
        house.start()
        wait_until(
            "nothing of the first one runs", lambda: not any(processes.alive(process.pid) for process in first), 20
        )
        house.ready()
    assert house.engine_pids() == engines, "its engines were taken over"
    check(house, crowd)


def test_everything_may_die_at_once_at_any_moment(house: House) -> None:
    crowd = Crowd(house.port, "all", 40, pause=0.3)
    lot = random.Random(3)
    with crowd.acting(10_000):
        for _ in range(3):
            assert crowd.after(50).wait(60)
            time.sleep(lot.uniform(0, 0.7))
            house.kill()
            house.start()
        assert crowd.after(50).wait(60)
        crowd.enough.set()
    crowd.redeliver()
    check(house, crowd)


def test_ctrl_c_ends_the_hub_and_all_of_its_processes(house: House) -> None:
    interrupt(house)


def test_ctrl_c_ends_the_demo_and_all_of_its_processes(tmp_path: Path) -> None:
    demo = House(tmp_path / "demo")
    try:
        demo.up = demo.run("demo", "--port", str(demo.port), "--people", "50", "--rate", "30")
        demo.ready()
        interrupt(demo)
    finally:
        demo.kill()


def interrupt(house: House) -> None:
    """Press Ctrl-C, and see everything end."""
    assert house.up is not None
    began, seen = time.monotonic(), house.everything()
    house.up.send_signal(signal.SIGINT)
    assert house.up.wait(15) == 0
    took = time.monotonic() - began
    left = [process for process in seen if processes.alive(process.pid)]
    assert not left, f"still there after {took:.1f} s"
    assert not house.everything()
    house.up = None
