"""Intent catalogs on a terminal: a file whose bad lines are told, and fitting with the way shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from rich.progress import Progress

from service.files.intents import BadExample, NoIntentFile, examples
from service.language.embedding import Embedder
from service.language.intents import Example, IntentCatalog

AT_ONCE = 256


def told_examples(file: Path) -> tuple[list[Example], int]:
    """The examples in `file`, and how many lines hold none; each of these is told on standard error.

    Raises `click.UsageError` when there is no example at all.
    """
    try:
        rows = list(examples(file.read_bytes()))
    except NoIntentFile as error:
        raise click.UsageError(f"{file}: {error}") from error
    good = [row for row in rows if isinstance(row, Example)]
    for row in rows:
        if isinstance(row, BadExample):
            click.echo(f"{file}: line {row.number}: {row}", err=True)
    if not good:
        raise click.UsageError(f"{file}: no line is a valid example")
    return good, len(rows) - len(good)


def fit_shown(known: Sequence[Example], embedder: Embedder, progress: Progress) -> IntentCatalog:
    """The catalog of `known`: 200 examples a second and some more for the fit, so the way is shown."""
    reading = progress.add_task("intents", total=len(known))
    rows = []
    for start in range(0, len(known), AT_ONCE):
        part = known[start : start + AT_ONCE]
        rows.append(embedder.vectors([example.text for example in part]))
        progress.advance(reading, len(part))
    fitting = progress.add_task("fitting", total=None)
    catalog = IntentCatalog.fit(known, np.vstack(rows))
    progress.update(fitting, total=1, completed=1)
    return catalog
