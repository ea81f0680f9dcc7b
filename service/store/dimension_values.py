"""Which values the dimensions have: what filters offer. From the rollups, so that a million facts need not be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.store.facts import COLUMNS
from service.store.figure_models import DirtyDay, FactRow, Rollup

MOST = 200
"""Values of one dimension that are offered."""


@dataclass(frozen=True, slots=True)
class Values:
    """A dimension's values in the order of the alphabet, `None` (facts without one) last; `more` are not among them."""

    values: tuple[str | None, ...]
    more: int = 0


def values(
    session: Session, installation_ids: Collection[str], definitions: str, *, since: date, until: date, most: int = MOST
) -> Mapping[str, Values]:
    """The values that each dimension of facts takes on the days from `since` up to but without `until`.

    Of more than `most` those of the most days are taken. A day that was never added up is read from its facts; a value
    that is new on a day which was is offered when the day is added up again, seconds later.
    """
    ids = sorted(installation_ids)
    days: dict[str, dict[str, int]] = {name: {} for name in COLUMNS}
    rolled = select(Rollup.dimension, Rollup.value, func.count())
    rolled = rolled.where(Rollup.installation_id.in_(ids), Rollup.definitions == definitions)
    rolled = rolled.where(Rollup.dimension.in_(COLUMNS), Rollup.day >= since, Rollup.day < until)
    for dimension, value, count in session.execute(rolled.group_by(Rollup.dimension, Rollup.value)):
        days[dimension][value] = count
    never = select(DirtyDay.installation_id, DirtyDay.day)
    never = never.where(DirtyDay.installation_id.in_(ids), DirtyDay.definitions == definitions)
    never = never.where(DirtyDay.day >= since, DirtyDay.day < until, ~_added_up())
    for row in _fresh(session, [(row[0], row[1]) for row in session.execute(never)], definitions):
        for dimension, value in zip(COLUMNS, row, strict=True):
            days[dimension].setdefault(value or "", 1)
    return {name: _offered(found, most) for name, found in days.items()}


def _added_up() -> ColumnElement[bool]:
    same = (Rollup.installation_id == DirtyDay.installation_id, Rollup.definitions == DirtyDay.definitions)
    return exists().where(*same, Rollup.day == DirtyDay.day)


def _fresh(session: Session, never: Sequence[tuple[str, date]], definitions: str) -> Iterator[Row[Any]]:
    """What the facts of these days have as values, installation by installation."""
    columns: list[InstrumentedAttribute[Any]] = [getattr(FactRow, name) for name in COLUMNS]
    by_installation: dict[str, list[date]] = {}
    for installation_id, day in never:
        by_installation.setdefault(installation_id, []).append(day)
    for installation_id, days in by_installation.items():
        facts = select(*columns).distinct().where(FactRow.installation_id == installation_id)
        yield from session.execute(facts.where(FactRow.definitions == definitions, FactRow.day.in_(days)))


def _offered(days: Mapping[str, int], most: int) -> Values:
    often = sorted(days, key=lambda value: (-days[value], value))[:most]
    named = sorted((value for value in often if value), key=str.casefold)
    return Values((*named, *([None] if "" in often else [])), len(days) - len(often))
