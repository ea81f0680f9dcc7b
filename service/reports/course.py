"""How a value of a figure goes: period by period, against the account's own beginning and this month's target.

Pages, mails and the command line tell it from here, so that all of them say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import TypeGuard

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
from service.reports.figures import Question, answers
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


def course(question: Question, source: Stored, *, step: float = STEP, beginning: bool = True) -> Course:
    """How the one figure of `question` goes; its `period` cuts the course. `step`: what a month asks, relative."""
    (figure,) = question.figures
    return courses(question, source, steps={figure.name: step}, beginning=beginning)[figure.name]


def courses(
    question: Question, source: Stored, *, steps: Mapping[str, float], beginning: bool = True
) -> Mapping[str, Course]:
    """How each figure of `question` goes, by its name; what the account did is read once for all of them.

    Without `beginning` nothing is compared with the account's first days. `steps`: what a month asks of a figure,
    relative, where that is not the default. `question.only` and `intents` go for the periods; over all days there are
    all values.
    """
    whole = replace(question, period=Period.WHOLE, only="", intents=True)
    found, values = answers(question, source), _values(whole, source)
    baseline = _baseline(source) if beginning else None
    then = _values(replace(whole, since=baseline.since, until=baseline.until), source) if _is_whole(baseline) else {}
    after: Mapping[str, Mapping[Name, Value]] = {}
    if _is_whole(baseline) and question.until > baseline.until:
        since = max(question.since, baseline.until)
        after = values if since == question.since else _values(replace(whole, since=since), source)
    month = months_after(baseline.since, question.until - timedelta(days=1)) if baseline else 0
    courses = {}
    for answer in found:
        name = answer.figure.name
        earlier, later = list(then.get(name, {}).values()), list(after.get(name, {}).values())
        aims = progress(earlier, later, months=max(1, month), step=steps.get(name, STEP))
        courses[name] = Course(
            values=tuple(values[name].values()),
            periods=tuple((cell.start, _by_name(cell.values)) for cell in answer.cells),
            baseline=replace(baseline, values=then.get(name, {})) if baseline is not None else None,
            after=bool(later),
            moved={(one.now.name, one.now.of): one for one in moved(earlier, later)},
            progress={(one.now.name, one.now.of): one for one in aims},
            month=month,
            least=source.least,
        )
    return courses


def _is_whole(baseline: Baseline | None) -> TypeGuard[Baseline]:
    return baseline is not None and baseline.whole


def _baseline(source: Stored) -> Baseline | None:
    """The beginning of what is looked at, still without values."""
    first, last = source.first_day(), source.last_day()
    if first is None or last is None:
        return None
    since, until = baseline_period(first)
    return Baseline(since, until, min((last - first).days + 1, BASELINE.days))


def _values(question: Question, source: Stored) -> Mapping[str, Mapping[Name, Value]]:
    """The values of each figure over all days together."""
    found = answers(question, source)
    return {each.figure.name: _by_name(each.cells[0].values) if each.cells else {} for each in found}


def _by_name(values: Sequence[Value]) -> dict[Name, Value]:
    return {(value.name, value.of): value for value in values}
