"""What a worker or beat process tells of itself on the board: that it lives, which keys it holds, and what it counted.

A worker's sign of life is sent from the loop that takes messages, so that one which hangs is missed. Nothing here is
needed for the work: a board that is away is passed over.
"""

from __future__ import annotations

import atexit
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from service.telemetry.board import Board, BoardDown
from service.telemetry.holding import Holding
from service.telemetry.metrics import REGISTRY
from service.telemetry.sharing import Sharing

EVERY_SECONDS = 5.0
BEAT = "beat"


class Telling:
    """The signs of life and the counters of one process and its forked children."""

    def __init__(self, broker: str, keys: Callable[[], Sequence[str]]) -> None:
        """`broker` is the broker's address, `keys` gives the fingerprints of the secret keys, once it starts."""
        self._keys = keys
        self._holding: Holding | None = None
        self._board = Board(broker)
        self._sharing = Sharing(self._board, REGISTRY)
        self._names: tuple[str, ...] = ()
        self._told_at = float("-inf")

    def takes(self, queues: Iterable[str], host: str) -> None:
        """This worker takes messages from `queues`."""
        self._names = tuple(f"{queue}/{host}" for queue in sorted(queues))
        self._holding = Holding(self._board, self._keys(), f"worker {host}")

    def beats(self) -> None:
        """This process is the beat; told whenever it has sent something."""
        self._names = (f"{BEAT}/{socket.gethostname()}",)
        self._holding = Holding(self._board, self._keys(), BEAT)
        # Beat tells nobody that it ends, but by this.
        atexit.register(self._holding.end)

    def alive(self) -> None:
        """Say so, at most every few seconds."""
        now = time.monotonic()
        if now - self._told_at < EVERY_SECONDS:
            return
        self._told_at = now
        with suppress(BoardDown):
            for name in self._names:
                self._board.here(name)
        if self._holding is not None:
            self._holding.tell()

    def counts(self) -> None:
        """This process runs tasks: from now on it adds what it counts to the board."""
        self._sharing.start()

    def ends(self) -> None:
        """The worker ends as it should; nobody need miss it."""
        self._sharing.flush()
        with suppress(BoardDown):
            for name in self._names:
                self._board.gone(name)
        if self._holding is not None:
            self._holding.end()

    def child_ends(self) -> None:
        """A forked child of the worker ends."""
        self._sharing.flush()
