"""Codes and tickets of logins that are over are forgotten."""

from __future__ import annotations

from hub.kernel.db import transaction
from wechat import service


def forget_logins() -> None:
    """Forget what a login leaves behind; each is over within minutes."""
    with transaction() as session:
        service.forget_codes(session)
        service.forget_tickets(session)
