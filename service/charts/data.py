"""What a chart is made of: points with their interval and n, bars, bins, events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Tone(StrEnum):
    """How something is coloured. The colour never says more than the words beside it."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    INFO = "info"
    NEUTRAL = "neutral"
    PLAIN = ""


class By(StrEnum):
    """What a point of time stands for: the day itself, or the week or month that begins on it."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def named(self, day: date) -> str:
        """The period in words.

        >>> By.WEEK.named(date(2026, 3, 2)), By.MONTH.named(date(2026, 3, 1))
        ('week of 2 Mar 2026', 'Mar 2026')
        """
        if self is By.MONTH:
            return f"{day:%b %Y}"
        return f"{'week of ' if self is By.WEEK else ''}{day.day} {day:%b %Y}"

    def following(self, day: date) -> date:
        """The first day of the next period."""
        if self is By.MONTH:
            return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
        return day + timedelta(days=7 if self is By.WEEK else 1)


@dataclass(frozen=True, slots=True)
class Point:
    """A number of the period that begins on `day`, with its 95 % interval and n. `value` is `None` where there is none:
    a gap in the line, never a 0."""

    day: date
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """A line, or one part of stacked columns. Points in the order of days."""

    name: str
    points: tuple[Point, ...]
    tone: str = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened and may explain a change."""

    day: date
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. Where `value` is `None`, `note` says what is missing for a number."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    tone: str = Tone.PLAIN
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bin:
    """How many cases lie from `low` up to but without `high`; `high` `None`: no upper end."""

    low: float
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Stated:
    """A probability that was stated (0..1), and how often it came true, with its interval and n."""

    stated: float
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Key:
    """One line of a chart's key: the class of its mark, what stands in the mark, and the words."""

    mark: str
    text: str
    number: str = ""
