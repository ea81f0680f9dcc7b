"""Which secret keys running processes hold: each tells the fingerprints of its own, never a key.

A process reads its keys when it starts. What is encrypted under a key that it was not started with it cannot read, so
whoever changes keys asks here first who would be left behind.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Sequence
from contextlib import suppress

from service.telemetry.board import Board, BoardDown, Holder

LIVING = 30.0
"""Seconds; who has not told for longer has ended, or was killed."""


class Holding:
    """What one process tells. A board that is away is passed over. Forked children tell for themselves."""

    def __init__(self, board: Board, keys: Sequence[str], what: str) -> None:
        """`keys` are fingerprints, the first key's first; `what` is the kind of process, for people."""
        self._board, self._keys, self._what = board, tuple(keys), what

    def tell(self) -> None:
        """This process lives and holds these keys."""
        with suppress(BoardDown):
            self._board.hold(self._name, self._keys)

    def end(self) -> None:
        """This process ends."""
        with suppress(BoardDown):
            self._board.lets_go(self._name)

    @property
    def _name(self) -> str:
        return f"{self._what} on {socket.gethostname()}, process {os.getpid()}"


def living(board: Board) -> list[Holder]:
    """The processes that run now, as far as they tell. Raises `BoardDown`."""
    return [each for each in board.holders() if each.age <= LIVING]


def lacking(board: Board, first: str) -> list[str]:
    """Names of running processes that could not read what is encrypted under `first`. Raises `BoardDown`."""
    return [each.name for each in living(board) if first not in each.keys]


def blind(board: Board, needed: Collection[str]) -> list[str]:
    """Names of running processes that lack one of the keys `needed` for what is stored. Raises `BoardDown`."""
    return [each.name for each in living(board) if not set(needed) <= set(each.keys)]


def apart(board: Board, keys: Sequence[str]) -> list[str]:
    """Names of running processes that cannot read what a holder of `keys` encrypts, or the other way round.

    Raises `BoardDown`.
    """
    return [each.name for each in living(board) if keys[0] not in each.keys or each.keys[0] not in keys]
