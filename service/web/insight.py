"""What the pages about escalations, handoffs and confidence share: values by name, in words, as bars and as lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from service.charts.bars import bars
from service.charts.chart import Chart
from service.charts.data import Bar, By, Event, Series, Tone
from service.charts.trend import trend
from service.figures.catalogue import Figure
from service.figures.results import Unit, Value
from service.figures.tally import Tally
from service.figures.words import called
from service.reports.course import Course, Name
from service.reports.figures import Key
from service.store.figures import Period
from service.web import figure_page
from service.web.figure_page import Row
from service.web.view import View

NO_TONES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Told:
    """The values of one figure over the days of a page, by name."""

    figure: Figure
    values: Mapping[Name, Value]

    @classmethod
    def of(cls, figure: Figure, values: Iterable[Value]) -> Told:
        """What a figure said."""
        return cls(figure, {(value.name, value.of): value for value in values})

    def row(self, name: str, of: str = "") -> Row | None:
        """One value in words; `None` where the figure has none of this name."""
        value = self.values.get((name, of))
        return None if value is None else figure_page.row(self.figure, value)

    def rows(self, name: str) -> list[Row]:
        """All values of a name, in the figure's order."""
        return [figure_page.row(self.figure, value) for value in self.values.values() if value.name == name]

    def bars(
        self,
        title: str,
        rows: Iterable[Row | None],
        tones: Mapping[str, str] = NO_TONES,
        named: Callable[[Row], str] = lambda row: row.of or row.name,
    ) -> Chart | None:
        """Rows of one unit side by side; `None` where none of them has a number."""
        known = [row for row in rows if row is not None]
        if all(row.value.value is None for row in known):
            return None
        drawn = [
            Bar(
                _capital(named(row)), row.value.value, row.value.low, row.value.high, row.value.n,
                tones.get(row.value.of or row.value.name, Tone.PLAIN), row.value.note,
            )
            for row in known
        ]  # fmt: skip
        return bars(title, drawn, unit=known[0].value.unit)


@dataclass(frozen=True, slots=True)
class Cut:
    """Tallies by the values of a dimension; `fewer` is their first day where not all days of the page are counted."""

    tallies: Mapping[Key, Tally]
    fewer: date | None


def cut(session: Session, view: View, dimension: str) -> Cut:
    """The conversations of a view by a dimension; with another filter, of as many days as nobody waits for."""
    fewer = view.narrowed(session, dimension)
    question = view.question()
    since = fewer or question.since
    found = view.source(session).tallies(since, question.until, Period.WHOLE, dimension, question.filters)
    return Cut(found, fewer)


def whole(session: Session, view: View) -> Tally:
    """All conversations of a view together."""
    q = view.question()
    found = view.source(session).tallies(q.since, q.until, Period.WHOLE, None, q.filters)
    return next(iter(found.values()), Tally())


def events(session: Session, view: View) -> list[Event]:
    """What was deployed on these days on what is looked at."""
    names = {id_: words for id_, words in view.names().items() if view.reach is None or id_ in view.reach}
    return figure_page.happened(session, names, view.since, view.until)


def lines(
    title: str, figure: Figure, course: Course, names: Mapping[Name, str], by: str, events: Iterable[Event] = ()
) -> Chart | None:
    """Values of a figure over time, each with its words (empty: its own); `None` without two periods to draw."""
    if len(course.periods) < 2:
        return None
    found = [(name, words, course.value(name)) for name, words in names.items()]
    series = [
        Series(words or called(figure.name, value), figure_page.points(course, name, By(by)))
        for name, words, value in found
        if value is not None
    ]
    unit = next((value.unit for _, _, value in found if value is not None), Unit.SHARE)
    return trend(title, series, unit=unit, by=by, events=tuple(events)) if series else None


def _capital(words: str) -> str:
    """Its first letter large; the others as they are, for names are not ours.

    >>> _capital("late"), _capital("iPad_returns")
    ('Late', 'IPad_returns')
    """
    return words[:1].upper() + words[1:]
