"""Days added up: what the facts of one day come to, by every dimension. Derived, and only ever as a whole.

First the day is read (`add_up`), then what came out is kept (`keep`), unless the day was marked again in between: the
mark that was read is gone then, nothing is written, and the day stays dirty. See docs/adr/012-days-are-recounted.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.store.cells import Counts, added_up
from service.store.facts import COLUMNS, Day
from service.store.figure_models import DirtyDay, FactRow, Rollup
from service.store.statements import insert

ALL = ""
"""The dimension under which all facts of a day are added up."""


@dataclass(frozen=True, slots=True)
class Sums:
    """A day added up: counts by dimension and value, and the mark that the day had when it was read."""

    day: Day
    mark: str
    counts: Mapping[tuple[str, str], Counts]


def dirty(session: Session, *, limit: int | None = None) -> list[Day]:
    """Days that have to be added up, those that wait longest first."""
    waiting = select(DirtyDay).order_by(DirtyDay.marked_at, DirtyDay.day, DirtyDay.installation_id).limit(limit)
    return [Day(row.installation_id, row.definitions, row.day) for row in session.scalars(waiting)]


def add_up(session: Session, day: Day) -> Sums | None:
    """What the day's facts come to; `None` when it is not dirty. The mark is read before the facts."""
    mark = session.scalar(select(DirtyDay.mark).where(*_of(DirtyDay, day)))
    if mark is None:
        return None
    columns: list[InstrumentedAttribute[Any]] = [getattr(FactRow, column) for column in COLUMNS]
    rows = session.execute(select(FactRow.cells, FactRow.large, *columns).where(*_of(FactRow, day))).all()
    return Sums(day, mark, dict(_by_dimension(rows)))


def _by_dimension(rows: Sequence[Any]) -> Iterator[tuple[tuple[str, str], Counts]]:
    if not rows:
        return
    yield (ALL, ""), added_up((row[0] for row in rows), (row[1] for row in rows))
    for place, column in enumerate(COLUMNS, 2):
        groups: dict[str, list[Any]] = {}
        for row in rows:
            groups.setdefault(row[place] or "", []).append(row)
        for value, group in groups.items():
            yield (column, value), added_up((row[0] for row in group), (row[1] for row in group))


def keep(session: Session, sums: Sums) -> bool:
    """Replace the day's rollups; false, with nothing written, when its facts changed or it was added up already."""
    unchanged = delete(DirtyDay).where(*_of(DirtyDay, sums.day), DirtyDay.mark == sums.mark)
    result: Any = session.execute(unchanged.execution_options(synchronize_session=False))
    if result.rowcount != 1:
        return False
    session.execute(delete(Rollup).where(*_of(Rollup, sums.day)).execution_options(synchronize_session=False))
    key = {"installation_id": sums.day.installation_id, "definitions": sums.day.definitions, "day": sums.day.day}
    rows = []
    for (dimension, value), counts in sums.counts.items():
        cells, large = counts.packed()
        mark = sums.mark if dimension == ALL else ""
        rows.append({**key, "dimension": dimension, "value": value, "mark": mark, "cells": cells, "large": large})
    if rows:
        session.execute(insert(session, Rollup), rows)
    return True


def is_dirty(table: type[FactRow | Rollup]) -> ColumnElement[bool]:
    """That the day of a row has to be added up."""
    same = and_(
        DirtyDay.installation_id == table.installation_id,
        DirtyDay.definitions == table.definitions,
        DirtyDay.day == table.day,
    )
    return exists().where(same)


def _of(table: type[DirtyDay | FactRow | Rollup], day: Day) -> tuple[Any, ...]:
    return (
        table.installation_id == day.installation_id,
        table.definitions == day.definitions,
        table.day == day.day,
    )
