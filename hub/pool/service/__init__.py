"""What other rooms may ask of the pool."""

from hub.pool.service.activities import FOLLOW, UNFOLLOW, NewActivity, Recorded, record_activities
from hub.pool.service.identities import OPENID, UNIONID, VISITOR, IdentityRef, Known
from hub.pool.service.linking import Link, UnknownMerge, link_identities, undo_merge
from hub.pool.service.profiles import derive, rescore
from hub.pool.service.registrations import NewRegistration, Registered, register
from hub.pool.service.snapshots import Snapshot, snapshot

__all__ = [
    "FOLLOW",
    "OPENID",
    "UNFOLLOW",
    "UNIONID",
    "VISITOR",
    "IdentityRef",
    "Known",
    "Link",
    "NewActivity",
    "NewRegistration",
    "Recorded",
    "Registered",
    "Snapshot",
    "UnknownMerge",
    "derive",
    "link_identities",
    "record_activities",
    "register",
    "snapshot",
    "rescore",
    "undo_merge",
]
