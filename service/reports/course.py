"""How a value of a figure goes: period by period, against the account's own beginning and this month's target.

Pages, mails and the command line tell it from here, so that all of them say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from service.figures.rates import Rate
from service.figures.results import Unit, Value
from service.figures.standing import (
    BASELINE,
    STEP,
    Moved,
    Progress,
    baseline_period,
    months_after,
    moved,
    progress,
)
from service.figures.trends import Trend, trends
from service.reports.figures import Answer, Question, answers
from service.reports.sources import Stored
from service.store.figures import Period

Name = tuple[str, str]
"""A value of a figure: its name and what it is of."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The account's first 30 days: from `since` up to but without `until`, and the figure's values of them. `days` of
    them have passed; until all have, nothing is compared with it."""

    since: date
    until: date
    days: int
    values: Mapping[Name, Value] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def whole(self) -> bool:
        """Whether all of its days have passed."""
        return self.days >= BASELINE.days


@dataclass(frozen=True, slots=True)
class Course:
    """All values of a figure over the asked days, the same period by period, and how they stand.

    `after`: whether days after the baseline are shown; `moved` and `progress` compare
    them with it; a value that cannot be compared is not in
    them. `month` counts the months of goals since the baseline, 0 while it is gathered. `least`: fewest cases.
    """

    values: tuple[Value, ...]
    periods: tuple[tuple[date, Mapping[Name, Value]], ...]
    baseline: Baseline | None
    after: bool
    moved: Mapping[Name, Moved]
    progress: Mapping[Name, Progress]
    month: int
    least: int

    def value(self, name: Name) -> Value | None:
        """One value over the asked days; `None` when the figure has none of this name."""
        return next((each for each in self.values if (each.name, each.of) == name), None)

    def trend(self, name: Name) -> Trend | None:
        """Whether a share moves over the periods, tested; `None` for what is no share.

        It speaks of more and less: whether that is good, the value's `better` says.
        """
        rates = [_rate(values.get(name)) for _, values in self.periods]
        if all(rate is None for rate in rates):
            return None
        return trends({"": [rate or Rate(0, 0) for rate in rates]}, least=self.least)[""]


def _rate(value: Value | None) -> Rate | None:
    if value is None or value.unit is not Unit.SHARE or value.hits is None:
        return None
    return Rate(value.hits, value.n)


def course(question: Question, source: Stored, *, step: float = STEP) -> Course:
    """How the one figure of `question` goes; its `period` cuts the course. `step`: what a month asks, relative."""
    (answer,) = answers(question, source)
    (whole,) = answers(replace(question, period=Period.WHOLE), source)
    values = _named(whole)
    baseline = _baseline(question, source)
    month = months_after(baseline.since, question.until) if baseline else 0
    after: dict[Name, Value] = {}
    if baseline is not None and baseline.whole and question.until > baseline.until:
        since = max(question.since, baseline.until)
        if since != question.since:
            (later,) = answers(replace(question, period=Period.WHOLE, since=since), source)
            after = _named(later)
        else:
            after = values
    then = list(baseline.values.values()) if baseline is not None else []
    found = moved(then, list(after.values()))
    steps = progress(then, list(after.values()), months=max(1, month), step=step)
    return Course(
        values=tuple(values.values()),
        periods=tuple((cell.start, _by_name(cell.values)) for cell in answer.cells),
        baseline=baseline,
        after=bool(after),
        moved={(one.now.name, one.now.of): one for one in found},
        progress={(one.now.name, one.now.of): one for one in steps},
        month=month,
        least=source.least,
    )


def _baseline(question: Question, source: Stored) -> Baseline | None:
    """The beginning of what is looked at, with the question's filters; its values once all its days have passed."""
    first = source.first_day()
    last = source.last_day()
    if first is None or last is None:
        return None
    since, until = baseline_period(first)
    known = Baseline(since, until, min((last - first).days + 1, BASELINE.days))
    if not known.whole:
        return known
    (found,) = answers(replace(question, period=Period.WHOLE, since=since, until=until), source)
    return replace(known, values=_named(found))


def _named(answer: Answer) -> dict[Name, Value]:
    return _by_name(answer.cells[0].values) if answer.cells else {}


def _by_name(values: Sequence[Value]) -> dict[Name, Value]:
    return {(value.name, value.of): value for value in values}
