"""An alert or a win as a sentence, and as a message of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from service.charts.chart import Chart
from service.charts.data import Tone
from service.figures.alarm import Sort
from service.figures.results import Unit
from service.figures.watched import BY_NAME, Watched
from service.figures.wording import number
from service.reports.periodic.report import Line, Report, Section


def says(figure: str, kind: str, day: date, seen: Mapping[str, Any]) -> str:
    """A whole sentence; it names no customer."""
    if "gap" in seen:
        before, after = seen["before"], seen["after"]
        return (
            f"The fix of gap {seen['gap']} worked: asked in {before[0]} of {before[1]:,} bot conversations before, in "
            f"{after[0]} of {after[1]:,} after"
        )
    watched = BY_NAME.get(figure)
    if watched is None:
        return f"{figure} on {_day(day)}"
    value, expected = _number(watched, seen["value"]), _number(watched, seen["expected"])
    if seen["days"] > 1:
        first = day - timedelta(days=seen["days"] - 1)
        was = "in the eight weeks before" if kind == "win" else "usually"
        return f"{watched.title}: {value} from {_day(first)} to {_day(day)}, {was} {expected}"
    return f"{watched.title}: {value} on {_day(day)}, usually {expected} on a {day:%A}"


def chance(seen: Mapping[str, Any], direction: str) -> str:
    """How likely that day was if nothing had changed."""
    if "gap" in seen:
        return f"p {seen['p']:.3f}" if seen["p"] >= 0.001 else "p below 0.001"
    p = seen["p_up"] if direction == "up" else seen["p_down"]
    return f"n {seen['n']:,}; chance of that if nothing had changed: {_percent(p)}"


def _percent(p: float) -> str:
    return f"{p:.2%}".replace("%", " %") if p >= 0.0001 else "below 0.01 %"


def _number(watched: Watched, value: float) -> str:
    unit = Unit.SHARE if watched.sort is Sort.SHARE else Unit.COUNT
    return number(value, unit) if unit is Unit.SHARE or value >= 10 else f"{value:.2g}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


@dataclass(frozen=True, slots=True)
class Told:
    """One alert as a message tells it: its number, its sentence, its numbers, whose it is, from when to when; `over`:
    that it is over is told, and not that it began."""

    id: int
    kind: str
    sentence: str
    numbers: str
    where: str
    lasted: tuple[date, date]
    over: bool


def letter(told: Told, *, false_alarms: float, charts: tuple[Chart, ...] = ()) -> Report:
    """The message about one alert: that it began, that it is over, or a win."""
    if told.over:
        title, tone = "Usual again", Tone.GOOD
    else:
        title, tone = ("Win", Tone.GOOD) if told.kind == "win" else ("Alert", Tone.WARN)
    path = f"/alerts/{told.id}"
    line = Line(f"{told.sentence}.", tone, told.numbers, path)
    about = Line(f"It lasted from {_day(told.lasted[0])} to {_day(told.lasted[1])}.") if told.over else None
    rate = (
        f"Measured against the same weekdays of the eight weeks before. About {false_alarms:g} false alarm a month is "
        "accepted for each helpdesk, over all watched figures together. Say on its page whether it was useful."
    )
    section = Section("What happened", tuple(each for each in (line, about) if each is not None), charts)
    return Report(path, f"{title}: {told.where}", told.sentence, tone, (section,), (rate,))
