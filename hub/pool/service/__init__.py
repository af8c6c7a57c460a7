"""What other rooms may ask of the pool."""

from hub.pool.service.activities import FOLLOW, UNFOLLOW, NewActivity, Recorded, record_activities
from hub.pool.service.identities import (
    OPENID,
    UNIONID,
    VISITOR,
    IdentityRef,
    Known,
    following_of,
    members,
    people_of,
    roots_of,
)
from hub.pool.service.importing import (
    Follower,
    Imported,
    believed_followers,
    count_followers,
    end_follows,
    import_followers,
    known_followers,
)
from hub.pool.service.linking import Link, UnknownMerge, link_identities, undo_merge
from hub.pool.service.people import PersonRow, PersonShown, find_person, list_people, show_person
from hub.pool.service.profiles import derive, rescore
from hub.pool.service.registrations import NewRegistration, Registered, register
from hub.pool.service.snapshots import Snapshot, snapshot
from hub.pool.service.whys import Act, Earned, Why, explain_score, timeline

__all__ = [
    "known_followers",
    "import_followers",
    "end_follows",
    "count_followers",
    "believed_followers",
    "Imported",
    "Follower",
    "Act",
    "Earned",
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
    "PersonRow",
    "PersonShown",
    "Recorded",
    "Registered",
    "Snapshot",
    "UnknownMerge",
    "Why",
    "derive",
    "explain_score",
    "find_person",
    "following_of",
    "link_identities",
    "list_people",
    "members",
    "people_of",
    "record_activities",
    "register",
    "roots_of",
    "show_person",
    "snapshot",
    "timeline",
    "rescore",
    "undo_merge",
]
