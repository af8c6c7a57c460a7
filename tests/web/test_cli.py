"""The `hub` command on a database and a data directory of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import click
import pytest
from sqlalchemy import text

from hub.kernel import outbox, settings
from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from hub.pool import service as pool
from hub.pool.facts import MqlReached
from hub.pool.service import IdentityRef, NewRegistration
from hub.web import migrating
from hub.web.cli import main, naming
from privacy.service import Consent
from tests.privacy.registrations import CONTACT, drain
from tests.sample import GROUP_FILE
from tests.web.databases import environment, own_database

ROOT = Path(__file__).parents[2]
KEY = re.compile(r"hub_test_\w{30,60}\n")


@dataclass(frozen=True, slots=True)
class Said:
    """Hold what a command did: its exit code, and what it wrote."""

    code: int
    out: str
    err: str


Hub = Callable[..., Said]


@pytest.fixture(scope="module")
def place(
    engine_urls: tuple[str, str], database: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Yield the settings of an installation of this module's own, its schema up to date."""
    with own_database(engine_urls[0]) as url:
        data_dir = tmp_path_factory.mktemp("cli")
        found = {"HUB_DATABASE_URL": url, "HUB_DATA_DIR": str(data_dir), "HUB_KEYSTORE": str(data_dir / "keys")}
        with environment(**found):
            migrating.upgrade()
        yield found


@pytest.fixture
def hub(place: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Hub]:
    """Yield the command as a shell would call it, in this process; empty the tables afterwards."""

    def run(*words: str, **variables: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["hub", *words])
        code = 0
        with environment(**{**place, **variables}):
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
        written = capsys.readouterr()
        return Said(code, written.out, written.err)

    yield run
    with environment(**place), transaction() as session:
        tables = [table.name for line in migrating.LINES for table in line.metadata.sorted_tables]
        session.execute(text(f"TRUNCATE {', '.join(tables)}"))


@pytest.fixture
def applied(hub: Hub) -> Hub:
    """Yield the command after the sample group was applied."""
    assert hub("apply", str(GROUP_FILE)).code == 0
    return hub


def test_help_names_every_command() -> None:
    argv = [sys.executable, "-W", "error", "-m", "hub", "--help"]
    said = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    for command in ("up", "serve", "worker", "clock", "demo", "simulate", "apply", "export", "key", "db"):
        assert re.search(rf"^  {command} ", said.stdout, re.MULTILINE)
    for command in ("deadletters", "privacy", "doctor"):
        assert re.search(rf"^  {command} ", said.stdout, re.MULTILINE)
    assert said.stderr == ""


def test_the_list_of_commands_is_written_without_their_modules() -> None:
    script = (
        "import sys\nfrom hub.web.cli import main\ntry:\n    main()\nfinally:\n    print(*sys.modules, file=sys.stderr)"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(said.stderr.split())
    assert "hub.web.cli.naming" in loaded
    assert not loaded & {"sqlalchemy", "flask", "redis", "hub.web.cli.run"}


def test_the_list_says_of_each_command_what_its_own_help_says_first() -> None:
    folder = Path(naming.__file__).parent
    there = {
        command.name: (module.stem, command.get_short_help_str(1000))
        for module in folder.glob("*.py")
        for command in getattr(import_module(f"hub.web.cli.{module.stem}"), "COMMANDS", ())
        if isinstance(command, click.Command)
    }
    assert there == {name: (named.module, named.line) for name, named in naming.COMMANDS.items()}


def test_a_command_that_is_none_is_refused(hub: Hub) -> None:
    said = hub("nonsense")
    assert (said.code, said.out) == (2, "")
    assert "No such command 'nonsense'" in said.err


def test_production_without_its_settings_is_refused_in_one_line(tmp_path: Path) -> None:
    env = {name: value for name, value in settings.environment().items() if not name.startswith("HUB_")}
    env |= {"HUB_ENV": "production", "HUB_DATA_DIR": str(tmp_path / "hub")}
    argv = [sys.executable, "-m", "hub", "up"]
    said = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "hub: HUB_DATABASE_URL and HUB_REDIS_URL are required in production\n"
    assert not (tmp_path / "hub").exists()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"HUB_ENV": "staging"}, "HUB_ENV is 'staging'"),
        ({"HUB_NOW_OFFSET": "soon"}, "HUB_NOW_OFFSET: 'soon' is not a span"),
        ({"HUB_DATABASE_URL": "mysql://x"}, "HUB_DATABASE_URL must start with"),
        ({"HUB_DATABASE_URL": "postgresql://hub@127.0.0.1:1/hub"}, "the database does not answer"),
    ],
)
def test_a_wrong_setting_is_one_line(hub: Hub, variables: dict[str, str], words: str) -> None:
    said = hub("export", **variables)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"hub: {words}")
    assert said.err.count("\n") == 1


