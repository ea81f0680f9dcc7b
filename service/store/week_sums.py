"""Days added up to whole weeks: a question about a quarter by forty intents then reads a fifth of the sums.

A week's sums say which sums of days they are made of. They are used only where the clean days of that week are those
very ones, so whoever changes a day need not know of weeks. See docs/adr/037-weeks-say-which-days-they-are.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.scoring.score import DEFINITIONS
from service.store.cells import Counts, added_up
from service.store.database import BINARY
from service.store.facts import COLUMNS
from service.store.figure_models import DirtyDay, Rollup, WeekSum
from service.store.models import Installation
from service.store.rollups import ALL, is_dirty
from service.store.statements import insert

WEEK = timedelta(days=7)


@dataclass(frozen=True, order=True, slots=True)
class Week:
    """A week, which starts on `monday`, of one installation."""

    monday: date
    installation_id: str
    definitions: str


@dataclass(frozen=True, slots=True)
class WeekSums:
    """A week added up: counts by dimension and value, and which sums of days they are made of."""

    week: Week
    days: str
    counts: Mapping[tuple[str, str], Counts]


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """Days of some installations, from `since` up to but without `until`."""

    since: date
    until: date
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """What is read from the sums of weeks, all of them whole, and what day by day."""

    weeks: list[Span]
    days: list[Span]


def split(session: Session, ids: Collection[str], definitions: str, since: date, until: date) -> Split:
    """How the days from `since` up to but without `until` are read with the fewest sums, in this very snapshot."""
    first, last = monday_of(since + timedelta(days=6)), monday_of(until)
    made = _made(session, ids, definitions, first, last) if first < last else {}
    if not made:
        return Split([], [Span(since, until, tuple(sorted(ids)))])
    standing = _standing(session, ids, definitions, first, last)
    found: dict[str, list[date]] = {name: [] for name in ids}
    for week in sorted(made):
        if standing.get(week) == made[week]:
            found[week.installation_id].append(week.monday)
    runs = {name: list(_in_a_row(mondays)) for name, mondays in found.items()}
    return Split(_together(runs), _together({name: _between(own, since, until) for name, own in runs.items()}))


def _in_a_row(mondays: Iterable[date]) -> Iterator[tuple[date, date]]:
    """The first day of each run of weeks, and the day after it."""
    since = until = None
    for monday in mondays:
        if since is not None and until is not None and until != monday:
            yield since, until
        since, until = (since if until == monday else monday), monday + WEEK
    if since is not None and until is not None:
        yield since, until


def _between(runs: Iterable[tuple[date, date]], since: date, until: date) -> list[tuple[date, date]]:
    edges = [since, *(edge for run in runs for edge in run), until]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]


def _together(runs: Mapping[str, Iterable[tuple[date, date]]]) -> list[Span]:
    """The same days of several installations are one span."""
    ids: dict[tuple[date, date], list[str]] = {}
    for name in sorted(runs):
        for run in runs[name]:
            ids.setdefault(run, []).append(name)
    return sorted(Span(*run, tuple(names)) for run, names in ids.items())


def waiting(session: Session, *, until: date, definitions: str = DEFINITIONS) -> list[Week]:
    """Weeks that were over on `until` and whose sums are not those of their days, the latest first. Not those with a
    day that has to be added up itself: that comes first."""
    ids = session.scalars(select(Installation.id)).all()
    made = _made(session, ids, definitions, date.min, until)
    standing = _standing(session, ids, definitions, date.min, until)
    dirty = select(DirtyDay.installation_id, DirtyDay.day).where(DirtyDay.definitions == definitions)
    soiled = {Week(monday_of(day), name, definitions) for name, day in session.execute(dirty)}
    return sorted(
        (
            week
            for week in (made.keys() | standing.keys()) - soiled
            if week.monday + WEEK <= until and standing.get(week, NO_DAYS) not in (None, made.get(week, NO_DAYS))
        ),
        reverse=True,
    )


def add_up(session: Session, week: Week) -> WeekSums | None:
    """What the clean days of a week come to; `None` where it is not known which sums these are."""
    ids, until = [week.installation_id], week.monday + WEEK
    days = _standing(session, ids, week.definitions, week.monday, until).get(week, NO_DAYS)
    if days is None:
        return None
    columns = (Rollup.dimension, Rollup.value, Rollup.cells, Rollup.large)
    rows = select(*columns).where(
        Rollup.installation_id == week.installation_id,
        Rollup.definitions == week.definitions,
        Rollup.dimension.in_((ALL, *COLUMNS)),
        Rollup.day >= week.monday,
        Rollup.day < until,
        ~is_dirty(Rollup),
    )
    parts: dict[tuple[str, str], tuple[list[bytes], list[bytes]]] = {}
    for dimension, value, small, large in session.execute(rows, execution_options={BINARY: True}):
        here = parts.setdefault((dimension, value), ([], []))
        here[0].append(small)
        here[1].append(large)
    return WeekSums(week, days, {key: added_up(*both) for key, both in parts.items()})


def keep(session: Session, sums: WeekSums) -> bool:
    """Replace the week's sums; false, with nothing written, when somebody else just did.

    They may be those of days that changed meanwhile: then nobody uses them.
    """
    week = sums.week
    key = {"installation_id": week.installation_id, "definitions": week.definitions, "week": week.monday}
    same = (getattr(WeekSum, name) == value for name, value in key.items())
    session.execute(delete(WeekSum).where(*same).execution_options(synchronize_session=False))
    rows = []
    for (dimension, value), counts in sums.counts.items():
        small, large = counts.packed()
        days = sums.days if dimension == ALL else ""
        rows.append({**key, "dimension": dimension, "value": value, "days": days, "cells": small, "large": large})
    rows.sort(key=lambda row: row["dimension"] != ALL)
    if not rows:
        return True
    # Whose sum of everything is there keeps all of theirs.
    first = insert(session, WeekSum).values(rows[0]).on_conflict_do_nothing().returning(WeekSum.week)
    if session.scalar(first) is None:
        return False
    session.execute(insert(session, WeekSum), rows[1:])
    return True


def monday_of(day: date) -> date:
    """The Monday of the week that a day lies in."""
    return day - timedelta(days=day.weekday())


def _made(session: Session, ids: Collection[str], definitions: str, since: date, until: date) -> dict[Week, str]:
    """Which days each stored week is made of."""
    rows = select(WeekSum.week, WeekSum.installation_id, WeekSum.days).where(
        WeekSum.installation_id.in_(sorted(ids)), WeekSum.definitions == definitions, WeekSum.dimension == ALL,
        WeekSum.week >= since, WeekSum.week < until,
    )  # fmt: skip
    return {Week(monday, name, definitions): days for monday, name, days in session.execute(rows)}


def _standing(
    session: Session, ids: Collection[str], definitions: str, since: date, until: date
) -> dict[Week, str | None]:
    """Which days a sum of each week would be made of now, weeks with clean days only; `None` where a day does not say
    when it was added up."""
    rows = select(Rollup.installation_id, Rollup.day, Rollup.mark).where(
        Rollup.installation_id.in_(sorted(ids)), Rollup.definitions == definitions, Rollup.dimension == ALL,
        Rollup.day >= since, Rollup.day < until, ~is_dirty(Rollup),
    )  # fmt: skip
    marks: dict[Week, list[tuple[date, str]]] = {}
    for name, day, mark in session.execute(rows):
        marks.setdefault(Week(monday_of(day), name, definitions), []).append((day, mark))
    return {week: _named(days) if all(mark for _, mark in days) else None for week, days in marks.items()}


def _named(days: Iterable[tuple[date, str]]) -> str:
    """A day's mark is never there twice, so it names the day's sums, and this the sums of several."""
    return blake2b("".join(f"{day} {mark}\n" for day, mark in sorted(days)).encode(), digest_size=16).hexdigest()


NO_DAYS = _named([])
