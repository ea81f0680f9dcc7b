"""Figures as somebody asked for them: which ones, over which days, by what; from whatever gives the tallies.

The command line, the API and the pages ask through here, so that all of them say the same.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol

from service.figures.beside import Beside, Gaps
from service.figures.catalogue import ALL_FIGURES, Figure
from service.figures.rates import LEAST
from service.figures.results import Value
from service.figures.tally import Tally
from service.figures.tested import together
from service.reports.naming import NO_LABELS, Labels
from service.scoring.score import DEFINITIONS
from service.store.figures import Period

Key = tuple[date, str | None]
Filters = Mapping[str, str | None]
Only = str | tuple[str, ...]
"""Names of the values that are needed; empty: all are."""

DAYS = 90
"""How many days are shown when nobody says since when."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. Days from `since` up to but without `until`, UTC; `figures` in the order of the catalogue.

    `only` is the name of the one value that is needed (or are), for all figures or by figure, empty: all are; others
    that take long may be left out. Without `intents` so may values of single intents.
    With a `dimension` there is an answer for each of its values, with `filters` only what has these values counts.
    """

    since: date
    until: date
    figures: tuple[Figure, ...] = ALL_FIGURES
    period: Period = Period.WHOLE
    dimension: str | None = None
    filters: Filters = field(default_factory=lambda: MappingProxyType({}))
    definitions: str = DEFINITIONS
    only: Only | Mapping[str, Only] = ""
    intents: bool = True

    def only_of(self, figure: Figure) -> Only:
        """The values that are needed of a figure; empty: all are."""
        return self.only if isinstance(self.only, str | tuple) else self.only.get(figure.name, "")


TRENDS = frozenset({"response_accuracy"})
"""Figures that read the months."""

BESIDE = frozenset(
    {"knowledge_gaps", "feedback_loop", "novel_intents", "training_data", "business", "review_agreement"}
)
"""Figures that read something else beside the tally. For the others none of it is fetched."""


class Source(Protocol):
    """Where tallies come from; bound to one version of the definitions and to installations."""

    @property
    def least(self) -> int:
        """Fewest cases for which a number is shown."""
        ...

    def tallies(
        self, since: date, until: date, period: Period, dimension: str | None, filters: Filters
    ) -> Mapping[Key, Tally]:
        """The tally of each period and value, from `since` up to but without `until`."""
        ...

    def beside(self, since: date, until: date, *, asked: Collection[str] = BESIDE) -> Beside:
        """What the figures `asked` for need of these days beside tallies, as far as the source knows it; `months` and a
        gap's days are added here.
        """
        ...


KEPT = 512
"""Results that are kept: a dozen figures of some forty periods."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one period and one value of the dimension."""

    start: date
    of: str | None
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One figure with its cells, by period and value."""

    figure: Figure
    cells: tuple[Cell, ...]


def answers(question: Question, source: Source) -> tuple[Answer, ...]:
    """Every figure asked for, computed; periods and values that nothing was counted for are left out."""
    q = question
    found = source.tallies(q.since, q.until, q.period, q.dimension, q.filters)
    if not found and q.dimension is None and q.period is Period.WHOLE:
        found = {(q.since, None): Tally()}
    asked = {one.name for one in q.figures}
    known = source.beside(q.since, q.until, asked=asked) if asked & BESIDE else Beside(least=source.least)
    months = _months(question, source) if q.period is Period.WHOLE and _trends_needed(q) else {}
    besides = {key: _beside(known, months.get(key[1], {}), question, key) for key in found}
    return tuple(Answer(one, _cells(one, found, besides, q.only_of(one))) for one in q.figures)


def _trends_needed(question: Question) -> bool:
    trending = (one for one in question.figures if one.name in TRENDS)
    return any(Beside(only=question.only_of(one)).needs("trend") for one in trending)


def _cells(figure: Figure, found: Mapping[Key, Tally], besides: Mapping[Key, Beside], only: Only) -> tuple[Cell, ...]:
    """A figure's cells. What is tested in them is judged together, over all values of a period."""
    cells = {key: _computed(figure, tally, replace(besides[key], only=only)) for key, tally in found.items()}
    for start in {start for start, _ in cells}:
        keys = [key for key in cells if key[0] == start]
        cells.update(zip(keys, together([cells[key] for key in keys]), strict=True))
    return tuple(Cell(*key, values) for key, values in cells.items())