def test_a_key_is_printed_alone(applied: Hub) -> None:
    for owner in (("--bu", "automation"), ("--touchpoint", "minisite"), ("--admin",)):
        said = applied("key", "create", "--name", "crm", *owner)
        assert (said.code, said.err) == (0, "")
        assert KEY.fullmatch(said.out)


def test_a_key_for_nobody_and_for_two_are_refused(applied: Hub) -> None:
    nobody = applied("key", "create", "--name", "crm", "--bu", "nowhere")
    assert (nobody.code, nobody.out) == (1, "")
    assert nobody.err.startswith("Error: no business unit has the slug 'nowhere'")
    assert applied("key", "create", "--name", "crm", "--touchpoint", "nowhere").code == 1
    for owner in ((), ("--bu", "automation", "--admin")):
        said = applied("key", "create", "--name", "crm", *owner)
        assert (said.code, said.out) == (2, "")
        assert "exactly one of" in said.err


def test_a_key_is_listed_rotated_and_revoked(applied: Hub) -> None:
    made = applied("key", "create", "--name", "crm", "--bu", "power", "--scope", "leads:read", "--expires-days", "30")
    (line,) = [line for line in applied("key", "list").out.splitlines() if "crm" in line]
    id_ = made.out.split("_")[2]
    assert line.startswith(f"{id_}  live      bu:power  crm  leads:read  ends ")
    assert made.out.strip() not in line
    successor = applied("key", "rotate", id_, "--overlap-days", "2")
    assert (successor.code, bool(KEY.fullmatch(successor.out))) == (0, True)
    again = applied("key", "rotate", id_)
    assert (again.code, again.out) == (1, "")
    assert "revoke one of them first" in again.err
    assert applied("key", "revoke", made.out.strip()).out == f"revoked {id_}\n"
    assert id_ not in applied("key", "list").out
    assert f"{id_}  revoked" in applied("key", "list", "--all").out


def test_a_key_that_is_not_there_and_a_scope_that_is_none_are_refused(applied: Hub) -> None:
    for words in (("revoke", "nothing"), ("rotate", "nothing")):
        said = applied("key", *words)
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith("Error: there is no key")
    said = applied("key", "create", "--name", "crm", "--admin", "--scope", "leads:read")
    assert (said.code, said.out) == (1, "")
    assert "has no scope 'leads:read'" in said.err


def test_apply_says_what_it_did_and_the_second_time_that_all_was_left(hub: Hub) -> None:
    first, second = hub("apply", str(GROUP_FILE)), hub("apply", str(GROUP_FILE))
    assert (first.code, second.code) == (0, 0)
    actions = [{line.split()[0] for line in said.out.splitlines()} for said in (first, second)]
    assert actions == [{"created"}, {"left"}]
    assert "created  business_unit automation\n" in first.out


def test_a_change_is_told_beside_what_was_left(applied: Hub, tmp_path: Path) -> None:
    changed = tmp_path / "group.yaml"
    changed.write_text(GROUP_FILE.read_text("utf-8").replace("name: 能源,", "name: 能源二,"), "utf-8")
    lines = applied("apply", str(changed)).out.splitlines()
    assert [line for line in lines if not line.startswith("left")] == ["changed  business_unit power"]


def test_a_wrong_file_changes_nothing_and_says_where(hub: Hub, tmp_path: Path) -> None:
    wrong = tmp_path / "group.yaml"
    wrong.write_text(GROUP_FILE.read_text("utf-8").replace("kind: service ", "kind: servant "), "utf-8")
    said = hub("apply", str(wrong))
    assert (said.code, said.out) == (1, "")
    first, *mistakes = said.err.splitlines()
    assert first == f"hub: {wrong} was refused, nothing was changed:"
    assert mistakes
    assert all(re.match(r"line \d+: accounts\[0\]\.kind: ", line) for line in mistakes)
    assert {line.split()[0] for line in hub("apply", str(GROUP_FILE)).out.splitlines()} == {"created"}
    assert hub("apply", str(tmp_path / "none.yaml")).code == 2


def test_what_is_exported_applies_again_and_changes_nothing(applied: Hub, tmp_path: Path) -> None:
    exported = applied("export", "--secrets")
    file = tmp_path / "exported.yaml"
    file.write_text(exported.out, "utf-8")
    again = applied("apply", str(file))
    assert again.code == 0
    assert {line.split()[0] for line in again.out.splitlines()} == {"left"}
    assert applied("export", "--secrets").out == exported.out


def test_secrets_are_exported_as_names_unless_asked_for(applied: Hub) -> None:
    plain = applied("export")
    assert plain.code == 0
    for secret in ("hubtoken1", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "0123456789abcdef0123456789abcdef"):
        assert secret not in plain.out
        assert secret in applied("export", "--secrets").out
    assert "${WX7A10C3E5D2F49B18_TOKEN}" in plain.out


