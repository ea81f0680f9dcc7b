"""What the page of one figure shows: its values as a table, its course as a chart, what cuts it, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from service.charts.bars import bars
from service.charts.chart import Chart
from service.charts.data import Bar, By, Event, Point, Series, Tone
from service.charts.stacked import stacked
from service.charts.trend import trend
from service.figures.bases import cases
from service.figures.catalogue import Figure
from service.figures.results import Unit, Value
from service.figures.wording import interval, number
from service.figures.words import called, label, part
from service.reports.course import Course, Name
from service.reports.figures import Answer
from service.store import improvements
from service.store.gap_models import ImprovementKind

MOST = 25
"""Values of one name that are shown at once."""

BARS = 20
"""Values of a dimension that are drawn; the table beneath has all of them."""

KINDS: Mapping[str, str] = {
    ImprovementKind.ARTICLE_PUBLISHED: "article published",
    ImprovementKind.ARTICLE_UPDATED: "article updated",
    ImprovementKind.BOT_RELEASED: "bot released",
    ImprovementKind.OTHER: "improvement",
}
TONES = {
    "confirmed": Tone.GOOD, "likely": Tone.GOOD, "unclear": Tone.NEUTRAL, "escalated": Tone.INFO,
    "unresolved": Tone.BAD, "abandoned": Tone.BAD, "returned": Tone.BAD,
}  # fmt: skip
BESIDE = "class"
"""The values of containment that are always drawn side by side."""


@dataclass(frozen=True, slots=True)
class Row:
    """One value in words. `of` is empty for all; `cases`: its n, with what it counts where that is only a part;
    `listed`: whether conversations stand behind it; `word` and `tone`: what its change against the beginning means."""

    value: Value
    name: str
    of: str
    shown: str
    interval: str
    cases: str
    listed: bool
    word: str = ""
    tone: str = Tone.NEUTRAL


@dataclass(frozen=True, slots=True)
class Group:
    """The values of one name; `more` of them are not shown."""

    title: str
    rows: tuple[Row, ...]
    more: int


def groups(figure: Figure, course: Course) -> list[Group]:
    """All values of a figure, by name in the figure's order."""
    by_name: dict[str, list[Value]] = {}
    for value in course.values:
        by_name.setdefault(value.name, []).append(value)
    return [
        Group(label(figure.name, name), tuple(row(figure, value, course) for value in values[:MOST]),
              max(0, len(values) - MOST))
        for name, values in by_name.items()
    ]  # fmt: skip


def row(figure: Figure, value: Value, course: Course | None = None) -> Row:
    """One value in words."""
    change = course.moved.get((value.name, value.of)) if course is not None else None
    word = change.word if change is not None else ""
    return Row(
        value=value,
        name=label(figure.name, value.name),
        of=part(value.name, value.of),
        shown=shown(value),
        interval=interval(value),
        cases=cases(figure.name, value),
        listed=value.n > 0,
        word=word,
        tone={"better": Tone.GOOD, "worse": Tone.BAD}.get(word, Tone.NEUTRAL),
    )


def shown(value: Value) -> str:
    """The number with its unit, or what is missing for one."""
    if value.value is None:
        return value.note or "no number"
    words = number(value.value, value.unit)
    match value.unit:
        case Unit.DAYS:
            return f"{words} days"
        case Unit.MONEY:
            return f"{words} {value.note}".strip()
        case Unit.PER_WEEK:
            return f"{words} a week"
    return words


def drawn(figure: Figure, name: Name, course: Course, by: str, events: Sequence[Event]) -> Chart | None:
    """The chosen value over time with the account's baseline and target; `None` without a period to draw."""
    chosen = course.value(name)
    if chosen is None or not course.periods:
        return None
    title = called(figure.name, chosen)
    then = course.baseline.values.get(name) if course.baseline is not None else None
    aim = course.progress.get(name)
    return trend(
        title, [Series(title, points(course, name, By(by)))], unit=chosen.unit, by=by,
        baseline=then.value if then is not None else None, target=aim.goal if aim is not None else None, events=events,
    )  # fmt: skip


def points(course: Course, name: Name, by: By) -> tuple[Point, ...]:
    """One value period by period; nothing where there is no period."""
    return tuple(_point(start, values.get(name)) for start, values in _filled(course.periods, by))


def beside(figure: Figure, course: Course, by: str) -> Chart | None:
    """For containment what became of all the bot's conversations, part upon part; never one rate alone."""
    parts = [value.of for value in course.values if value.name == BESIDE]
    if not parts or not course.periods:
        return None
    filled = _filled(course.periods, By(by))
    series = []
    for of in parts:
        line = tuple(_point(start, values.get((BESIDE, of))) for start, values in filled)
        series.append(Series(part(BESIDE, of).capitalize(), line, TONES.get(of, Tone.NEUTRAL)))
    return stacked(label(figure.name, BESIDE), series, unit=Unit.SHARE, by=by)


def _filled(periods: Sequence[tuple[date, Mapping[Name, Value]]], by: By) -> list[tuple[date, Mapping[Name, Value]]]:
    """Periods in a row: one in which nothing was counted is a gap, not left out."""
    known = dict(periods)
    if not known:
        return []
    day, last = min(known), max(known)
    found = []
    while day <= last:
        found.append((day, known.get(day, {})))
        day = by.following(day)
    return found


def _point(start: date, value: Value | None) -> Point:
    if value is None:
        return Point(start, None)
    return Point(start, value.value, value.low, value.high, value.n)


def cut(name: Name, answer: Answer, title: str, called: Callable[[str], str]) -> Chart | None:
    """The chosen value of each value of a dimension, those of the most cases first; `None` where it has none.

    `called` gives the words for a value.
    """
    found = [(cell.of, value) for cell in answer.cells for value in cell.values if (value.name, value.of) == name]
    if not found:
        return None
    rows = [
        Bar(called(of) if of else "(none)", value.value, value.low, value.high, value.n, note=value.note)
        for of, value in sorted(found, key=lambda item: -item[1].n)
    ]
    return bars(title, rows, unit=found[0][1].unit, most=BARS)


def happened(session: Session, installations: Mapping[str, str], since: date, until: date) -> list[Event]:
    """What was deployed on these days on the installations that are looked at (by id, with their names).

    The same on several of them on one day is one event, which says where unless it was on all.
    """
    start, end = (datetime.combine(day, time(), UTC) for day in (since, until))
    where: dict[tuple[date, str], list[str]] = {}
    for row in improvements.between(session, installations, start, end):
        what = KINDS.get(row.kind, row.kind.replace("_", " "))
        told = f"{what}: {(row.title or row.reference)[:70]}"
        where.setdefault((row.at.astimezone(UTC).date(), told), []).append(installations[row.installation_id])
    return [
        Event(day, told if len(set(names)) == len(installations) else f"{told} ({', '.join(sorted(set(names)))})")
        for (day, told), names in where.items()
    ]
