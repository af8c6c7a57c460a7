"""The sample group in the test database, and signed pushes to its accounts."""

from __future__ import annotations

from pathlib import Path

from hub.group import service as group
from hub.kernel.db import transaction
from hub.web import groupfile
from wechat.service import forget_accounts
from wechat.simulator import SimAccount

GROUP_FILE = Path(__file__).parent / "data" / "group.yaml"
APPID = "wx7a10c3e5d2f49b18"


def apply_sample(text: bytes | None = None) -> None:
    """Apply the sample group file (or another) and let the gateway read the accounts anew."""
    with transaction() as session:
        groupfile.apply(session, text or GROUP_FILE.read_bytes())
    forget_accounts()


def sim_account(appid: str = APPID) -> SimAccount:
    """Return the simulator's view of one of the group's accounts."""
    from hub.web.rehearsal import _simulated

    with transaction() as session:
        found = group.account(session, appid)
    assert found is not None
    return _simulated(found)