def dead_letters(place: dict[str, str], count: int) -> list[str]:
    """Leave facts that failed for good; return their ids."""
    with environment(**place), transaction() as session:
        outbox.publish(session, [MqlReached(person_id=new_id(), model_version=1, score=60) for _ in range(count)])
        session.execute(text("UPDATE fact SET state = 'dead', attempts = 8, error = 'KeyError'"))
        return [str(id_) for id_ in session.scalars(text("SELECT id FROM fact ORDER BY id"))]


def test_dead_letters_are_listed_and_replayed(hub: Hub, place: dict[str, str]) -> None:
    assert hub("deadletters", "list") == Said(0, "", "0 dead letters.\n")
    ids = dead_letters(place, 3)
    listed = hub("deadletters", "list")
    assert listed.err == "3 dead letters.\n"
    assert [line.split()[1] for line in listed.out.splitlines()] == ids
    assert all("KeyError  attempts=8" in line for line in listed.out.splitlines())
    assert hub("deadletters", "replay", ids[0]).out == "1 replayed.\n"
    assert hub("deadletters", "replay", ids[0]).out == "0 replayed.\n"
    assert hub("deadletters", "replay", "--all").out == "2 replayed.\n"
    assert hub("deadletters", "list").out == ""


def test_replaying_wants_ids_or_all(hub: Hub) -> None:
    assert hub("deadletters", "replay").code == 2
    assert hub("deadletters", "replay", "--all", str(new_id())).code == 2
    assert hub("deadletters", "replay", "nonsense").code == 2


def test_the_doctor_finds_all_well(applied: Hub, place: dict[str, str]) -> None:
    said = applied("doctor")
    assert said.code == 0, said.out
    assert not any(line.startswith("BAD") for line in said.out.splitlines())
    for name in ("HUB_ENV", "HUB_SECRET_KEY", "database", "vault database", "redis", "schema", "key store"):
        assert re.search(rf"^ok   {name} ", said.out, re.MULTILINE), name
    assert settings.current().secret_key not in said.out


def test_the_doctor_says_what_is_wrong_and_how_to_mend_it(hub: Hub, place: dict[str, str]) -> None:
    keys = Path(place["HUB_KEYSTORE"])
    keys.mkdir(exist_ok=True)
    keys.chmod(0o755)
    revision = moved(place, "0000")
    said = hub("doctor", HUB_REDIS_URL="redis://:hush-hush@127.0.0.1:1/0")
    moved(place, revision)
    keys.chmod(0o700)
    assert said.code == 1
    bad = [line.removeprefix("BAD ").strip() for line in said.out.splitlines() if line.startswith("BAD")]
    assert [re.split(r"\s{2,}", line)[0] for line in bad] == ["redis", "schema", "key store"]
    assert "run `hub db upgrade`" in said.out
    assert "hush-hush" not in said.out


def moved(place: dict[str, str], revision: str) -> str:
    """Let the database say that it stands at `revision`; return where it stood."""
    with environment(**place), transaction() as session:
        (stood,) = session.scalars(text("SELECT version_num FROM alembic_version"))
        session.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
        return str(stood)


def test_purging_a_month_later_says_what_it_destroyed(applied: Hub, place: dict[str, str]) -> None:
    with environment(**place):
        with transaction() as session:
            ref = IdentityRef(pool.VISITOR, "", "visitor-0001")
            new = NewRegistration("r-1", ref, CONTACT, Consent("v1", ("collection",)), {}, "", new_id())
            pool.register(session, new)
        drain()
    assert applied("privacy", "purge").out == "Purged 0 days: 0 items of 0 collections; 0 ingest keys destroyed.\n"
    month = applied("privacy", "purge", HUB_NOW_OFFSET="+31d")
    assert re.fullmatch(r"Purged \d+ days: 5 items of 1 collections; \d+ ingest keys destroyed\.\n", month.out)
    assert applied("privacy", "purge", HUB_NOW_OFFSET="+31d").out.startswith("Purged 0 days: 0 items")


def test_the_schema_goes_down_on_purpose_and_up_again(hub: Hub) -> None:
    assert hub("db", "downgrade", "--yes") == Said(0, "The newest revision was taken back.\n", "")
    assert hub("doctor").code == 1
    assert hub("db", "upgrade") == Said(0, "The schema is up to date.\n", "")
    assert hub("doctor").code == 0


def test_simulated_people_do_not_enter_production(hub: Hub) -> None:
    production = {"HUB_ENV": "production", "HUB_BASE_URL": "https://hub.example.com"}
    for command in ("demo", "simulate"):
        said = hub(command, **production)
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith("Error: ")