def _computed(figure: Figure, tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """The figure of a tally. Of what is past it is asked again with every visit: where nothing else is read, what came
    out of the same counts is kept."""
    reads_more = figure.name in BESIDE or (figure.name in TRENDS and beside.months)
    if tally.mark is None or reads_more:
        return figure.compute(tally, beside)
    kept = _kept(figure.name, tally.mark, beside.least, beside.only, beside.intents)
    if not kept:
        kept.append(figure.compute(tally, beside))
    return kept[0]


@lru_cache(maxsize=KEPT)
def _kept(*of: Hashable) -> list[tuple[Value, ...]]:  # noqa: ARG001
    """A place for what comes out of this; empty until then."""
    return []


def _months(question: Question, source: Source) -> dict[str | None, dict[str, Tally]]:
    """Tallies of calendar months in a row, for each value of the dimension: trends are read from them."""
    q = question
    names = _month_names(q.since, q.until)
    found = source.tallies(q.since, q.until, Period.MONTH, q.dimension, q.filters)
    by_value: dict[str | None, dict[str, Tally]] = {}
    for (start, value), counted in found.items():
        months = by_value.setdefault(value, {name: Tally() for name in names})
        months[f"{start:%Y-%m}"] = counted
    return by_value


def _month_names(since: date, until: date) -> list[str]:
    names, day = [], since.replace(day=1)
    while day < until:
        names.append(f"{day:%Y-%m}")
        day = (day + timedelta(days=31)).replace(day=1)
    return names


def _beside(known: Beside, months: Mapping[str, Tally], question: Question, key: Key) -> Beside:
    """Gaps are of installations as a whole: a part of their conversations has none of its own."""
    gaps = known.gaps
    if gaps is not None and question.dimension is None and not question.filters:
        start, end = max(key[0], question.since), min(_end(key[0], question), question.until)
        gaps = Gaps(gaps.lives, _midnight(start), _midnight(end))
    else:
        gaps = None
    return replace(known, months=months, gaps=gaps, intents=question.intents)


def _end(start: date, question: Question) -> date:
    match question.period:
        case Period.DAY:
            return start + timedelta(days=1)
        case Period.WEEK:
            return start + timedelta(days=7)
        case Period.MONTH:
            return (start + timedelta(days=31)).replace(day=1)
    return question.until


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def described(figure: Figure) -> dict[str, Any]:
    """What a figure is, as JSON."""
    return {
        "name": figure.name, "title": figure.title, "definition": figure.definition, "level": figure.level.value,
        "maturity": figure.maturity.value, "kind": figure.kind.value,
    }  # fmt: skip


def to_json(
    question: Question, found: Iterable[Answer], *, least: int = LEAST, labels: Labels = NO_LABELS
) -> dict[str, Any]:
    """The answers with what was asked; a cell's `name` is what `labels` call its value.

    `until` is the last day, as people name it; `least` the source's.
    """
    return {
        "definitions": question.definitions,
        "since": question.since.isoformat(),
        "until": (question.until - timedelta(days=1)).isoformat(),
        "by": None if question.period is Period.WHOLE else question.period.value,
        "dimension": question.dimension,
        "filters": dict(question.filters),
        "least": least,
        "figures": [
            {
                **described(answer.figure),
                "cells": [
                    {
                        "start": cell.start.isoformat(),
                        "of": cell.of,
                        "name": labels.name(question.dimension or "", cell.of),
                        "values": [value.to_json() for value in cell.values],
                    }
                    for cell in answer.cells
                ],
            }
            for answer in found
        ],
    }
