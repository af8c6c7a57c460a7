"""What every API view shares: named problems, cursors, strict schemas."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from marshmallow import RAISE, Schema, fields, validate

_LONGEST_CURSOR = 1000


class Problem(Exception):
    """Answer a request with an RFC 9457 problem: a status, a sentence, and errors by field.

    `kind` ends its type URI where the status alone does not say it; `retry_after` is in seconds. The sentence is
    English and has its Chinese in the catalogue of `hub.web.api.messages`.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Mapping[str, Any] | None = None,
        *,
        kind: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = dict(errors or {})
        self.kind = kind
        self.retry_after = retry_after


def not_found(what: str) -> Problem:
    """Return the one answer for "not there" and "not yours", so that neither is revealed."""
    return Problem(404, f"There is no such {what}.")


V = TypeVar("V", bound=Callable[..., object])


def unrecorded(view: V) -> V:
    """Keep a view's answers out of the record of idempotency keys: asked again, the view acts again."""
    view.unrecorded = True  # type: ignore[attr-defined]
    return view


def shown_once(*members: str) -> Callable[[V], V]:
    """Keep these members of a view's answer out of the record of idempotency keys: replayed, they are null."""

    def declare(view: V) -> V:
        view.shown_once = members  # type: ignore[attr-defined]
        return view

    return declare


class Strict(Schema):
    """Refuse fields that the schema does not name."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE


class PageQuery(Strict):
    """Read the paging parameters of a list."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=_LONGEST_CURSOR))


def write_cursor(position: list[Any]) -> str:
    """Return an opaque cursor for `position` (plain JSON values)."""
    return base64.urlsafe_b64encode(json.dumps(position, default=str, ensure_ascii=False).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, size: int) -> list[Any] | None:
    """Return the position in `cursor` (a list of `size` values), None without one; raise Problem 422 if broken."""
    if cursor is None:
        return None
    position = None
    if len(cursor) <= _LONGEST_CURSOR:  # a longer one could nest deeper than the parser goes
        with contextlib.suppress(binascii.Error, ValueError):
            position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    if not isinstance(position, list) or len(position) != size:
        raise broken_cursor()
    return position


def read_place(cursor: str | None) -> UUID | None:
    """Return the id in the cursor of a list that is ordered by ids, None without one; raise Problem 422 if broken."""
    position = read_cursor(cursor, 1)
    try:
        return None if position is None else UUID(position[0])
    except (ValueError, AttributeError, TypeError):
        raise broken_cursor() from None


def broken_cursor() -> Problem:
    """Return the one answer for a cursor that this list did not write."""
    message = "This is not a cursor of this list: leave it out to start from the beginning."
    return Problem(422, message, {"cursor": [message]})
