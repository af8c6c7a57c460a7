"""Have rows on disk before they are acknowledged: in the database when it commits in time, else in the local spool."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.kernel import bulk, metrics
from hub.kernel.db import transaction
from hub.kernel.groupcommit import AWAY, GroupWriter, NotDurable, in_transaction
from hub.kernel.logs import log
from hub.kernel.spool import Spool, SpoolBroken

Row = Mapping[str, Any]
Result = TypeVar("Result")
Write = Callable[[Session, Sequence[Any]], Sequence[Result]]

_PAUSE = 0.5  # seconds between two looks at a database that is away
_SPOOL_WITHIN = 3.0  # seconds: a disk that is busy may make an append wait, and WeChat waits for five in all
_BATCH = 1000


class DurableWriter(Generic[Result]):
    """Write rows, each with its "id", through `write`; `spooled` is what is answered for one that took the detour.

    While anything waits in the spool everything goes there, so that nothing overtakes what came before it. `write` must
    take a row twice without harm: a commit that came too late may have been one.
    """

    def __init__(self, write: Write[Result], spool: Callable[[], Spool], *, spooled: Result, within: float) -> None:
        """Commit `within` seconds or take the detour; `spool` names this machine's, which is asked for when needed."""
        self._write, self._spool, self._spooled, self._within = write, spool, spooled, within
        self._database: GroupWriter[Row, Result] = GroupWriter(in_transaction(write))
        self._log: GroupWriter[Row, None] = GroupWriter(self._append, away=(SpoolBroken,))
        self._guard = threading.Lock()
        self._mover: threading.Thread | None = None

    def take(self, row: Row) -> Result:
        """Return once `row` is on disk; raise NotDurable when it is nowhere."""
        if not self._spool().waiting():
            try:
                return self._database.submit(row, timeout=self._within)
            except NotDurable as error:
                if not error.away:
                    raise
        self._log.submit(row, timeout=_SPOOL_WITHIN)
        metrics.SPOOLED.inc()
        self.resume()
        return self._spooled

    def recover(self) -> None:
        """Go on with what an earlier process of this machine left in the spool."""
        try:
            self._spool().recover()
        except SpoolBroken as error:  # nothing is lost by serving on; /readyz and `hub doctor` say it too
            log.error("spool_not_read", error=str(error))
        self.resume()

    def resume(self) -> None:
        """Move what waits in the spool to the database, on a thread of its own, for as long as anything does."""
        if not self._spool().waiting():
            return
        with self._guard:
            if self._mover is None or not self._mover.is_alive():
                self._mover = threading.Thread(target=self._move_all, name="spool", daemon=True)
                self._mover.start()

    def move(self) -> int:
        """Move one batch; return how many items left the spool, 0 as well while the database is away."""
        spool = self._spool()
        if not _answers():
            return 0
        items = spool.oldest(_BATCH)
        moved = self._move(spool, items) if items else []
        if moved or not items:
            spool.forget(moved)
        return len(moved)

    def _append(self, rows: Sequence[Row]) -> Sequence[None]:
        self._spool().append([(row["id"].bytes, bulk.dump([row]).encode()) for row in rows])
        return [None] * len(rows)

    def _move_all(self) -> None:
        stopped = threading.Event()
        while self._spool().waiting():
            try:
                with self._spool().turn() as mine:
                    moved = self.move() if mine else 0
            except (SpoolBroken, OSError) as error:
                log.error("spool_not_read", error=type(error).__name__)
                moved = 0
            if not moved:
                stopped.wait(_PAUSE)

    def _move(self, spool: Spool, items: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Write `items`; halve what fails for its own sake, until the one row that does is set aside."""
        try:
            with transaction() as session:
                self._write(session, [_load(body) for _, body in items])
        except AWAY as error:
            log.warning("spool_waits", error=type(error).__name__)
            return []
        except Exception as error:  # noqa: BLE001 - a job's edge: the poisoned row is found by halving and set aside
            if len(items) == 1:
                log.error("spool_item_parked", error=type(error).__name__)
                spool.park(items[0][0], type(error).__name__)
                return []
            middle = len(items) // 2
            return self._move(spool, items[:middle]) + self._move(spool, items[middle:])
        return [id_ for id_, _ in items]


def _answers() -> bool:
    """Tell whether the database takes work, before anything is read for it."""
    try:
        with transaction() as session:
            session.execute(text("SELECT 1"))
    except AWAY as error:
        log.warning("spool_waits", error=type(error).__name__)
        return False
    return True


def _load(body: bytes) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(body)[0]
    return {**row, "id": UUID(row["id"])}
