"""Search every place that the hub writes to: tables, files, Redis, logs."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from redis import Redis

from tests.residue.forms import forms

_ZEROS = re.compile(rb"\0{256,}")
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """Say which value was found in which form, and where."""

    place: str
    value: str
    form: str


class Scanner:
    """Look for the `values` (by name) in every form."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.needles = [
            (needle, name, form)
            for name, value in values.items()
            for form, written in forms(value).items()
            for needle in written
        ]

    def scan(self, places: Iterable[tuple[str, bytes]]) -> set[Hit]:
        """Return what is found in `places`; the same content in several of them is searched once."""
        known: dict[bytes, set[tuple[str, str]]] = {}
        hits: set[Hit] = set()
        for place, content in places:
            digest = hashlib.blake2b(content, digest_size=16).digest()
            if digest not in known:
                known[digest] = self._search(_ZEROS.sub(bytes(256), content))
            hits |= {Hit(place, name, form) for name, form in known[digest]}
        return hits

    def _search(self, content: bytes) -> set[tuple[str, str]]:
        return {(name, form) for needle, name, form in self.needles if needle in content}


def tables(conninfo: str) -> Iterator[tuple[str, bytes]]:
    """Yield every table of a database as COPY writes it: as text, where numbers are digits, and in raw bytes."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        names = [name for (name,) in connection.execute(_TABLES).fetchall()]
        for name, style in itertools.product(names, ("text", "binary")):
            query = sql.SQL("COPY {} TO STDOUT (FORMAT {})").format(sql.Identifier(name), sql.SQL(style))
            with connection.cursor().copy(query) as copy:
                yield f"table {name} ({style})", b"".join(bytes(block) for block in copy)


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file below `folder`, but sockets; one that vanishes meanwhile is left out."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                yield f"file {path.relative_to(folder)}", path.read_bytes()
            except FileNotFoundError:
                continue


def redis_keys(redis: Redis) -> Iterator[tuple[str, bytes]]:
    """Yield every key of Redis with what it holds, read by its type, and as Redis would dump it."""
    for key in sorted(redis.scan_iter()):
        name = f"redis {key.decode('utf-8', 'replace')}"
        yield name, b"\n".join([key, *_held(redis, key)])
        yield f"{name} (dump)", redis.dump(key) or b""


def _held(redis: Redis, key: bytes) -> Iterator[bytes]:
    kind = redis.type(key)
    if kind == b"string":
        yield redis.get(key) or b""
    elif kind == b"hash":
        yield from (part for pair in redis.hgetall(key).items() for part in pair)
    elif kind == b"list":
        yield from redis.lrange(key, 0, -1)
    elif kind == b"set":
        yield from redis.smembers(key)
    elif kind == b"zset":
        yield from redis.zrange(key, 0, -1)
    elif kind == b"stream":
        yield from (part for _, fields in redis.xrange(key) for pair in fields.items() for part in pair)
    else:
        raise AssertionError(f"a kind of key that the scanner cannot read: {kind!r}")
