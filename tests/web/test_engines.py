from __future__ import annotations

import os
import select
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
import sqlalchemy as sa

from hub.kernel import settings
from hub.web.engines import keeper, place, postgres, processes, server, valkey
from hub.web.engines.shared import EngineError, EngineUrls, end_unused, engines, ensure

ROOT = Path(__file__).parents[2]
USER = """
import sys
from pathlib import Path
from hub.web.engines import keeper
from hub.web.engines.shared import engines
keeper.GRACE = float(sys.argv[2])
with engines(Path(sys.argv[1])):
    print("in", flush=True)
    sys.stdin.read()
"""


@contextmanager
def _user(data_dir: Path, *, wait: bool = True, grace: float = 60) -> Iterator[subprocess.Popen[bytes]]:
    """Run another process that uses the servers until its input closes; their keeper bears its absence for `grace`."""
    argv = [sys.executable, "-c", USER, str(data_dir), str(grace)]
    env = settings.environment(PYTHONPATH=str(ROOT))
    with subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if wait:
            assert select.select([process.stdout], [], [], 60)[0]
            assert process.stdout.readline() == b"in\n"
        yield process


def _eventually(holds: Callable[[], object]) -> None:
    give_up = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def _pids(data_dir: Path) -> tuple[int | None, int | None]:
    found = place.prepare(data_dir)
    return server.running(postgres.server(found)), server.running(valkey.server(found))


def _running(data_dir: Path) -> tuple[int, int]:
    database, queue = _pids(data_dir)
    assert database is not None
    assert queue is not None
    return database, queue


