"""The touchpoints' API: report behaviours and registrations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel import clock
from hub.kernel.access import TOUCHPOINT, allow, touchpoint
from hub.kernel.blueprints import Blueprint
from hub.kernel.db import transaction
from hub.kernel.http import Problem
from hub.pool import schemas, service
from hub.pool.service import OPENID, UNIONID, VISITOR, IdentityRef, Link, NewActivity, NewRegistration
from privacy import service as privacy

blp = Blueprint("touchpoints", __name__, url_prefix="/api/v1", description="What touchpoints report")

_EARLY = timedelta(minutes=10)


@blp.post("/activities")
@blp.arguments(schemas.ActivitiesBody)
@blp.response(200, schemas.ActivitiesResult)
@allow(TOUCHPOINT, scope="activities:write")
def post_activities(body: dict[str, Any]) -> dict[str, int]:
    """Record up to 500 behaviours, each once however often its id is sent."""
    touchpoint_id, now = touchpoint(), clock.now()
    with transaction() as session:
        known = _Namespaces(session)
        activities, links = [], []
        for index, item in enumerate(body["items"]):
            at = item["at"] or now
            if at > now + _EARLY:
                raise _wrong(index, "at", "This lies in the future.")
            ref = known.identity(item["identity"], f"items.{index}")
            links += known.link(item["identity"], ref)
            properties = {k: v for k, v in item["properties"].items() if v != ""}
            activities.append(NewActivity(ref, item["kind"], at, item["key"], touchpoint_id, properties, item["id"]))
        recorded = service.record_activities(session, activities)
    with transaction() as session:  # merging locks more people: never behind locks that scoring already holds
        service.link_identities(session, links)
    return {"accepted": recorded.new, "duplicates": len(activities) - recorded.new}


@blp.post("/registrations")
@blp.arguments(schemas.RegistrationBody)
@blp.response(201, schemas.RegistrationResult)
@blp.alt_response(200, schema=schemas.RegistrationResult)
@allow(TOUCHPOINT, scope="registrations:write")
def post_registration(body: dict[str, Any]) -> tuple[dict[str, str], int]:
    """Take a registration in: contact fields go sealed to the vault, traits and the act itself to the pool."""
    with transaction() as session:
        known = _Namespaces(session)
        ref = known.identity(body["identity"], "identity")
        # Merging first: it must not wait for others' identities while recording already holds people.
        service.link_identities(session, known.link(body["identity"], ref))
        try:
            registered = service.register(
                session,
                NewRegistration(
                    external_id=body["id"],
                    identity=ref,
                    contact=body["contact"],
                    consent=privacy.Consent(body["consent"]["text_version"], tuple(body["consent"]["scopes"])),
                    traits=body["traits"],
                    source=body["source"],
                    touchpoint_id=touchpoint(),
                ),
            )
        except privacy.ContactRefused as error:
            raise Problem(422, "Some contact fields are wrong: see 'errors'.", {"contact": error.errors}) from None
    status = "registered" if registered.new else "duplicate"
    return {"id": body["id"], "status": status}, 201 if registered.new else 200


class _Namespaces:
    """Turn identity bodies into refs, refusing AppIDs and open platforms that the group does not have."""

    def __init__(self, session: Session) -> None:
        self._platform_of = {account.appid: account.open_platform for account in group.accounts(session)}
        self._platforms = group.open_platforms(session)

    def identity(self, body: Mapping[str, str], where: str) -> IdentityRef:
        """Return the ref that `body` names; raise Problem 422 when its namespace is not the group's."""
        if "visitor_id" in body:
            return IdentityRef(VISITOR, "", body["visitor_id"])
        if "appid" in body:
            if body["appid"] not in self._platform_of:
                raise _unknown(where, "appid", "The group has no account with this AppID.")
            return IdentityRef(OPENID, body["appid"], body["openid"])
        if body["open_platform"] not in self._platforms:
            raise _unknown(where, "open_platform", "The group has no open platform with this slug.")
        return IdentityRef(UNIONID, body["open_platform"], body["unionid"])

    def link(self, body: Mapping[str, str], ref: IdentityRef) -> list[Link]:
        """Return the link that an identity with both OpenID and UnionID stands for."""
        platform = self._platform_of.get(body.get("appid", ""))
        if platform is None or "unionid" not in body:
            return []
        return [Link(ref, IdentityRef(UNIONID, platform, body["unionid"]), "touchpoint")]


def _wrong(index: int, name: str, message: str) -> Problem:
    return Problem(422, f"items[{index}].{name}: {message}", {"items": {str(index): {name: [message]}}})


def _unknown(where: str, name: str, message: str) -> Problem:
    return Problem(422, f"{where}.{name}: {message}", {where: {name: [message]}})
