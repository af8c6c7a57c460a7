"""Valkey and PostgreSQL die under load."""

from __future__ import annotations

import signal
import time
from contextlib import suppress

import psycopg
import pytest
import redis

from hub.web.engines import place, server, valkey
from tests.faults import processes
from tests.faults.crowd import Crowd
from tests.faults.house import House
from tests.faults.ledger import check
from tests.faults.processes import wait_until

pytestmark = pytest.mark.timeout(240)  # on a busy machine the programs take long to start


def test_valkey_may_die_again_and_again_with_all_it_holds(house: House) -> None:
    crowd = Crowd(house.port, "valkey", 40)
    inline = house.metric("hub_drained_inline_total")
    own = valkey.server(place.prepare(house.data_dir))
    died = set()
    with crowd.acting(25):
        until = time.monotonic() + 4
        while time.monotonic() < until:
            pid = server.running(own)
            if pid is not None:
                died.add(pid)
                processes.send(signal.SIGKILL, [pid])
            time.sleep(0.02)
        wait_until("the clock drained by itself", lambda: house.metric("hub_drained_inline_total") > inline, 20)
    assert not {heard for heard in crowd.answers if heard != "success"}, "callbacks do not need Valkey"
    assert len(died) > 1, "the supervisor started it again"
    check(house, crowd)
    wait_until("Valkey is back", lambda: answers(house.redis_url), 20)


def answers(url: str) -> bool:
    """Tell whether Redis takes commands: a process that was just started again may not yet."""
    with redis.Redis.from_url(url) as line, suppress(redis.RedisError):
        return bool(line.ping())
    return False


def test_valkey_may_be_emptied_at_any_time(house: House) -> None:
    crowd = Crowd(house.port, "flush", 40)
    wait_until("Valkey answers", lambda: answers(house.redis_url), 20)
    with redis.Redis.from_url(house.redis_url) as line, crowd.acting(20):
        for _ in range(15):
            line.flushall()
            time.sleep(0.2)
    assert not {heard for heard in crowd.answers if heard != "success"}
    check(house, crowd)


def test_while_postgresql_is_away_every_push_is_taken_in_and_none_is_lost_doubled_or_overtaken(house: House) -> None:
    crowd = Crowd(house.port, "postgres", 40)
    spooled = house.metric("hub_spooled_total")
    with crowd.acting(10_000):
        assert crowd.after(100).wait(60)
        lose_the_database(house)
        assert crowd.after(100).wait(60)
        wait_until("the database is back", lambda: house.metric("hub_database_up") == 1, 60)
        hung = postgres_of(house)
        processes.send(signal.SIGSTOP, hung)  # all of it hangs: nothing refuses, nothing answers
        try:
            assert crowd.after(300).wait(60)
        finally:
            processes.send(signal.SIGCONT, hung)
        assert crowd.after(100).wait(60)
        crowd.enough.set()
    assert not {heard for heard in crowd.answers if heard != "success"}, "the spool took what the database did not"
    assert house.metric("hub_spooled_total") > spooled, "the database was missed"
    wait_until("the spool is empty", lambda: not list((house.data_dir / "spool").glob("waiting")), 30)
    check(house, crowd)


def postgres_of(house: House) -> list[int]:
    """Return the processes of the hub's own PostgreSQL, the first one above the others; none while it is down."""
    every = [process for process in house.everything() if "postgres" in process.argv[0]]
    return [process.pid for process in sorted(every, key=lambda one: not one.argv[0].endswith("/bin/postgres"))]


def lose_the_database(house: House) -> None:
    """Kill the hub's own PostgreSQL; of the machine's end all the hub's connections, again and again."""
    if not house.database_url:
        processes.send(signal.SIGKILL, postgres_of(house)[:1])
        return
    for _ in range(40):
        with suppress(psycopg.OperationalError), house.database() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        time.sleep(0.05)
