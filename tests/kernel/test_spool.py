"""The spool: on disk when it says so, in order, shared by processes, full when it is full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hub.kernel import spool as room
from hub.kernel.ids import new_id
from hub.kernel.spool import Spool, SpoolBroken


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", megabytes=64)


def ids(spool: Spool, limit: int = 100) -> list[bytes]:
    return [id_ for id_, _ in spool.oldest(limit)]


def fits(spool: Spool, items: list[tuple[bytes, bytes]]) -> bool:
    try:
        spool.append(items)
    except SpoolBroken:
        return False
    return True


def test_an_empty_spool_is_no_directory_and_waits_for_nothing(spool: Spool) -> None:
    assert not spool.waiting()
    assert spool.counts() == (0, 0)
    assert not spool.directory.exists()


def test_items_come_out_in_the_order_of_their_ids_whoever_wrote_first(spool: Spool) -> None:
    made = [new_id().bytes for _ in range(5)]
    spool.append([(id_, b"late") for id_ in made[3:]])
    spool.append([(id_, b"early") for id_ in made[:3]])
    assert ids(spool) == made
    assert ids(spool, 2) == made[:2]


def test_an_id_that_is_there_already_stays_as_it_is(spool: Spool) -> None:
    one = new_id().bytes
    spool.append([(one, b"first")])
    spool.append([(one, b"second")])
    assert spool.oldest(9) == [(one, b"first")]


def test_it_waits_until_the_last_item_is_forgotten_and_then_gives_the_disk_back(spool: Spool) -> None:
    made = [new_id().bytes for _ in range(2000)]
    spool.append([(id_, b"x" * 1000) for id_ in made])
    spool.forget(made[:-1])
    assert spool.waiting()
    spool.forget(made[-1:])
    assert not spool.waiting()
    assert (spool.directory / "log.sqlite3").stat().st_size < 100_000


def test_an_item_that_is_set_aside_holds_up_nobody_and_is_counted(spool: Spool) -> None:
    bad, good = new_id().bytes, new_id().bytes
    spool.append([(bad, b"bad"), (good, b"good")])
    spool.park(bad, "DataError")
    assert ids(spool) == [good]
    assert spool.counts() == (1, 1)
    spool.forget([good])
    assert not spool.waiting()
    assert spool.counts() == (0, 1)


def test_a_full_spool_takes_nothing_more_and_loses_nothing(tmp_path: Path) -> None:
    small = Spool(tmp_path / "spool", megabytes=1)
    item = [(new_id().bytes, b"x" * 1000) for _ in range(5000)]
    kept = 0
    while kept < 5000 and fits(small, item[kept : kept + 1]):
        kept += 1
    assert 500 < kept < 5000
    assert small.counts() == (kept, 0)
    small.forget([id_ for id_, _ in item[:kept]])
    assert fits(small, item[kept : kept + 1])


def test_a_disk_that_does_not_write_is_said_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where the directory should be")
    with pytest.raises(SpoolBroken):
        Spool(tmp_path / "spool", megabytes=1).append([(new_id().bytes, b"x")])


def test_a_killed_process_leaves_what_it_appended(spool: Spool) -> None:
    script = (
        "import os, pathlib, sys; from hub.kernel.spool import Spool; from hub.kernel.ids import new_id;"
        "Spool(pathlib.Path(sys.argv[1]), megabytes=8).append([(new_id().bytes, b'x')] ); os.kill(os.getpid(), 9)"
    )
    root = str(Path(room.__file__).parents[2])
    ended = subprocess.run([sys.executable, "-c", script, str(spool.directory)], cwd=root, check=False)
    assert ended.returncode == -9
    assert spool.waiting()
    assert len(ids(spool)) == 1


def test_one_process_at_a_time_moves_items(spool: Spool) -> None:
    spool.append([(new_id().bytes, b"x")])
    with spool.turn() as first, spool.turn() as second:
        assert (first, second) == (True, False)
    with spool.turn() as again:
        assert again


def test_after_a_loss_of_power_the_log_says_what_waits(spool: Spool) -> None:
    one = new_id().bytes
    spool.append([(one, b"x")])
    (spool.directory / "waiting").unlink()
    spool.recover()
    assert spool.waiting()
    spool.forget([one])
    (spool.directory / "waiting").touch()
    spool.recover()
    assert not spool.waiting()
