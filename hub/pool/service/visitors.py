"""Visitors who log in: whose browser it is, told once and never guessed."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from hub.pool.models import Identity
from hub.pool.service.identities import OPENID, UNIONID, IdentityRef, resolve
from hub.pool.service.linking import Link, hold, link_identities

LOGIN = "login"


def link_visitor(session: Session, visitor: IdentityRef, openid: IdentityRef) -> bool:
    """Let what `visitor` did be done by the person of `openid`; tell whether it is.

    A visitor who is known as somebody already stays who they are: a browser may be shared, and two people are never
    made one because both used it.
    """
    known = resolve(session, [visitor, openid])
    theirs, owner = known[visitor].person_id, known[openid].person_id
    roots = hold(session, {theirs, owner})
    if roots[theirs] == roots[owner]:
        return True
    cluster = [person for person, root in roots.items() if root == roots[theirs]]
    somebody = exists().where(Identity.person_id.in_(cluster), Identity.kind.in_((OPENID, UNIONID)))
    if session.scalar(select(somebody)):
        return False
    link_identities(session, [Link(visitor, openid, LOGIN)])
    return True
