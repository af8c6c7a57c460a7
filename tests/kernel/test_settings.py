"""Settings: what is read, what is refused and by which name."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.kernel import clock, settings
from hub.kernel.settings import SettingsError, load

PRODUCTION = {
    "HUB_ENV": "production",
    "HUB_DATABASE_URL": "postgresql://hub@db.example.com/hub",
    "HUB_REDIS_URL": "rediss://redis.example.com/0",
    "HUB_SECRET_KEY": "k" * 32,
    "HUB_BASE_URL": "https://hub.example.com",
}


def test_nothing_set_is_a_development_machine() -> None:
    read = load({})
    assert (read.env, read.production) == ("development", False)
    assert read.data_dir == Path.cwd() / ".hub"
    assert read.keystore == Path.cwd() / ".hub" / "keys"
    assert (read.database_url, read.redis_url, read.vault_database_url, read.secret_key) == ("", "", "", "")
    assert read.wechat_api == "https://api.weixin.qq.com"
    assert read.wechat_open == "https://open.weixin.qq.com"
    assert read.wechat_mp == "https://mp.weixin.qq.com"
    assert read.now_offset == timedelta(0)


def test_an_empty_setting_is_one_not_set() -> None:
    assert load(dict.fromkeys(PRODUCTION, "") | {"HUB_NOW_OFFSET": "", "HUB_DATA_DIR": ""}) == load({})


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_postgres_url_gets_the_driver_the_hub_ships(scheme: str) -> None:
    read = load({"HUB_DATABASE_URL": f"{scheme}://u:p@127.0.0.1:5432/hub"})
    assert read.database_url == "postgresql+psycopg://u:p@127.0.0.1:5432/hub"
    assert read.vault_database_url == read.database_url


def test_the_vault_may_live_elsewhere() -> None:
    read = load({"HUB_DATABASE_URL": "postgresql:///hub", "HUB_VAULT_DATABASE_URL": "postgres:///vault"})
    assert read.vault_database_url == "postgresql+psycopg:///vault"


def test_urls_lose_their_last_slash_and_the_key_store_follows_the_data(tmp_path: Path) -> None:
    read = load({"HUB_BASE_URL": "http://127.0.0.1:8000/", "HUB_DATA_DIR": str(tmp_path), "HUB_NOW_OFFSET": "+31d"})
    assert read.base_url == "http://127.0.0.1:8000"
    assert read.keystore == tmp_path / "keys"
    assert read.now_offset == timedelta(days=31)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_ENV", "prod"),
        ("HUB_ENV", "Production"),
        ("HUB_DATABASE_URL", "mysql://127.0.0.1/hub"),
        ("HUB_DATABASE_URL", "127.0.0.1/hub"),
        ("HUB_DATABASE_URL", "postgresql://hub:hunter2@127.0.0.1:none/hub"),
        ("HUB_VAULT_DATABASE_URL", "sqlite:///hub.db"),
        ("HUB_REDIS_URL", "http://127.0.0.1:6379"),
        ("HUB_REDIS_URL", "redis://:hunter2@127.0.0.1:99999/0"),
        ("HUB_BASE_URL", "127.0.0.1:8000"),
        ("HUB_BASE_URL", "https://"),
        ("HUB_BASE_URL", "http://[::1"),
        ("HUB_WECHAT_API", "api.example.com"),
        ("HUB_WECHAT_OPEN", "ftp://open.example.com"),
        ("HUB_NOW_OFFSET", "tomorrow"),
        ("HUB_NOW_OFFSET", "+999999d"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_setting_without_its_password(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}") as caught:
        load({name: value})
    assert "hunter2" not in str(caught.value)


def test_a_whole_production_is_taken() -> None:
    read = load(PRODUCTION)
    assert read.production
    assert read.database_url == "postgresql+psycopg://hub@db.example.com/hub"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_DATABASE_URL", ""),
        ("HUB_REDIS_URL", ""),
        ("HUB_SECRET_KEY", ""),
        ("HUB_SECRET_KEY", "k" * 31),
        ("HUB_NOW_OFFSET", "+1s"),
        ("HUB_BASE_URL", ""),
        ("HUB_BASE_URL", "http://hub.example.com"),
    ],
)
def test_production_refuses_what_is_weak_or_missing(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load(PRODUCTION | {name: value})
    load(PRODUCTION | {name: value, "HUB_ENV": "test"})


_RACE = """
import sys
from pathlib import Path
from hub.kernel.settings import generated_secret
print("ready", flush=True)
sys.stdin.readline()
print(generated_secret(Path(sys.argv[1])))
"""


def test_eight_processes_that_make_the_secret_at_once_agree_on_one(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    command = [sys.executable, "-c", _RACE, str(data_dir)]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=os.getcwd()) for _ in range(8)]
    assert all(process.stdout is not None and process.stdout.readline() == "ready\n" for process in processes)
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    secrets = {process.communicate(timeout=30)[0].strip() for process in processes}
    assert len(secrets) == 1
    assert len(secrets.pop()) >= 32
    assert [path.name for path in data_dir.iterdir()] == ["secret_key"]
    assert stat.S_IMODE((data_dir / "secret_key").stat().st_mode) == 0o600


def test_a_secret_that_was_made_once_stays(tmp_path: Path) -> None:
    assert settings.generated_secret(tmp_path) == settings.generated_secret(tmp_path)
    assert settings.generated_secret(tmp_path) != settings.generated_secret(tmp_path / "other")


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    for name in [name for name in os.environ if name.startswith("HUB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    settings.current.cache_clear()
    yield monkeypatch
    settings.current.cache_clear()


def test_a_process_reads_its_environment_once_and_sets_its_clock_by_it(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("HUB_NOW_OFFSET", "-2h")
    first = settings.current()
    environ.setenv("HUB_BASE_URL", "http://other.example.com")
    assert settings.current() is first
    assert clock.offset() == timedelta(hours=-2)


def test_outside_production_a_missing_secret_is_made_and_kept(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = settings.current().secret_key
    settings.current.cache_clear()
    assert settings.current().secret_key == made == (tmp_path / "secret_key").read_text("ascii")
    environ.setenv("HUB_SECRET_KEY", "given")
    settings.current.cache_clear()
    assert settings.current().secret_key == "given"


def test_adopting_changes_this_process_and_its_children(environ: pytest.MonkeyPatch) -> None:
    assert settings.current().redis_url == ""
    environ.setenv("HUB_REDIS_URL", "")  # so that the change below is undone after the test
    settings.adopt(HUB_REDIS_URL="redis://127.0.0.1:1/0")
    assert settings.current().redis_url == "redis://127.0.0.1:1/0"
    child = settings.environment(HUB_ENV="test")
    assert (child["HUB_REDIS_URL"], child["HUB_ENV"]) == ("redis://127.0.0.1:1/0", "test")
    assert "HUB_ENV" not in os.environ
