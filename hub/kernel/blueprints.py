"""The blueprint of every API view: its bodies are JSON and nothing that only looks like it."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import flask_smorest
from flask import Request
from webargs import core
from webargs.flaskparser import FlaskParser

from hub.kernel.http import Problem

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # written by json.dumps, not a backslash that somebody sent


class _Refused(ValueError):
    """A body is JSON for some parsers and not for others; says why."""


class Parser(FlaskParser):
    """Read arguments: unknown fields as the schema says, bodies strictly."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012 - webargs reads it on the class

    def _raw_load_json(self, req: Request) -> Any:
        body = req.get_data(cache=True)
        if not body:
            return core.missing
        if not core.is_json(req.mimetype):
            raise Problem(415, "Send the body as JSON, with 'Content-Type: application/json'.")
        return read_json(body)


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """Group API views; what flask-smorest offers, with the strict parser."""

    ARGUMENTS_PARSER = Parser()


def read_json(body: bytes) -> Any:
    """Return what `body` says; raise Problem 400 for broken JSON, twin keys, NaN, infinity, NUL and half characters."""
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite
        )
        if b"\\u" in body:
            _storable(value)
    except _Refused as error:
        raise Problem(400, str(error)) from None
    except RecursionError:
        raise Problem(400, "The body is nested too deeply.") from None
    except ValueError:
        raise Problem(400, "The body is not JSON.") from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Refused("The body names one key of an object twice.")
    return made


def _constant(_: str) -> NoReturn:
    raise _Refused("The body holds NaN or Infinity, which JSON does not know.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Refused("The body holds a number that is too large.")
    return number


def _storable(value: object) -> None:
    """Raise _Refused for characters that no database takes: NUL, and halves of a surrogate pair."""
    text = json.dumps(value, ensure_ascii=False)
    if _NUL.search(text) or not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise _Refused("The body holds characters that cannot be stored.")
