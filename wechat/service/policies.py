"""The group's policy of sends: quiet hours, caps, quotas; as the group file writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from hub.group import service as group
from hub.group.service import Change
from hub.kernel import clock
from wechat.models import OutboundPolicy
from wechat.rules import restraint
from wechat.rules.restraint import Policy

_ONE = 1


def policy(session: Session) -> Policy:
    """Return the policy in force, without any limit of ours until a group file says otherwise."""
    return restraint.read(outbound_section(session), group.group_timezone(session))


def outbound_section(session: Session) -> dict[str, Any]:
    """Return the policy as the group file writes it, empty when it never did."""
    row = session.get(OutboundPolicy, _ONE)
    return dict(row.body) if row is not None else {}


def apply_outbound(session: Session, body: Mapping[str, Any]) -> list[Change]:
    """Put the section `body` in force; return what changed."""
    row = session.get(OutboundPolicy, _ONE)
    if row is None:
        session.add(OutboundPolicy(id=_ONE, body=dict(body), changed_at=clock.now()))
        return [Change("outbound", "policy", "created")]
    if row.body == dict(body):
        return [Change("outbound", "policy", "left")]
    row.body, row.changed_at = dict(body), clock.now()
    return [Change("outbound", "policy", "changed")]
