"""The sample group with people in it, made through the services, and users who are signed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import bu_routing.service as routing
from hub.group import service as group
from hub.group.service import invitations, sessions, users
from hub.kernel import clock
from hub.kernel.access import BU_USERS
from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from hub.kernel.work import LANES
from hub.pool import service as pool
from hub.pool.service import OPENID, UNIONID, IdentityRef, Link, NewActivity, NewRegistration
from hub.web import groupfile, jobs
from hub.web.wiring import DRAINS
from privacy.service import Consent
from tests.sample import apply_sample

GROUP, AUTOMATION, ENERGY = (f"wx1d0000000000000{n}" for n in range(1, 4))
BU = "automation"


def settle() -> None:
    """Do everything that waits behind the scenes, in this process; nobody is asked for UnionIDs."""
    names = [name for name in DRAINS if name != "unionid_lookup"]
    while sum(jobs.drain(name, lane) for name in names for lane in range(LANES)):
        pass


def openid(person: int, appid: str = GROUP) -> IdentityRef:
    """Return the OpenID of a person at an account."""
    return IdentityRef(OPENID, appid, f"o-person-{person:04d}-{appid[-4:]}")


def act(person: int, kind: str, key: str = "", *, appid: str = GROUP, scene: str = "", ago: int = 0) -> None:
    """Let a person do something at an account, some minutes ago."""
    with transaction() as session:
        place = group.touchpoint_ids(session)[appid]
        properties = {"scene": scene} if scene else {}
        at = clock.now() - timedelta(minutes=ago)
        activity = NewActivity(openid(person, appid), kind, at, key or scene, place, properties)
        pool.record_activities(session, [activity])


def qualify(person: int, *, scene: str = "auto.expo") -> None:
    """Let a person come by a scene and ask for a price: an MQL for the automation unit."""
    act(person, "follow", scene=scene, ago=90)
    act(person, "menu_click", "PRICE", ago=30)
    settle()


def register(person: int, scopes: Sequence[str] = ("collection", "phone", "share:shili-cn")) -> None:
    """Let a person leave contact data, placeholders all of it."""
    contact = {"name": "示例来宾", "mobile": f"1390000{person:04d}", "company": "示例公司"}
    with transaction() as session:
        pool.register(
            session,
            NewRegistration(
                external_id=str(new_id()),
                identity=openid(person),
                contact=contact,
                consent=Consent("v1", tuple(scopes)),
                traits={"interest": "automation", "company_size": "50-499"},
                source="minisite",
                touchpoint_id=group.touchpoint_ids(session)["minisite"],
            ),
        )


def stitch(person: int, *appids: str) -> None:
    """Let accounts tell that their OpenIDs are one person."""
    union = IdentityRef(UNIONID, "main", f"u-person-{person:04d}")
    with transaction() as session:
        pool.link_identities(session, [Link(openid(person, appid), union, "test") for appid in appids])


def found_group() -> None:
    """Apply the demo's group file."""
    apply_sample(groupfile.demo().encode())


def person_id(person: int, appid: str = GROUP) -> str:
    """Return the root id of a person who was met at the account."""
    with transaction() as session:
        found = pool.find_person(session, openid(person, appid).value, {OPENID: [appid]})
    assert found is not None
    return str(found)


def sign_in(role: str, *, bu: str = BU, name: str = "示例用户") -> str:
    """Make a user of a role and return the token of a session of theirs."""
    with transaction() as session:
        made = users.create_user(
            session, None, email=f"{new_id()}@example.com", role=role, bu=bu if role in BU_USERS else None, name=name
        )
        return sessions.open_session(session, made.id)


def invite(role: str) -> str:
    """Make a user and return the address at which they choose a password."""
    with transaction() as session:
        made = users.create_user(session, None, email="guest@example.com", role=role)
        return f"/invitations/{invitations.invite(session, None, made.id)}"


def lead_id(bu: str = BU) -> str:
    """Return the newest lead of a business unit."""
    with transaction() as session:
        unit = group.bu_by_slug(session, bu)
        assert unit is not None
        return str(routing.browse(session, bu_id=unit.id, limit=1)[0].id)
