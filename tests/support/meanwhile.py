"""The statements of real work: what goes to the database, and something that happens right after one of them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import Engine, event


@contextmanager
def meanwhile(words: str, what: Callable[[], object], *, times: int = 1000) -> Iterator[list[str]]:
    """`what` happens after each statement that holds `words`, at most so many times; what it sends itself is left out.

    Yields the statements after which it happened.
    """
    seen: list[str] = []
    busy = False

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal busy
        if busy or words not in statement or len(seen) >= times:
            return
        seen.append(statement)
        busy = True
        try:
            what()
        finally:
            busy = False

    event.listen(Engine, "after_cursor_execute", look)
    try:
        yield seen
    finally:
        event.remove(Engine, "after_cursor_execute", look)
    assert seen, f"no statement said {words}"


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that goes to a database."""
    sent: list[str] = []

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "after_cursor_execute", look)
    try:
        yield sent
    finally:
        event.remove(Engine, "after_cursor_execute", look)


@contextmanager
def ctrl_c_after(words: str) -> Iterator[list[str]]:
    """A real SIGINT comes once, after a statement that holds `words`.

    A shell hides Ctrl-C from what it starts in the background, and Python then ignores it from the start: it is
    listened to here as at a terminal, however the tests were started.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with meanwhile(words, partial(signal.raise_signal, signal.SIGINT), times=1) as seen:
            yield seen
    finally:
        signal.signal(signal.SIGINT, before)
