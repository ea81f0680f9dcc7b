"""Counts webhooks that were refused, for the admin to see, without the one who sent them waiting for it.

Whoever sends forged webhooks costs one statement a moment, however many they are, and learns nothing from how long an
answer takes: whether there is such an installation shows only here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from threading import Lock, Timer

import structlog
from sqlalchemy.exc import SQLAlchemyError

from service.store import installations
from service.store.database import Database
from tasks.runtime import Clock

SECONDS = 1.0
MOST = 10_000
"""Installations counted at once. Names that nobody goes by are counted as well, so their number is limited."""
log = structlog.get_logger(__name__)


class Refusals:
    """The refused webhooks of one web process. Safe to use from several threads."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database, self._now = database, now
        self._counted: Counter[str] = Counter()
        self._last: datetime | None = None
        self._lock = Lock()
        self._timer: Timer | None = None
        self._storing, self._closed = Lock(), False

    def count(self, installation_id: str) -> None:
        """One more; stored within a moment."""
        with self._lock:
            if len(self._counted) < MOST or installation_id in self._counted:
                self._counted[installation_id] += 1
            self._last = self._now()
            if self._timer is None or not self._timer.is_alive():
                self._timer = Timer(SECONDS, self.store)
                self._timer.daemon = True
                self._timer.start()

    def store(self) -> None:
        """Store what was counted. What cannot be stored is lost: it is shown only."""
        with self._lock:
            counted, at, self._counted, self._timer = self._counted, self._last, Counter(), None
        with self._storing:
            if not self._closed and at is not None:
                self._write(counted, at)

    def _write(self, counted: Mapping[str, int], at: datetime) -> None:
        try:
            with self._database.single() as connection:
                for installation_id, many in counted.items():
                    installations.count_refused(connection, installation_id, many, now=at)
        except SQLAlchemyError as error:
            log.warning("refused webhooks not counted", error=type(error).__name__)

    def close(self) -> None:
        """Store nothing more: the database is about to be closed."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
        with self._storing:
            self._closed = True
