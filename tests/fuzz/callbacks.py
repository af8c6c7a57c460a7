"""Throw mutated callbacks at everything that reads one, for as long as wanted: `python -m tests.fuzz.callbacks`."""

from __future__ import annotations

import argparse
import importlib
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.mutating import DOCUMENTS, Hostile, hostile
from tests.wechat.pushes import KEYS, MINI, NOW, request
from wechat.rules import MAX_BODY_BYTES, REASONS, Rejected, is_probe, open_with
from wechat.rules.behaviours import behaviours
from wechat.rules.replies import Rule, book

SLOW = 0.1
"""Seconds of computing that no body may take, in the best of three tries."""
RULES = book([Rule("a", "", "contains", "a", {"text": "a"}), Rule("b", "", "default", "True", {"text": "b"})])


class Broken(AssertionError):
    """Says what a body did that none may do, and the number that makes it again."""


@dataclass(slots=True)
class Report:
    """Count what became of the bodies of a run."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    @property
    def bodies(self) -> int:
        """Return how many there were."""
        return self.outcomes.total()


def throw(made: Hostile) -> str:
    """Return what became of one request: "taken", "probe" or the reason it was refused; raise for anything else."""
    if is_probe(made.body):
        return "probe"
    try:
        _, envelope = open_with(made.keys, made.query, made.body, now=NOW)
    except Rejected as error:
        if error.reason not in REASONS or error.__cause__ or error.__context__:
            raise Broken("a refusal carries what it must not") from error
        return error.reason
    RULES.find(envelope)
    behaviours(envelope.msg_type, envelope.event, {**envelope.facts, "key": envelope.key, "scene": envelope.scene})
    if len(envelope.private) > 8 * MAX_BODY_BYTES or len(envelope.dedupe_key) != 32:
        raise Broken("an envelope is out of proportion")
    return "taken"


def one(number: int, report: Report) -> None:
    """Make the request of `number`, throw it, and count it; raise Broken with the number for what must not happen."""
    made = hostile(random.Random(number))  # noqa: S311 - repeatable, no secret
    took = []
    outcome = ""
    while not took or (min(took) > SLOW and len(took) < 3):
        began = time.thread_time()
        try:
            outcome = throw(made)
        except Exception as error:
            raise Broken(f"body {number}: {type(error).__name__}: {error}") from error
        took.append(time.thread_time() - began)
    if min(took) > SLOW:
        raise Broken(f"body {number} takes {min(took):.3f} s")
    report.outcomes[outcome] += 1
    report.slowest = max(report.slowest, min(took))


def guided(seconds: float) -> None:
    """Let atheris, where it is installed (`pip install atheris`), steer by what the code does with each document."""
    atheris: Any = importlib.import_module("atheris")
    atheris.instrument_all()

    def target(data: bytes) -> None:
        keys = (KEYS, MINI)[data[:1] >= b"\x80"]
        query, body = request(keys, data[1:].decode("utf-8", "replace"))
        throw(Hostile(keys, query, body))

    with tempfile.TemporaryDirectory() as corpus:
        for number, document in enumerate(DOCUMENTS):
            first = b"\x80" if document[:1] == b"{" else b"\x00"
            (Path(corpus) / str(number)).write_bytes(first + document)
        atheris.Setup([sys.argv[0], f"-max_total_time={int(seconds)}", "-timeout=1", "-max_len=65536", corpus], target)
        atheris.Fuzz()


def main(arguments: list[str]) -> int:
    """Run for a while and print what happened; return 1 for a body that broke something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="how long to go on")
    parser.add_argument("--body", type=int, help="throw only the body of this number")
    parser.add_argument("--guided", action="store_true", help="let atheris choose the bodies, if it is installed")
    wanted = parser.parse_args(arguments)
    if wanted.guided:
        guided(wanted.seconds)
    report, end = Report(), time.monotonic() + wanted.seconds
    number = wanted.body if wanted.body is not None else secrets.randbits(48)
    try:
        one(number, report)
        while wanted.body is None and time.monotonic() < end:
            number += 1
            one(number, report)
    except Broken as error:
        print(f"broken: {error} (again: python -m tests.fuzz.callbacks --body {number})")
        return 1
    counted = ", ".join(f"{name} {n:,}" for name, n in report.outcomes.most_common())
    print(f"{report.bodies:,} bodies, slowest {report.slowest * 1000:.1f} ms: {counted}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
