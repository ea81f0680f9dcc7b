"""How far the demo is: bars on a terminal, a line at each quarter of the way anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

PARTS = 4

Tell = Callable[[int], None]
"""Is told how many are done."""


@contextmanager
def telling(console: Console) -> Iterator[Callable[[str, int], Tell]]:
    """Begin to tell of something: what it is, and how many there are in all."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:

        def bar(words: str, total: int) -> Tell:
            task = bars.add_task(words, total=total)
            return lambda done: bars.update(task, completed=done)

        yield bar if console.is_terminal else lambda words, total: _lines(console, words, total)


def _lines(console: Console, words: str, total: int) -> Tell:
    told = 0

    def tell(done: int) -> None:
        nonlocal told
        if (reached := PARTS * done // max(total, 1)) > told:
            told = reached
            console.print(f"{words}: {done} of {total}")

    return tell
