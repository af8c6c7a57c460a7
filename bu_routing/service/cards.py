"""What a BU sees of a lead beside its row: how the person can be reached, and what the company is like; no PII."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from bu_routing.models import Lead
from bu_routing.rules.states import REACHABLE
from bu_routing.service.feedback import HeldByAnother, WrongState
from bu_routing.service.leads import lock
from hub.group import service as group
from hub.pool import service as pool
from hub.pool.service import Snapshot
from privacy import service as privacy
