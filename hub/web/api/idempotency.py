"""`Idempotency-Key`: a POST sent again under its key is answered as it was the first time, for a day.

The record is begun in a transaction of its own before the view runs and finished in another one after it. What dies in
between leaves a record under way, which the next try may take over after a minute: the acts behind it carry their own
ids and states, so that done twice is done once. Views that show contact data are not recorded: asked again they act,
and log, again. A member that is shown once (a new API key) is null in a replay.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask, Response, current_app, g, json, request
from sqlalchemy import ColumnElement, and_, delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from hub.kernel import clock, secretbox, settings
from hub.kernel.access import caller
from hub.kernel.db import transaction
from hub.kernel.http import Problem
from hub.kernel.logs import log
from hub.web.api.models import IdempotencyRecord as Record

HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
KEEP = timedelta(hours=24)
TAKE_OVER = timedelta(seconds=60)
_FORM = re.compile(r"[\x21-\x7e]{1,255}")
_MALFORMED = "An Idempotency-Key is 1 to 255 visible ASCII characters."
_UNRECORDED = frozenset({401, 403, 408, 413, 429})


@dataclass(frozen=True, slots=True)
class _Begun:
    """Name the record of this request: whose, under which key, and since when it is ours."""

    actor_id: UUID
    key_hash: bytes
    started_at: datetime


def install(app: Flask) -> None:
    """Begin before each view, finish after it; to be installed after whatever may turn a request away."""
    app.before_request(_begin)
    app.after_request(_finish)


def forget_old() -> None:
    """Delete the records that are over."""
    with transaction() as session:
        session.execute(delete(Record).where(Record.created_at < clock.now() - KEEP))


def _begin() -> Response | None:
    if not _recorded():
        return None
    key = request.headers[HEADER]
    if _FORM.fullmatch(key) is None:
        raise Problem(422, _MALFORMED, {HEADER: [_MALFORMED]})
    begun = _Begun(caller().actor_id, _hash(key.encode()), clock.now())
    sent = _hash(b"\0".join((request.full_path.encode(), request.get_data(cache=True))))
    with transaction() as session:
        if _begun(session, begun, sent):
            g.idempotency = begun
            return None
        return _replay(session.get(Record, (begun.actor_id, begun.key_hash)), sent)


def _recorded() -> bool:
    if request.method != "POST" or not request.path.startswith("/api/v1/") or HEADER not in request.headers:
        return False
    view = current_app.view_functions.get(request.endpoint or "")
    return view is not None and not getattr(view, "unrecorded", False)


def _begun(session: Session, begun: _Begun, sent: bytes) -> bool:
    """Make the record ours: it is new, or a day old, or was left under way a minute ago; return whether it is."""
    fresh = {"request_hash": sent, "route": request.endpoint, "status": None, "mimetype": None, "body": None}
    times = {"started_at": begun.started_at, "created_at": begun.started_at}
    over = Record.created_at < begun.started_at - KEEP
    left = and_(Record.status.is_(None), Record.started_at < begun.started_at - TAKE_OVER, Record.request_hash == sent)
    taken = (
        insert(Record)
        .values(actor_id=begun.actor_id, key_hash=begun.key_hash, **fresh, **times)
        .on_conflict_do_update(index_elements=["actor_id", "key_hash"], set_={**fresh, **times}, where=over | left)
        .returning(Record.actor_id)
    )
    return session.execute(taken).first() is not None


def _replay(kept: Record | None, sent: bytes) -> Response:
    if kept is not None and not hmac.compare_digest(kept.request_hash, sent):
        message = "This Idempotency-Key came with another request before: use a new one."
        raise Problem(422, message, {HEADER: [message]}, kind="idempotency-key-reused")
    if kept is None or kept.status is None:  # none: the first request failed a moment ago
        message = "The first request with this Idempotency-Key is still under way."
        raise Problem(409, message, kind="idempotency-in-progress", retry_after=1)
    response = Response(kept.body or "", status=kept.status, mimetype=kept.mimetype)
    response.headers[REPLAYED] = "true"
    return response


def _finish(response: Response) -> Response:
    begun: _Begun | None = g.pop("idempotency", None)
    if begun is None:
        return response
    try:
        with transaction() as session:
            if response.status_code >= 500 or response.status_code in _UNRECORDED:
                session.execute(delete(Record).where(_ours(begun)))
            else:
                kept = {"status": response.status_code, "mimetype": response.mimetype, "body": _body(response)}
                session.execute(update(Record).where(_ours(begun)).values(kept))
    except OperationalError as error:  # the act is done and answered; its record can be taken over in a minute
        log.warning("idempotency_unrecorded", error=type(error).__name__)
    return response


def _ours(begun: _Begun) -> ColumnElement[bool]:
    return and_(
        Record.actor_id == begun.actor_id,
        Record.key_hash == begun.key_hash,
        Record.started_at == begun.started_at,
    )


def _body(response: Response) -> str:
    """Return the answer as it may be kept: without what is shown once."""
    once: tuple[str, ...] = getattr(current_app.view_functions[request.endpoint or ""], "shown_once", ())
    text = response.get_data(as_text=True)
    if not once or not response.is_json:
        return text
    shown = json.loads(text)
    return json.dumps(shown | dict.fromkeys(set(once) & shown.keys()))


def _hash(value: bytes) -> bytes:
    pepper = secretbox.derive(settings.current().secret_key, "idempotency")
    return hmac.new(pepper, value, hashlib.sha256).digest()
