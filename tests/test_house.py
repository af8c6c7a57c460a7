"""The rules of the house that a machine can check: floors are import-linter's, these are the rest."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, LargeBinary, Table

from hub.kernel import db, labels, settings
from hub.web import tables  # noqa: F401 - every table there is

ROOT = Path(__file__).parents[1]
PACKAGES = ("wechat", "bu_routing", "event_hub", "privacy", "hub/pool", "hub/group")
ROOMS = {"views", "jobs", "service", "client", "schemas", "models", "facts", "rules"}
BESIDE_ROOMS = {"__init__.py", "README.md", "templates", "static", "__pycache__"}
OWN_ROOMS = {"wechat": {"simulator"}}
SKIPPED = re.compile(r"(^|/)(\.(?!ci/)|node_modules/|build/|dist/|__pycache__/|[\w-]+\.egg-info/)")
SOURCES = sorted(
    path
    for top in ("hub", "wechat", "bu_routing", "event_hub", "privacy", "wsgi.py")
    for path in ([ROOT / top] if top.endswith(".py") else (ROOT / top).rglob("*.py"))
)
DOCS = sorted(path for path in ROOT.rglob("*.md") if not SKIPPED.search(path.relative_to(ROOT).as_posix()))
READ_ON_THEIR_OWN = ["wechat/service/directory.py"]  # a cache of the accounts, which outlives every request
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def files() -> list[Path]:
    return [path for path in ROOT.rglob("*") if path.is_file() and not SKIPPED.search(named(path))]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), named(path))


def columns() -> Iterator[tuple[Table, Column[object]]]:
    for base in (db.Base, db.VaultBase):
        for table in base.metadata.tables.values():
            for column in table.columns:
                yield table, column


def owners() -> dict[str, str]:
    """Return the module of the class that maps each table."""
    mappers = [mapper for base in (db.Base, db.VaultBase) for mapper in base.registry.mappers]
    return {table.name: m.class_.__module__ for m in mappers if isinstance(table := m.local_table, Table)}


def room_of(path: Path) -> tuple[str, str] | None:
    """Return (package, room) of a source file, None for one outside the packages with rooms."""
    for package in PACKAGES:
        if path.is_relative_to(ROOT / package):
            return package, path.relative_to(ROOT / package).parts[0].removesuffix(".py")
    return None


def in_rooms(*rooms: str) -> list[Path]:
    return [path for path in SOURCES if (found := room_of(path)) and found[1] in rooms]


def test_there_is_a_house_to_check() -> None:
    assert len(SOURCES) > 100
    assert len(list(columns())) > 100
    assert len(in_rooms("service")) > 20


def test_every_column_says_what_class_of_data_it_holds() -> None:
    assert [f"{t.name}.{c.name}" for t, c in columns() if c.info.get("data") not in labels.ALL] == []


def test_contact_data_is_held_by_privacy_alone() -> None:
    held = {table.name for table, column in columns() if column.info["data"] == labels.P3["data"]}
    assert held
    assert {name for name in held if not owners()[name].startswith("privacy.")} == set()


@pytest.mark.parametrize("label", [labels.P3, labels.P3T, labels.SECRET], ids=lambda label: label["data"])
def test_what_must_be_sealed_or_hashed_is_bytes(label: dict[str, str]) -> None:
    found = [(f"{t.name}.{c.name}", c.type) for t, c in columns() if c.info["data"] == label["data"]]
    assert found
    assert [name for name, kind in found if not isinstance(kind, LargeBinary)] == []


def test_bytes_say_that_they_are_sealed_hashed_or_harmless() -> None:
    allowed = {labels.P3["data"], labels.P3T["data"], labels.SECRET["data"], labels.P0["data"]}
    found = [f"{t.name}.{c.name}" for t, c in columns() if isinstance(c.type, LargeBinary)]
    assert found
    assert [
        f"{t.name}.{c.name}" for t, c in columns() if f"{t.name}.{c.name}" in found and c.info["data"] not in allowed
    ] == []


def test_a_package_holds_its_tables_in_its_models() -> None:
    outside = {
        name: module for name, module in owners().items() if not re.search(r"\.models(\.|$)|^hub\.kernel\.", module)
    }
    assert {name: module for name, module in outside.items() if not module.startswith("tests.")} == {}


def test_every_package_has_the_same_rooms_and_no_others() -> None:
    strangers = [
        named(path)
        for package in PACKAGES
        for path in (ROOT / package).iterdir()
        if path.name not in BESIDE_ROOMS | OWN_ROOMS.get(package, set()) and path.name.removesuffix(".py") not in ROOMS
    ]
    assert strangers == []


def test_no_room_is_both_a_file_and_a_folder() -> None:
    assert [named(path) for path in SOURCES if path.with_suffix("").is_dir()] == []


def test_nothing_is_called_utils_or_helpers() -> None:
    everywhere = [*SOURCES, *(ROOT / "tests").rglob("*.py")]
    assert [named(path) for path in everywhere if re.search(r"(^|_)(utils?|helpers?)$", path.stem)] == []


def test_no_file_is_longer_than_300_lines() -> None:
    lengths = {named(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in lengths.items() if lines > 300} == {}


def test_the_median_file_is_shorter_than_100_lines() -> None:
    assert statistics.median(len(path.read_text("utf-8").splitlines()) for path in SOURCES if path.stat().st_size) < 100


def test_no_function_is_longer_than_40_lines() -> None:
    long = {
        f"{named(path)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in SOURCES
        for node in ast.walk(tree(path))
        if isinstance(node, FUNCTIONS) and (node.end_lineno or 0) - node.lineno >= 40
    }
    assert long == {}


def test_every_file_with_annotations_defers_them() -> None:
    def annotated(path: Path) -> bool:
        return any(isinstance(node, FUNCTIONS | ast.AnnAssign) for node in ast.walk(tree(path)))

    deferring = "from __future__ import annotations"
    assert [named(path) for path in SOURCES if annotated(path) and deferring not in path.read_text("utf-8")] == []


def attributes(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (place, what it is taken from, name) of every attribute that a file reads."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute):
            yield f"{named(path)}:{node.lineno}", ast.unparse(node.value), node.attr


def test_no_service_ends_a_transaction() -> None:
    rooms = in_rooms("service", "rules", "models", "facts")
    assert [at for path in rooms for at, _, name in attributes(path) if name in ("commit", "rollback")] == []


def test_no_service_opens_a_transaction_on_the_main_database() -> None:
    opening = re.compile(r"(?<!vault_)\btransaction\(\)")
    assert [named(path) for path in in_rooms("service") if opening.search(path.read_text("utf-8"))] == READ_ON_THEIR_OWN


def test_settings_alone_read_the_environment() -> None:
    readers = [path for path in SOURCES if path != Path(settings.__file__)]
    names = {"environ", "environb", "getenv", "putenv"}
    assert [at for path in readers for at, of, name in attributes(path) if of == "os" and name in names] == []
    assert [named(path) for path in readers if re.search(r"from os import", path.read_text("utf-8"))] == []


def test_times_and_ids_have_one_maker_each() -> None:
    others = [path for path in SOURCES if (found := room_of(path)) and found[1] != "simulator"]
    banned = re.compile(r"(datetime\.(now|utcnow)|date\.today|time\.time|uuid\.uuid\d)$")
    assert [at for path in others for at, of, name in attributes(path) if banned.search(f"{of}.{name}")] == []
    assert [named(path) for path in others if re.search(r"\buuid[1-8]\b", path.read_text("utf-8"))] == []


def setting_names() -> set[str]:
    return set(re.findall(r'"(HUB_[A-Z_]+)"', Path(settings.__file__).read_text("utf-8")))


def test_doctor_shows_every_setting() -> None:
    assert len(setting_names()) >= 11
    shown = (ROOT / "hub/web/doctor.py").read_text("utf-8")
    assert {name for name in setting_names() if f'"{name}"' not in shown} == set()


def test_the_readme_explains_every_setting() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert {name for name in setting_names() if f"`{name}`" not in readme} == set()


@pytest.mark.parametrize("path", DOCS, ids=named)
def test_a_link_in_a_document_leads_somewhere_in_this_repository(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|mailto:|#)([^)\s#]+)", path.read_text("utf-8"))
    places = {target: (path.parent / target).resolve() for target in targets}
    assert [target for target, place in places.items() if not place.is_relative_to(ROOT) or not place.exists()] == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    place = re.compile(rb"(?<![\w./:-])/(?:work|root|home|Users|mnt)/\w")
    assert [named(path) for path in files() if path != Path(__file__) and place.search(path.read_bytes())] == []
