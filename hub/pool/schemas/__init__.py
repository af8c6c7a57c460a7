"""What comes in, from touchpoints and in the scoring section of the group file, and people as they are read."""

from hub.pool.schemas.intake import (
    ActivitiesBody,
    ActivitiesResult,
    ConsentBody,
    RegistrationBody,
    RegistrationResult,
)
from hub.pool.schemas.people import ActPage, PeopleQuery, PersonDetail, PersonPage, TimelineQuery, WhyResult
from hub.pool.schemas.scoring import ScoringRule, ScoringSection

__all__ = [
    "ActPage",
    "ActivitiesBody",
    "ActivitiesResult",
    "ConsentBody",
    "PeopleQuery",
    "PersonDetail",
    "PersonPage",
    "RegistrationBody",
    "RegistrationResult",
    "ScoringRule",
    "ScoringSection",
    "TimelineQuery",
    "WhyResult",
]
