"""Figures for people and spreadsheets: a table that fits 80 columns, and CSV with one value a row."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from service.figures.rates import NOT_ENOUGH
from service.figures.results import Value
from service.figures.wording import interval, number
from service.files.export_writing import harmless
from service.language.plain import one_line
from service.reports.figures import Answer, Cell, Question
from service.reports.naming import NO_LABELS, Labels
from service.store.figures import Period

COLUMNS = (
    "definitions", "figure", "level", "start", "dimension", "dimension_value", "dimension_name",
    "value_name", "of", "value", "unit", "n",
    "hits", "low", "high", "against", "p", "q", "interval", "better", "word", "note",
)  # fmt: skip
NOTHING = "(none)"
SIDE_BY_SIDE = "class"
"""The values of this name are always shown: what the bot kept is never one rate."""


def show(
    console: Console, question: Question, found: Sequence[Answer], *, whole: bool, labels: Labels = NO_LABELS
) -> None:
    """Print every figure; `whole` with a line for each of its values. `labels` name the values of dimensions.

    Else those with too few cases share one line and, where figures are cut, only the leading values are shown.
    """
    for answer in found:
        figure = answer.figure
        console.print()
        heading = Text(figure.title, style="bold")
        heading.append(f"  {figure.name}, {figure.level}, {figure.kind}", style="not bold dim")
        console.print(heading)
        if not answer.cells:
            console.print(Padding("no conversations", (0, 2)))
        for cell in answer.cells:
            if (name := _cell_name(question, cell, labels)) is not None:
                console.print(Padding(Text(one_line(name), style="underline"), (0, 1)))
            for part in _parts(_shown(cell.values, whole=whole or name is None), cell.values, whole=whole):
                console.print(Padding(part, (0, 0, 0, 2)))


def _cell_name(question: Question, cell: Cell, labels: Labels) -> str | None:
    parts = []
    if question.period is not Period.WHOLE:
        parts.append({Period.WEEK: "week of "}.get(question.period, "") + f"{cell.start:%Y-%m-%d}")
    if question.dimension is not None:
        parts.append(f"{question.dimension} {labels.of(question.dimension, cell.of) if cell.of else NOTHING}")
    return ", ".join(parts) or None


def _shown(values: Sequence[Value], *, whole: bool) -> list[Value]:
    shown = [value for value in values if value.n or value.word]
    return shown if whole else [value for value in shown if not value.of or value.name == SIDE_BY_SIDE]


def _parts(shown: Sequence[Value], values: Sequence[Value], *, whole: bool) -> Iterator[Table | Text]:
    """A table of what has a number, and one line of what rests on too few cases."""
    few = [] if whole else [value for value in shown if value.value is None and value.note.startswith(NOT_ENOUGH)]
    told = [value for value in shown if value not in few]
    if told:
        yield _table(told)
        if few:
            yield Text(f"{NOT_ENOUGH}: " + "; ".join(map(_hits, few)), style="dim")
    elif few:
        most = max(few, key=lambda value: value.n)
        yield Text(most.note + ("" if most.hits is None else f" ({_hits(most)})"), style="dim")
    else:
        yield Text(next((value.note for value in values if value.note), "no data"), style="dim")


def _hits(value: Value) -> str:
    """A value on too few cases, as "quality, confirmed 2 of 11"."""
    name = ", ".join(filter(None, (value.name.replace("_", " "), value.of)))
    return f"{name} n {value.n}" if value.hits is None else f"{name} {value.hits} of {value.n}"


def _table(shown: Sequence[Value]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, expand=False)
    table.add_column(max_width=30, overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(no_wrap=True, style="dim")
    for value in shown:
        name = value.name.replace("_", " ") + (f": {value.of}" if value.of else "")
        if value.value is None:
            table.add_row(Text(one_line(name)), "", Text(value.note), "")
        else:
            note = " ".join(filter(None, (value.word, interval(value))))
            table.add_row(Text(one_line(name)), number(value.value, value.unit), Text(note), f"n {value.n}")
    return table


def write_csv(file: TextIO, question: Question, found: Sequence[Answer], labels: Labels = NO_LABELS) -> None:
    """One row a value; an empty cell is "not known". `dimension_name` is empty where the value has none but itself."""
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(_rows(question, found, labels))


def _rows(question: Question, found: Sequence[Answer], labels: Labels) -> Iterator[list[object]]:
    for answer in found:
        for cell in answer.cells:
            named = labels.name(question.dimension or "", cell.of) or ""
            for v in cell.values:
                texts = [question.definitions, answer.figure.name, answer.figure.level.value, cell.start.isoformat(),
                         question.dimension or "", cell.of or "", named, v.name, v.of]  # fmt: skip
                numbers = [v.value, v.unit.value, v.n, v.hits, v.low, v.high, v.against, v.p, v.q]
                words = [v.interval, v.better.value, v.word, v.note]
                cells = [*map(harmless, texts), *numbers, *map(harmless, words)]
                yield ["" if item is None else item for item in cells]
