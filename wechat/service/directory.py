"""The accounts whose callbacks we check, held in memory and read again every two seconds."""

from __future__ import annotations

import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from hub.group import service as group
from hub.kernel.db import transaction
from hub.kernel.logs import log
from wechat.rules import AccountKeys, Rejected

_REFRESH = 2.0
_REFRESH_UNKNOWN = 0.5


class _Directory:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, AccountKeys] = {}
        self._read_at = float("-inf")

    def find(self, appid: str) -> AccountKeys:
        found = self._keys.get(appid)
        age = time.monotonic() - self._read_at
        if age > (_REFRESH if found else _REFRESH_UNKNOWN):
            self._refresh(wait=found is None)
            found = self._keys.get(appid)
        if found is None:
            raise Rejected("unknown_account")
        return found

    def _refresh(self, *, wait: bool) -> None:
        """Read the accounts; while the database is away the last known ones go on serving."""
        if not self._lock.acquire(blocking=wait):
            return
        try:
            if time.monotonic() - self._read_at < _REFRESH_UNKNOWN:
                return
            with transaction() as session:
                self._keys = {a.appid: _keys(a) for a in group.accounts(session)}
            self._read_at = time.monotonic()
        except SQLAlchemyError as error:
            log.warning("accounts_not_read", error=type(error).__name__)
            if not self._keys:
                raise
        finally:
            self._lock.release()

    def forget(self) -> None:
        self._keys, self._read_at = {}, float("-inf")


def _keys(account: group.Account) -> AccountKeys:
    return AccountKeys(
        appid=account.appid,
        original_id=account.original_id,
        kind=account.kind,
        mode=account.mode,
        token=account.token,
        aes_key=account.aes_key,
    )


_directory = _Directory()


def account_keys(appid: str) -> AccountKeys:
    """Return what checks the pushes of `appid`; raise Rejected("unknown_account") when the group has none."""
    return _directory.find(appid)


def forget_accounts() -> None:
    """Read the accounts anew at the next callback."""
    _directory.forget()
