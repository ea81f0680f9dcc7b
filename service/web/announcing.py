"""Announces deliveries from a thread of its own, many in one message, so that no webhook waits for the broker.

A message that is lost costs time only: the row is durable and the sweep finds it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from tasks.runtime import Queue

GATHER_SECONDS = 0.025
"""How long a first delivery waits for others: a message costs the web process as much as a webhook does."""

MOST = 500
"""Deliveries in one message: a worker that dies with it has them announced again by the sweep."""


class Announcer:
    """A `tasks.runtime.Queue` in front of another one. One for each web process, made after the fork."""

    def __init__(self, queue: Queue) -> None:
        """`queue` sends; it is called from our thread for deliveries."""
        self._queue = queue
        self._waiting: SimpleQueue[int | None] = SimpleQueue()
        self._lock = Lock()
        self._thread: Thread | None = None

    def ingest(self, delivery_ids: Iterable[int]) -> None:
        """Look at deliveries: said soon, together with whatever else came in meanwhile."""
        for each in delivery_ids:
            self._waiting.put(each)
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def score(self, conversation_ids: Iterable[str]) -> None:
        """Score conversations that are due."""
        self._queue.score(conversation_ids)

    def score_history(self, conversation_ids: Iterable[str]) -> None:
        """Score backfilled conversations that are due."""
        self._queue.score_history(conversation_ids)

    def write_back(self, conversation_ids: Iterable[str]) -> None:
        """Write verdicts back that are due."""
        self._queue.write_back(conversation_ids)

    def ask(self, installation_ids: Iterable[str]) -> None:
        """Ask helpdesks what ended and what changed."""
        self._queue.ask(installation_ids)

    def close(self) -> None:
        """Send what waits and end the thread."""
        with self._lock:
            if self._thread is not None:
                self._waiting.put(None)
                self._thread.join()
                self._thread = None

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="announcer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            ids, last = self._more([first])
            self._queue.ingest(ids)
            if last:
                return

    def _more(self, ids: list[int]) -> tuple[list[int], bool]:
        """`ids` and what else comes within `GATHER_SECONDS`, up to `MOST`; whether it was the last."""
        until = time.monotonic() + GATHER_SECONDS
        while len(ids) < MOST:
            try:
                following = self._waiting.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                return ids, False
            if following is None:
                return ids, True
            ids.append(following)
        return ids, False
