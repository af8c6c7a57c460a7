"""What other rooms may ask of the pool."""

from hub.pool.service.activities import (
    FOLLOW,
    UNFOLLOW,
    NewActivity,
    Recorded,
    record_activities,
)
from hub.pool.service.conflicts import (
    ConflictRow,
    ConflictShown,
    Side,
    conflict,
    count_open_conflicts,
    decided_conflicts,
    open_conflicts,
)
from hub.pool.service.identities import (
    OPENID,
    UNIONID,
    VISITOR,
    IdentityRef,
    Known,
    following_of,
    members,
    openids_of,
    people_of,
    roots_of,
)
from hub.pool.service.importing import (
    Follower,
    Imported,
    Source,
    believed_followers,
    count_followers,
    end_follows,
    import_followers,
    known_followers,
)
from hub.pool.service.judging import (
    AlreadyDecided,
    UnknownConflict,
    UnknownMerge,
    decide_apart,
    decide_same,
    merged_person,
    reopen,
    restore_merge,
    undo_merge,
)
from hub.pool.service.linking import (
    Link,
    link_identities,
)
from hub.pool.service.people import (
    PersonRow,
    PersonShown,
    find_people,
    find_person,
    show_person,
)
from hub.pool.service.profiles import (
    derive,
    rescore,
)
from hub.pool.service.registrations import (
    NewRegistration,
    Registered,
    register,
)
from hub.pool.service.searching import (
    Found,
    anybody,
    search_people,
)
from hub.pool.service.snapshots import (
    Snapshot,
    snapshot,
    stranger,
)
from hub.pool.service.touches import Touches, touches
from hub.pool.service.visitors import (
    link_visitor,
)
from hub.pool.service.whys import (
    Act,
    Earned,
    Why,
    explain_score,
    timeline,
)

__all__ = [
    "Source",
    "FOLLOW",
    "OPENID",
    "UNFOLLOW",
    "UNIONID",
    "VISITOR",
    "Act",
    "AlreadyDecided",
    "ConflictRow",
    "ConflictShown",
    "Earned",
    "Follower",
    "IdentityRef",
    "Imported",
    "Known",
    "Link",
    "NewActivity",
    "NewRegistration",
    "PersonRow",
    "PersonShown",
    "Recorded",
    "Registered",
    "Side",
    "Snapshot",
    "UnknownConflict",
    "Touches",
    "UnknownMerge",
    "Why",
    "anybody",
    "believed_followers",
    "conflict",
    "count_followers",
    "count_open_conflicts",
    "decide_apart",
    "decide_same",
    "decided_conflicts",
    "derive",
    "end_follows",
    "explain_score",
    "find_people",
    "find_person",
    "following_of",
    "import_followers",
    "known_followers",
    "link_identities",
    "search_people",
    "Found",
    "link_visitor",
    "members",
    "merged_person",
    "open_conflicts",
    "openids_of",
    "people_of",
    "record_activities",
    "register",
    "reopen",
    "rescore",
    "restore_merge",
    "roots_of",
    "show_person",
    "snapshot",
    "stranger",
    "timeline",
    "touches",
    "undo_merge",
]
