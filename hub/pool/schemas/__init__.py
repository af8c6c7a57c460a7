"""What comes in: from touchpoints, and in the scoring section of the group file."""

from hub.pool.schemas.intake import ActivitiesBody, ActivitiesResult, RegistrationBody, RegistrationResult
from hub.pool.schemas.scoring import ScoringRule, ScoringSection

__all__ = [
    "ActivitiesBody",
    "ActivitiesResult",
    "RegistrationBody",
    "RegistrationResult",
    "ScoringRule",
    "ScoringSection",
]
