"""Data classes: what a column may hold, declared where the column is declared."""

from __future__ import annotations

from typing import Any

Label = dict[Any, Any]

P3: Label = {"data": "P3"}
"""Contact data of a person, readable or sealed: only inside `privacy`."""
P3T: Label = {"data": "P3T"}
"""Free words of a person, sealed before the first write; readable nowhere outside `privacy`."""
P2: Label = {"data": "P2"}
"""Pseudonymous identifiers: OpenID, UnionID, visitor id."""
P1: Label = {"data": "P1"}
"""Behaviour keyed by ids: activities, scores, decisions."""
P0: Label = {"data": "P0"}
"""Not personal: configuration, counters, machinery."""
EVIDENCE: Label = {"data": "E"}
"""Ledgers of consent, disclosure and purge: ids and versions, no values."""
SECRET: Label = {"data": "S"}
"""Secrets, stored sealed or hashed."""

ALL = frozenset(label["data"] for label in (P3, P3T, P2, P1, P0, EVIDENCE, SECRET))
