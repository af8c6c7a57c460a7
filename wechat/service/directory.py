"""The accounts whose callbacks we check, held in memory and read again every two seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel import settings
from hub.kernel.db import transaction
from hub.kernel.logs import log
from privacy import service as privacy
from wechat.rules import AccountKeys, Rejected
from wechat.rules.replies import Book
from wechat.service import replies

T = TypeVar("T")

_REFRESH = 2.0
_REFRESH_UNKNOWN = 0.5


class _Directory:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, AccountKeys] = {}
        self._platforms: dict[str, group.Component] = {}
        self._looked_at = float("-inf")
        self.book = Book()
        self._stamp: replies.Stamp = (0, None)

    def find(self, appid: str) -> AccountKeys:
        """Return the account's own keys; one that a third-party platform runs may have none."""
        found = self._found(lambda: self._keys.get(appid))
        if not found.token:
            raise Rejected("unknown_account")
        return found

    def platform(self, component_appid: str) -> group.Component:
        return self._found(lambda: self._platforms.get(component_appid))

    def through(self, component_appid: str, appid: str) -> AccountKeys:
        """Return the keys of the platform for an account: whoever runs it, WeChat alone can have signed with them."""
        platform = self.platform(component_appid)
        account = self._found(lambda: self._keys.get(appid))
        token, aes_key = platform.token, platform.aes_key
        return replace(account, mode="safe", token=token, aes_key=aes_key, component=platform.appid, earlier=())

    def _found(self, look: Callable[[], T | None]) -> T:
        found = look()
        age = time.monotonic() - self._looked_at
        if found is None and age > _REFRESH_UNKNOWN:
            self._refresh()
            found = look()
        elif age > _REFRESH and not self._lock.locked():
            # Beside the request: a database that hangs must not use up the time that WeChat gives for an answer.
            threading.Thread(target=self._refresh, name="accounts", daemon=True).start()
        if found is None:
            raise Rejected("unknown_account")
        return found

    def _refresh(self) -> None:
        """Read the accounts; while the database is away the last known ones go on serving."""
        with self._lock:
            if time.monotonic() - self._looked_at <= _REFRESH_UNKNOWN:
                return  # somebody else did, while this waited
            try:
                with transaction() as session:
                    privacy.read_ingest_key(session)  # what is sealed needs no database from here on
                    self._read_replies(session)  # first: an account is served once its keys are known
                    self._keys = {a.appid: keys_of(a) for a in group.accounts(session)}
                    self._platforms = {c.appid: c for c in group.components(session)}
            except SQLAlchemyError as error:
                log.warning("accounts_not_read", error=type(error).__name__)
                if not self._keys:
                    raise
            self._looked_at = time.monotonic()

    def _read_replies(self, session: Session) -> None:
        stamp = replies.book_stamp(session)
        if stamp != self._stamp:
            self.book, self._stamp = replies.read_book(session), stamp

    @property
    def filled(self) -> bool:
        return bool(self._keys)

    def forget(self) -> None:
        self._keys, self._platforms, self._looked_at = {}, {}, float("-inf")
        self.book, self._stamp = Book(), (0, None)


def keys_of(account: group.Account) -> AccountKeys:
    """Return what checks the pushes of `account`, its earlier keys included while they hold."""
    keys = AccountKeys(
        appid=account.appid,
        original_id=account.original_id,
        kind=account.kind,
        mode=account.mode,
        token=account.token,
        aes_key=account.aes_key,
        plaintext=account.allow_plaintext or not settings.current().production,
        location=account.location,
    )
    # Without a token anybody could sign: an account that a platform ran before had none.
    before = [(token, key) for token, key in account.earlier if token]
    return replace(keys, earlier=tuple(replace(keys, token=token, aes_key=key) for token, key in before))


_directory = _Directory()


def account_keys(appid: str) -> AccountKeys:
    """Return what checks the pushes of `appid`; raise Rejected("unknown_account") when the group has none."""
    return _directory.find(appid)


def component_keys(component_appid: str, appid: str = "") -> AccountKeys:
    """Return what checks the pushes to a third-party platform itself, or to an account through it.

    Raise Rejected("unknown_account") for a platform or an account that the group does not have; WeChat's own accounts
    for its release check count as had.
    """
    platform = _directory.platform(component_appid)
    if appid and appid not in platform.release_check:
        return _directory.through(component_appid, appid)
    return AccountKeys(
        appid or component_appid, "", "service", "safe", platform.token, platform.aes_key, component=component_appid
    )


def is_release_check(component_appid: str, appid: str) -> bool:
    """Tell whether WeChat tests the platform by this account."""
    return appid in _directory.platform(component_appid).release_check


def reply_book() -> Book:
    """Return the reply rules as they were when the accounts were last read."""
    return _directory.book


def knows_accounts() -> bool:
    """Tell whether callbacks can be checked right now, whatever the database does."""
    return _directory.filled


def forget_accounts() -> None:
    """Read the accounts anew at the next callback."""
    _directory.forget()
