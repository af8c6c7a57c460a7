"""Codes and tickets of logins that are over are forgotten."""

from __future__ import annotations

from hub.kernel.db import transaction
from wechat.service import exchanges, logins


def forget_logins() -> None:
    """Forget what a login leaves behind; each is over within minutes."""
    with transaction() as session:
        exchanges.forget_codes(session)
        logins.forget_tickets(session)
