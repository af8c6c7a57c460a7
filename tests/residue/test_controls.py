"""The scanner finds what is planted, in every place and every form: without this its silence would mean nothing."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from redis import Redis
from sqlalchemy import Engine

from hub.kernel import queue
from tests.residue import scanner
from tests.residue.canaries import Canaries, mobile, words
from tests.residue.forms import forms
from tests.residue.scanner import Scanner

VALUES = {"mobile": mobile(), "words": words(6), "email": "canary-4711@example.com"}
KINDS = ("string", "hash", "list", "set", "zset", "stream")


def disguises(value: str) -> Iterator[tuple[str, bytes]]:
    """Yield `value` as it might lie about, amid other things, with the form it should be recognised by."""
    around = f"甲 {value} z"
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        yield encoding, around.encode(encoding)
    for shift in range(3):
        yield f"base64+{shift}", base64.b64encode(b"x" * (3 + shift) + value.encode() + b" and more")
        yield f"base64+{shift}", base64.urlsafe_b64encode(b"~" * (3 + shift) + value.encode() + b"\xff\xfe")
    yield "hex", around.encode().hex().encode()
    yield "hex", around.encode().hex().upper().encode()
    yield "percent", b"q=" + "".join(f"%{byte:02x}" for byte in value.encode()).encode()
    if not value.isascii():
        yield "percent", f"https://example.com/?name={quote(around)}".encode()
        yield "escaped", json.dumps({"name": around}).encode()
    if value.isdecimal():
        yield "escaped", "".join(f"\\u003{digit}" for digit in value).encode()
        for gap in " -":
            yield "grouped", f"+86 {gap.join((value[:3], value[3:7], value[7:]))} ext".encode()
    for name in ("md5", "sha1", "sha256"):
        yield name, b"key:" + hashlib.new(name, value.encode()).hexdigest().encode()
        yield name, b"\0" + hashlib.new(name, value.encode()).digest()


PLANTED = [(name, form, content) for name, value in VALUES.items() for form, content in disguises(value)]


def assert_found(places: list[tuple[str, bytes]], wanted: set[tuple[str, str, str]]) -> None:
    """Assert that the scanner finds each (start of the place's name, value, form) that was planted."""
    hits = {(hit.place.split(" (")[0], hit.value, hit.form) for hit in Scanner(VALUES).scan(places)}
    assert wanted - hits == set()


def test_every_form_is_planted() -> None:
    for name, value in VALUES.items():
        assert {form for planted, form, _ in PLANTED if planted == name} >= set(forms(value)) - {"escaped"}
    assert {form for _, form, _ in PLANTED} == {form for value in VALUES.values() for form in forms(value)}
    assert len(PLANTED) >= 60


def test_files_and_log_lines(tmp_path: Path) -> None:
    for number, (_, _, content) in enumerate(PLANTED):
        folder = tmp_path / ("logs" if number % 2 else "deep/er")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / str(number)).write_bytes(b'{"event": "x", "name": "' + content + b'"}\n' + bytes(10_000))
    wanted = {
        (f"file {'logs' if number % 2 else 'deep/er'}/{number}", name, form)
        for number, (name, form, _) in enumerate(PLANTED)
    }
    assert_found(list(scanner.files(tmp_path)), wanted)


@pytest.fixture
def conninfo(database: Engine) -> Iterator[str]:
    """Yield how the database is reached; drop the tables that a test planted."""
    found = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    yield found
    with psycopg.connect(found, autocommit=True) as connection:
        for (name,) in connection.execute("SELECT relname FROM pg_class WHERE relname LIKE 'planted\\_%'").fetchall():
            connection.execute(f"DROP TABLE {name}")  # type: ignore[call-overload]


def test_tables_as_text_and_as_bytes(conninfo: str) -> None:
    wanted = set()
    with psycopg.connect(conninfo) as connection:
        for (number, (name, form, content)), kind in itertools.product(enumerate(PLANTED), ("bytea", "text")):
            if kind == "bytea" or is_text(content):
                table, value = f"planted_{number}_{kind}", content if kind == "bytea" else content.decode()
                connection.execute(f"CREATE TABLE {table} (held {kind})")  # type: ignore[call-overload]
                connection.execute(f"INSERT INTO {table} VALUES (%s)", [value])  # type: ignore[call-overload]
                wanted.add((f"table {table}", name, form))
    assert len(wanted) > 100
    assert_found(list(scanner.tables(conninfo)), wanted)


def is_text(content: bytes) -> bool:
    """Tell whether a text column takes `content`."""
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


def test_tables_where_a_raw_look_at_the_files_would_miss_it(conninfo: str) -> None:
    long, number = f"{VALUES['words']} " * 20_000, int(VALUES["mobile"])
    with psycopg.connect(conninfo) as connection:
        connection.execute("CREATE TABLE planted_long (held jsonb)")
        connection.execute("INSERT INTO planted_long VALUES (%s)", [json.dumps({"deep": [{"er": long}]})])
        for kind in ("bigint", "numeric", "bigint[]"):
            table = f"planted_{kind.strip('[]')}{'s' if '[' in kind else ''}"
            connection.execute(f"CREATE TABLE {table} (held {kind})")  # type: ignore[call-overload]
            value = [number] if "[" in kind else number
            connection.execute(f"INSERT INTO {table} VALUES (%s)", [value])  # type: ignore[call-overload]
    names = ("planted_bigint", "planted_numeric", "planted_bigints")
    wanted = {(f"table {name}", "mobile", "utf-8") for name in names}
    assert_found(list(scanner.tables(conninfo)), wanted | {("table planted_long", "words", "utf-8")})


@pytest.mark.parametrize("kind", KINDS)
def test_redis_keys_of_every_kind(clean: Engine, kind: str) -> None:
    redis = queue.redis()
    for number, (_, _, content) in enumerate(PLANTED):
        plant(redis, kind, f"planted:{number}", content)
    plant(redis, kind, f"planted:named:{VALUES['words']}", b"-")
    wanted = {(f"redis planted:{number}", name, form) for number, (name, form, _) in enumerate(PLANTED)}
    named = (f"redis planted:named:{VALUES['words']}", "words", "utf-8")
    assert_found([place for place in scanner.redis_keys(redis) if "planted" in place[0]], wanted | {named})


def plant(redis: Redis, kind: str, key: str, content: bytes) -> None:
    """Put `content` where a key of that kind holds something."""
    if kind == "string":
        redis.set(key, content)
    elif kind == "hash":
        redis.hset(key, mapping={content: b"1"})
        redis.hset(key, mapping={b"a": content})
    elif kind == "list":
        redis.rpush(key, b"a", content)
    elif kind == "set":
        redis.sadd(key, b"a", content)
    elif kind == "zset":
        redis.zadd(key, {content: 1})
    else:
        redis.xadd(key, {b"a": content})


def test_what_was_not_planted_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(hashlib.sha256(b"noise").digest() * 1000 + b"13900000000 canary@example.com")
    assert Scanner(Canaries().values()).scan(scanner.files(tmp_path)) == set()
