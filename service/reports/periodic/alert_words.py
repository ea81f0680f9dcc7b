"""An alert or a win as a sentence, and as a message of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from service.charts.chart import Chart
from service.charts.data import Tone
from service.figures.alarm import Sort
from service.figures.episode import USUAL_DAYS
from service.figures.results import Unit
from service.figures.watched import BY_NAME, Watched
from service.figures.wording import between, number
from service.reports.periodic.report import Line, Report, Section


def says(figure: str, kind: str, day: date, seen: Mapping[str, Any]) -> str:
    """A whole sentence; it names no customer."""
    if "gap" in seen:
        before, after = seen["before"], seen["after"]
        return (
            f"The fix of gap {seen['gap']} worked: asked in {before[0]} of {before[1]:,} bot conversations before, in "
            f"{after[0]} of {after[1]:,} after"
        )
    if "target" in seen:
        unit, month, by = Unit(seen["unit"]), date.fromisoformat(seen["month"]), date.fromisoformat(seen["by"])
        return (
            f"Target of {month:%B} reached by {_day(by)}: {seen['called']}, {number(seen['value'], unit)}; the target "
            f"is {number(seen['goal'], unit)}"
        )
    watched = BY_NAME.get(figure)
    if watched is None:
        return f"{figure} on {_day(day)}"
    value, expected = _number(watched, seen["value"]), _number(watched, seen["expected"])
    if seen["days"] > 1:
        first = day - timedelta(days=seen["days"] - 1)
        was = f"in the {weeks(seen)} before" if kind == "win" else "usually"
        return f"{watched.title}: {value} from {_day(first)} to {_day(day)}, {was} {expected}"
    return f"{watched.title}: {value} on {_day(day)}, usually {expected} on a {day:%A}"


def weeks(seen: Mapping[str, Any]) -> str:
    """How many weeks a day was compared with, as far as it was kept.

    >>> weeks({"weeks": 6}), weeks({})
    ('6 weeks', 'weeks')
    """
    return f"{seen['weeks']} weeks" if seen.get("weeks") else "weeks"


def chance(seen: Mapping[str, Any], direction: str) -> str:
    """How likely that day was if nothing had changed."""
    if "gap" in seen:
        return f"p {seen['p']:.3f}" if seen["p"] >= 0.001 else "p below 0.001"
    if "target" in seen:
        return f"n {seen['n']:,}, 95 % interval {between(seen['low'], seen['high'], Unit(seen['unit']))}"
    p = seen["p_up"] if direction == "up" else seen["p_down"]
    return f"n {seen['n']:,}; chance of that if nothing had changed: {_percent(p)}"


def _percent(p: float) -> str:
    return f"{p:.2%}".replace("%", " %") if p >= 0.0001 else "below 0.01 %"


def _number(watched: Watched, value: float) -> str:
    unit = Unit.SHARE if watched.sort is Sort.SHARE else Unit.COUNT
    return number(value, unit) if unit is Unit.SHARE or value >= 10 else f"{value:.2g}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


ENDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "recovered": ("Usual again", Tone.GOOD),
        "unconfirmed": ("Not confirmed", Tone.PLAIN),
        "new_normal": ("The new normal", Tone.PLAIN),
    }
)
"""How the end of an alarm is headed."""


@dataclass(frozen=True, slots=True)
class Episode:
    """How an alarm stands: its state, whether somebody answered, its first day, the latest that confirmed it, the
    latest that was judged, days since that speak for its being over, and cases since (`None`: a number has none)."""

    state: str
    handled: bool
    first_day: date
    last_day: date
    judged_until: date
    usual_days: int
    n: int | None


def stands(episode: Episode) -> str:
    """Where an alarm stands, in a sentence, also that there are too few conversations to tell. Empty on its first day,
    when there is nothing to say yet."""
    last, n = _day(episode.last_day), episode.n
    match episode.state:
        case "recovered":
            return f"Usual again since {_day(episode.last_day + timedelta(days=1))}."
        case "unconfirmed":
            few = "" if n is None else f": {n:,} conversations since were too few to tell"
            return f"Ended because nothing confirmed it for two weeks after {last}{few}."
        case "new_normal":
            return "It lasted four weeks: what is usual is now measured from its first day."
    someone = " Somebody is on it." if episode.handled else ""
    if episode.last_day == episode.judged_until:
        return f"{'It goes on.' if episode.first_day < episode.last_day else ''}{someone}".strip()
    if n is None and not episode.usual_days:
        return f"Last confirmed on {last}; what came since does not tell whether it goes on.{someone}"
    if n is None or 0 < episode.usual_days < USUAL_DAYS:
        days = f"{episode.usual_days} {'day' if episode.usual_days == 1 else 'days'}"
        return f"Last confirmed on {last}; it looks usual for {days}, which is not enough to be sure.{someone}"
    leaning = ", and they look usual" if episode.usual_days else ""
    return f"Too few conversations to tell whether it goes on: {n:,} since {last}{leaning}.{someone}"


@dataclass(frozen=True, slots=True)
class Told:
    """One alert as a message tells it: its number, its sentence, its numbers, whose it is, how it stands; `end`: the
    state it ended in where that is told, and not that it began; `measured`: as `measured` says."""

    id: int
    kind: str
    sentence: str
    numbers: str
    where: str
    stands: str
    end: str = ""
    measured: str = ""


def letter(told: Told, *, false_alarms: float, charts: tuple[Chart, ...] = ()) -> Report:
    """The message about one alert: that it began, that it is over, or a win."""
    began = ("Win", Tone.GOOD) if told.kind == "win" else ("Alert", Tone.WARN)
    title, tone = ENDS.get(told.end, began)
    path = f"/alerts/{told.id}"
    lines = [Line(f"{told.sentence}.", tone, told.numbers, path)]
    if told.end:
        lines.append(Line(told.stands))
    section = Section("What happened", tuple(lines), charts)
    headline = told.sentence if not told.end else f"{told.sentence}. {told.stands}"
    return Report(path, f"{title}: {told.where}", headline, tone, (section,), _basis(told, false_alarms))


def _basis(told: Told, false_alarms: float) -> tuple[str, ...]:
    if told.measured == "target":
        told_once = (
            "Of all conversations of the month whose verdicts stand. It is looked at every day, so the interval is "
            "widened until a value that only equals its target is announced with a chance of 2.5 %. Whether it holds "
            "until the month's end stands in the monthly report."
        )
        return (told_once,)
    if told.measured == "gap":
        return ("The questions dropped by more than chance explains, of as many weeks before the fix and after.",)
    rate = (
        "Measured against the same weekdays of the weeks before, eight at most. "
        f"About {false_alarms:g} false alarm a month is accepted for each helpdesk, over all watched figures together. "
        "Say on its page whether it was useful."
    )
    return (rate,)


def lost(seen: Mapping[str, Any]) -> str:
    """That a target which was announced is not reached any more, in a sentence; empty where it is, or of others."""
    now = seen.get("now")
    if now is None or now["reached"]:
        return ""
    day, unit = date.fromisoformat(now["day"]), Unit(seen["unit"])
    return f"Lost again: {number(now['value'], unit)} by {_day(day)}, n {now['n']:,}."


def measured(seen: Mapping[str, Any]) -> str:
    """What it is: a target, a fix of a gap, or (empty) a figure that left its range."""
    return next((word for word in ("target", "gap") if word in seen), "")
