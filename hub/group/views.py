"""The admins' API of API keys: list, make, rotate, revoke."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.group import schemas, service
from hub.group.models import ApiKey
from hub.group.service.auditing import audit
from hub.kernel.access import ADMIN, allow, caller
from hub.kernel.blueprints import Blueprint
from hub.kernel.db import transaction
from hub.kernel.http import Problem, not_found, read_place, shown_once, write_cursor

blp = Blueprint("keys", __name__, url_prefix="/api/v1/keys", description="API keys")


@blp.get("")
@blp.arguments(schemas.KeyQuery, location="query")
@blp.response(200, schemas.KeyPage)
@allow(ADMIN, scope="admin:read")
def get_keys(query: dict[str, Any]) -> dict[str, Any]:
    """List the API keys, the newest first, without their secrets."""
    limit = query["limit"]
    with transaction() as session:
        found = service.list_keys(session, before=read_place(query["cursor"]), limit=limit + 1)
    more = len(found) > limit
    return {"items": found[:limit], "next_cursor": write_cursor([found[limit - 1].id]) if more else None}


@blp.post("")
@blp.arguments(schemas.KeyBody)
@blp.response(201, schemas.NewKeyResult)
@shown_once("key")
@allow(ADMIN, scope="keys:write")
def post_key(body: dict[str, Any]) -> dict[str, Any]:
    """Make an API key; its text is shown this once."""
    life, admin = timedelta(days=body.pop("expires_days")), body.pop("admin", False)
    if admin:
        _refuse_wider(body["scopes"])
    with _problems(), transaction() as session:
        key, text = service.issue_key(session, life=life, **body)
        audit(session, caller(), "key.created", "api_key", key.id, bu_id=key.bu_id)
        return _shown(session, key, text)


@blp.post("/<key_id>/rotation")
@blp.arguments(schemas.RotationBody)
@blp.response(201, schemas.NewKeyResult)
@shown_once("key")
@allow(ADMIN, scope="keys:write")
def post_rotation(body: dict[str, int], key_id: str) -> dict[str, Any]:
    """Make the successor of a key, shown this once; the old one lives on for the overlap."""
    overlap, life = timedelta(days=body["overlap_days"]), timedelta(days=body["expires_days"])
    with _problems(), transaction() as session:
        old = _found(session, key_id)
        if old.role == ADMIN:
            _refuse_wider(old.scopes)
        key, text = service.rotate_key(session, old, overlap=overlap, life=life)
        audit(session, caller(), "key.rotated", "api_key", old.id, bu_id=old.bu_id, successor=str(key.id))
        return _shown(session, key, text)


@blp.delete("/<key_id>")
@blp.response(204)
@allow(ADMIN, scope="keys:write")
def delete_key(key_id: str) -> None:
    """Revoke a key; it opens nothing from now on. Revoking twice changes nothing."""
    with _problems(), transaction() as session:
        key = _found(session, key_id)
        service.revoke_key(session, key)
        audit(session, caller(), "key.revoked", "api_key", key.id, bu_id=key.bu_id)


def _shown(session: Session, key: ApiKey, text: str) -> dict[str, Any]:
    return {"key": text, "card": service.cards(session, [key])[0]}


def _found(session: Session, text: str) -> ApiKey:
    try:
        return service.find_key(session, str(UUID(text)))
    except ValueError:
        raise not_found("key") from None


def _refuse_wider(scopes: list[str]) -> None:
    """Raise Problem 403 when a narrowed admin key asks for an admin key that may do more than itself."""
    own = caller().scopes
    if own and (not scopes or set(scopes) - set(own)):
        raise Problem(403, "A key may not make a key that may do more than itself.", kind="scope-missing")


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except service.KeyNotFound:
        raise not_found("key") from None
    except service.KeyNotRotatable as error:
        raise Problem(409, str(error)) from None
    except service.UnknownOwner:
        message = "The group has nothing with this slug."
        raise Problem(422, message, {"bu": [message], "touchpoint": [message]}) from None
    except service.UnknownScope:
        message = "A key of this role has no such scope."
        raise Problem(422, message, {"scopes": [message]}) from None
