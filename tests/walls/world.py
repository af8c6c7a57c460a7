"""Two business units with leads in every state, and every way to call: what the matrix tries to see through."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from bu_routing import service as routing
from bu_routing.models import Lead
from bu_routing.rules.states import STATES
from hub.group import service as group
from hub.group.models import ApiKey
from hub.group.service import sessions, users
from hub.kernel import clock
from hub.kernel.access import BU_USERS
from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from hub.pool import service as pool
from hub.pool.service import IdentityRef, NewRegistration
from hub.web import access
from hub.web.app import create_app
from privacy.models import Collection
from privacy.service import Consent
from tests.bu_routing.places import make_leads
from tests.sample import apply_sample

OURS, THEIRS = "automation", "power"
BOUND = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'bu_id'
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""
SEEN_BY_ALL = ("event",)
"""Tables whose rows may name a BU and are published to everybody."""


@dataclass(slots=True)
class World:
    """Hold the app, the headers of each caller, and what may never be shown to our BU."""

    app: Flask
    bus: dict[str, UUID]
    headers: dict[str, dict[str, str]]
    leads: dict[str, dict[str, UUID]]
    """BU -> state -> lead; "waiting" is queued too, "reachable" has contact data, "erased" had some."""
    marks: set[str] = field(default_factory=set)
    """Texts that only the other BU may see."""
    ids: list[str] = field(default_factory=list)
    """Ids of the other BU: an erased person's lead first, every lead, and a few of each other table and its persons."""


def build() -> World:
    """Return a world made anew in an empty database."""
    apply_sample()
    app = create_app()
    # So that forms come to the views; what stops those of other sites has its own tests.
    app.config.update(WTF_CSRF_ENABLED=False, WTF_CSRF_METHODS=set())
    with transaction() as session:
        bus = {bu.slug: bu.id for bu in group.bus(session)}
        headers = _headers(session)
        keys = {key.name: key.id for key in session.scalars(select(ApiKey))}
        leads = {bu: _leads(session, bu, keys[bu]) for bu in (OURS, THEIRS)}
    world = World(app, bus, headers, leads)
    _disclose(bus[THEIRS], leads[THEIRS]["reachable"], keys[THEIRS])
    with transaction() as session:
        _collect(session, world)
    return world


def _headers(session: Session) -> dict[str, dict[str, str]]:
    owners: dict[str, dict[str, Any]] = {
        OURS: {"bu": OURS},
        THEIRS: {"bu": THEIRS},
        "touchpoint": {"touchpoint": "minisite"},
        "admin": {},
        "expired": {"bu": THEIRS},
        "revoked": {"bu": THEIRS},
    }
    made = {name: group.create_key(session, name=name, **owner) for name, owner in owners.items()}
    now = clock.now()
    session.flush()
    session.execute(update(ApiKey).where(ApiKey.name == "expired").values(expires_at=now - timedelta(seconds=1)))
    session.execute(update(ApiKey).where(ApiKey.name == "revoked").values(revoked_at=now))
    keys = {name: {"Authorization": f"Bearer {key}"} for name, key in made.items()}
    return keys | {role: _signed_in(session, role) for role in BU_USERS} | {"nobody": {}}


def _signed_in(session: Session, role: str) -> dict[str, str]:
    user = users.create_user(session, None, email=f"{role}@example.com", role=role, bu=OURS)
    users.create_user(session, None, email=f"{role}-of-{THEIRS}@example.com", role=role, bu=THEIRS)
    return {"Cookie": f"{access.cookie_name()}={sessions.open_session(session, user.id)}"}


def _leads(session: Session, bu: str, key: UUID) -> dict[str, UUID]:
    """Make a lead in each state, one with contact data and one whose contact data was purged; each tells its BU."""
    names = (*STATES, "waiting")
    found = dict(zip(names, make_leads(session, bu, range(10, 10 + len(names))), strict=True))
    for state, lead_id in found.items():
        lead = session.get_one(Lead, lead_id)
        lead.state = "queued" if state == "waiting" else state
        if state == "claimed":
            lead.claimed_by, lead.lease_until = key, clock.now() + timedelta(minutes=30)
    for name in ("reachable", "erased"):
        person = _register(session, f"{bu}-{name}")
        (found[name],) = routing.route(session, [person])
        lead = session.get_one(Lead, found[name])
        lead.state = "accepted"
        if name == "erased":
            gone = update(Collection).where(Collection.person_id == person)
            session.execute(gone.values(purged_at=clock.now(), sealed=None, sealed_epoch=None))
    for lead in session.scalars(select(Lead).where(Lead.id.in_(list(found.values())))):
        lead.need, lead.external_id, lead.assignee = f"need-of-{bu}", f"external-of-{bu}", f"assignee-of-{bu}"
        lead.why = f"why-of-{bu}"
    session.flush()
    return found


def _register(session: Session, name: str) -> UUID:
    registration = NewRegistration(
        external_id=name,
        identity=IdentityRef(pool.VISITOR, "", f"visitor-{name}"),
        contact={"name": f"contact-of-{name}"},
        consent=Consent("v1", ("collection", "share:acme-cn")),
        traits={},
        source="",
        touchpoint_id=new_id(),
    )
    person = pool.register(session, registration).person_id
    assert person is not None
    return person


def _disclose(bu_id: UUID, lead_id: UUID, key: UUID) -> None:
    with transaction(bu_id=bu_id) as session:
        shown = routing.contact(session, lead_id=lead_id, bu_id=bu_id, actor_id=key, purpose="first call")
        assert shown.state == "available"


def _collect(session: Session, world: World) -> None:
    """Note every id of the other BU's rows, and the texts and persons that only its leads name."""
    theirs = world.bus[THEIRS]
    ids = {"person": list(session.scalars(select(Lead.person_id).where(Lead.bu_id == theirs)))}
    for table in session.scalars(text(BOUND)):
        if table not in SEEN_BY_ALL:
            query = text(f"SELECT id FROM {table} WHERE bu_id = :bu ORDER BY id")
            ids[table] = list(session.scalars(query, {"bu": theirs}))
    few = [id_ for found in ids.values() for id_ in found[:2]]
    chosen = [world.leads[THEIRS]["erased"], *world.leads[THEIRS].values(), *few]
    world.ids = list(dict.fromkeys(str(id_) for id_ in chosen))
    words = {f"{what}-of-{THEIRS}" for what in ("need", "external", "assignee", "why", "contact")}
    world.marks = words | {form for found in ids.values() for id_ in found for form in (str(id_), id_.hex)}


def state_of(world: World) -> dict[str, str]:
    """Return a fingerprint of the other BU's rows by table, what only says that a key was used left out."""
    found = {}
    with transaction() as session:
        for table in session.scalars(text(BOUND)):
            print_ = f"md5(string_agg((to_jsonb(t) - 'last_used_at')::text, '' ORDER BY id)) FROM {table} t"
            found[table] = session.scalar(text(f"SELECT {print_} WHERE bu_id = :bu"), {"bu": world.bus[THEIRS]})
    return found