def _query(urls: EngineUrls, statement: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(urls.database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        result = connection.execute(sa.text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def _answering(urls: EngineUrls) -> bool:
    try:
        return _query(urls, "select 1") == [(1,)]
    except sa.exc.OperationalError:
        return False


def _keep_up(data_dir: Path, urls: EngineUrls) -> None:
    """Do what a supervisor does until the database answers: a killed one's memory may be held at first."""
    give_up = time.monotonic() + 20
    ensure(data_dir)
    while not _answering(urls):
        assert time.monotonic() < give_up
        time.sleep(0.1)
        ensure(data_dir)


def _ping(urls: EngineUrls) -> bool:
    with redis.Redis.from_url(urls.redis_url) as client:
        return bool(client.ping())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data directory whose database was made and stopped."""
    data_dir = tmp_path_factory.mktemp("made") / "hub"
    with engines(data_dir, need_redis=False):
        pass
    return data_dir


@pytest.fixture
def data_dir(made: Path) -> Iterator[Path]:
    """Return a data directory where nothing runs; what a failed test leaves running is killed."""
    yield made
    for pid in _pids(made):
        if pid is not None:
            os.kill(pid, signal.SIGKILL)


def test_both_answer_while_used_and_are_gone_afterwards(tmp_path: Path) -> None:
    with engines(tmp_path / "fresh") as urls:
        assert _ping(urls)
        assert _query(urls, "select current_database(), current_user") == [("hub", "hub")]
        assert _query(urls, "select pg_encoding_to_char(encoding) from pg_database where datname = 'hub'") == [
            ("UTF8",)
        ]
        assert _query(urls, "select current_setting('listen_addresses'), current_setting('fsync')") == [("", "on")]
        assert all(os.getsid(pid) != os.getsid(0) for pid in _running(tmp_path / "fresh"))
        assert _query(urls, "create table kept (n int)") == []
    assert _pids(tmp_path / "fresh") == (None, None)
    with engines(tmp_path / "fresh", need_redis=False) as urls:
        assert _query(urls, "select * from kept") == []
        assert urls.redis_url == ""
    assert _pids(tmp_path / "fresh") == (None, None)


def test_private_parents_stay_private(tmp_path: Path) -> None:
    parent = tmp_path / "private"
    parent.mkdir(mode=0o700)
    before = [(path, path.stat().st_mode, path.stat().st_uid) for path in (parent, *parent.parents)]
    with engines(parent / "data" / "hub") as urls:
        assert _query(urls, "select 1") == [(1,)]
    assert [(path, path.stat().st_mode, path.stat().st_uid) for path in (parent, *parent.parents)] == before
    data_dir = parent / "data" / "hub"
    sockets = place.prepare(data_dir).run  # elsewhere when the path is too long for a socket
    for path in (data_dir, data_dir / "postgres", data_dir / "logs", sockets):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path


def test_the_last_of_two_processes_stops_them(data_dir: Path) -> None:
    with _user(data_dir) as other:
        pids = _running(data_dir)
        with engines(data_dir) as urls, engines(data_dir):
            assert _running(data_dir) == pids
        assert _query(urls, "select 1") == [(1,)]
        other.communicate()
    assert _pids(data_dir) == (None, None)


def test_servers_left_by_a_killed_user_are_taken_over(data_dir: Path) -> None:
    with _user(data_dir) as other:
        other.kill()
    pids = _running(data_dir)
    with engines(data_dir) as urls:
        assert _running(data_dir) == pids
        assert _query(urls, "select 1") == [(1,)]
    assert _pids(data_dir) == (None, None)


def _keeper(data_dir: Path) -> int | None:
    return server.running(keeper.server(place.prepare(data_dir)))


def test_servers_left_by_a_killed_user_end_when_nobody_takes_them_over(data_dir: Path) -> None:
    with _user(data_dir, grace=0.1) as other:
        assert _keeper(data_dir) is not None
        other.kill()
    _eventually(lambda: _pids(data_dir) == (None, None) and _keeper(data_dir) is None)
    assert not (data_dir / "postgres" / "postmaster.pid").exists(), "it ended in good order"


def test_servers_whose_directory_was_removed_end_too(tmp_path: Path) -> None:
    with _user(tmp_path / "hub") as other:
        pids, kept = _running(tmp_path / "hub"), _keeper(tmp_path / "hub")
        assert kept is not None
        other.kill()
    shutil.rmtree(tmp_path / "hub")
    _eventually(lambda: not any(processes.exists(pid) for pid in (*pids, kept)))


def test_the_keeper_leaves_used_servers_alone_and_goes_with_the_last_user(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "GRACE", 0.01)
    with engines(data_dir) as urls:
        assert not end_unused(data_dir)
        assert _query(urls, "select 1") == [(1,)]
        found = _keeper(data_dir)
        assert found is not None
        os.kill(found, signal.SIGKILL)
        _eventually(lambda: _keeper(data_dir) is None)
        ensure(data_dir)
        assert _keeper(data_dir) not in {None, found}
    assert _pids(data_dir) == (None, None)
    assert _keeper(data_dir) is None


def test_a_killed_server_is_started_again_though_a_query_outlives_it(data_dir: Path) -> None:
    with engines(data_dir) as urls:
        busy = psycopg.connect(host=str(data_dir / "run"), port=5432, user="hub", dbname="hub")
        _query(urls, "drop table if exists kept; create table kept as select 42 as n")
        busy.pgconn.send_query(b"do 'begin while clock_timestamp() < now() + interval ''20 s'' loop end loop; end'")
        for pid in _running(data_dir):
            os.kill(pid, signal.SIGKILL)
        _eventually(lambda: _pids(data_dir) == (None, None))
        assert processes.exists(busy.info.backend_pid)
        _keep_up(data_dir, urls)
        busy.close()
        assert _ping(urls)
        assert _query(urls, "select n from kept") == [(42,)]
        pids = _running(data_dir)
        ensure(data_dir)
        assert _running(data_dir) == pids


def test_pid_files_of_another_boot_do_not_keep_them_from_starting(data_dir: Path) -> None:
    with _user(data_dir) as other:
        other.kill()
    pids = _running(data_dir)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    _eventually(lambda: _pids(data_dir) == (None, None))
    owner = (data_dir / "postgres").stat()
    with subprocess.Popen(["/bin/sleep", "60"], user=owner.st_uid, group=owner.st_gid) as stranger:
        for path in (data_dir / "postgres" / "postmaster.pid", data_dir / "run" / ".s.PGSQL.5432.lock"):
            path.write_text(path.read_text().replace(str(pids[0]), str(stranger.pid), 1))
        (data_dir / "run" / "valkey.pid").write_text(f"{stranger.pid}\n")
        assert (data_dir / "run" / "valkey.sock").exists()
        with engines(data_dir) as urls:
            assert _ping(urls)
            assert _query(urls, "select 1") == [(1,)]
        assert stranger.poll() is None
        stranger.kill()


def test_an_interrupted_making_of_the_database_is_begun_anew(tmp_path: Path) -> None:
    with _user(tmp_path, wait=False) as other:
        _eventually(lambda: list(tmp_path.glob("postgres.new-*/PG_VERSION")))
        other.kill()
    assert not (tmp_path / "postgres").exists()
    with engines(tmp_path, need_redis=False) as urls:
        assert _query(urls, "select 1") == [(1,)]


def test_a_server_that_hangs_is_replaced(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_SILENCES", 1)
    with engines(data_dir, need_database=False) as urls:
        _, hung = _pids(data_dir)
        assert hung is not None
        os.kill(hung, signal.SIGSTOP)
        with engines(data_dir, need_database=False):
            assert _ping(urls)
            assert _pids(data_dir)[1] != hung
        assert not processes.exists(hung)


def test_no_value_of_a_row_reaches_the_log(data_dir: Path) -> None:
    with engines(data_dir, need_redis=False) as urls:
        _query(urls, "drop table if exists secrets; create table secrets (n int primary key)")
        for statement in ("insert into secrets values (7654321), (7654321)", "select 'v7654321'::int"):
            with pytest.raises(sa.exc.DBAPIError):
                _query(urls, statement)
    assert "7654321" not in (data_dir / "logs" / "postgres.log").read_text()


def test_a_server_that_cannot_start_says_why_at_once(data_dir: Path) -> None:
    version = data_dir / "postgres" / "PG_VERSION"
    before = version.read_text()
    version.write_text("9.6\n")
    try:
        with pytest.raises(EngineError, match=r"does not start: .*incompatible"), engines(data_dir):
            pass
    finally:
        version.write_text(before)
    assert _pids(data_dir) == (None, None)


def test_files_in_the_way_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "mine").touch()
    with pytest.raises(EngineError, match="in the way"), engines(tmp_path, need_redis=False):
        pass
    assert (tmp_path / "postgres" / "mine").exists()


@pytest.fixture
def short_dirs() -> Iterator[None]:
    """Remove the socket directories outside the data directory that a test makes."""
    mine = f"hub-{os.geteuid()}-*"
    before = set(Path("/tmp").glob(mine))
    yield
    for made_here in set(Path("/tmp").glob(mine)) - before:
        shutil.rmtree(made_here)


@pytest.mark.usefixtures("short_dirs")
def test_a_long_path_gets_its_sockets_in_a_short_private_directory(tmp_path: Path) -> None:
    data_dir = tmp_path / ("d" * 100)
    found = place.prepare(data_dir)
    assert found.run == Path(f"/tmp/hub-{os.geteuid()}-{found.digest}")
    assert stat.S_IMODE(found.run.stat().st_mode) == 0o700
    with engines(data_dir) as urls:
        assert _ping(urls)
        assert _query(urls, "select 1") == [(1,)]
    found.run.chmod(0o755)
    with pytest.raises(EngineError, match="nobody else may enter"), engines(data_dir):
        pass


@pytest.mark.usefixtures("short_dirs")
@pytest.mark.parametrize("name", ["a,b", "a:b", 'a"b'])
def test_a_path_that_an_address_cannot_hold_gets_them_there_too(tmp_path: Path, name: str) -> None:
    assert place.prepare(tmp_path / name).run.parent == Path("/tmp")


def test_paths_with_odd_characters_work(tmp_path: Path) -> None:
    with engines(tmp_path / "a b%20é?&#'$x") as urls:
        assert _ping(urls)
        assert _query(urls, "select 1") == [(1,)]


def test_another_user_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.prepare(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    with pytest.raises(EngineError, match="of yours"), engines(tmp_path):
        pass


def test_root_without_setpriv_is_told_what_to_do(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(EngineError, match="install util-linux"), engines(data_dir, need_redis=False):
        pass
