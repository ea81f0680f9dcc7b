"""What a report is made of, whoever shows it: sections of sentences with their numbers, and charts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from service.charts.chart import Chart
from service.charts.data import Tone


class Kind(StrEnum):
    """How often a report comes."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Span:
    """The days of one report, from `since` up to but without `until`, UTC; and those it is compared with, before."""

    kind: Kind
    since: date
    until: date

    @classmethod
    def holding(cls, kind: Kind, day: date) -> Span:
        """The day, week (from Monday) or month that `day` lies in.

        >>> Span.holding(Kind.WEEKLY, date(2026, 3, 4)).since
        datetime.date(2026, 3, 2)
        """
        if kind is Kind.DAILY:
            return cls(kind, day, day + timedelta(days=1))
        if kind is Kind.WEEKLY:
            monday = day - timedelta(days=day.weekday())
            return cls(kind, monday, monday + timedelta(days=7))
        first = day.replace(day=1)
        return cls(kind, first, (first + timedelta(days=31)).replace(day=1))

    @classmethod
    def last(cls, kind: Kind, today: date) -> Span:
        """The latest one that is over when `today` begins."""
        return cls.holding(kind, cls.holding(kind, today).since - timedelta(days=1))

    @property
    def before(self) -> Span:
        """What it is compared with: the week or month before; of a day the same weekday a week before."""
        back = timedelta(days=7) if self.kind is Kind.DAILY else timedelta(days=1)
        return Span.holding(self.kind, self.since - back)

    @property
    def previous(self) -> Span:
        """The one right before."""
        return Span.holding(self.kind, self.since - timedelta(days=1))

    @property
    def following(self) -> Span:
        """The one right after."""
        return Span.holding(self.kind, self.until)

    @property
    def path(self) -> str:
        """The address of its page."""
        return f"/reports/{self.kind}?day={self.since}"

    @property
    def within(self) -> str:
        """Its days as the end of a sentence: on a day, in a month."""
        if self.kind is Kind.WEEKLY:
            return f"from {self.words}"
        return f"{'on' if self.kind is Kind.DAILY else 'in'} {self.words}"

    @property
    def words(self) -> str:
        """Its days in words.

        >>> Span.holding(Kind.MONTHLY, date(2026, 3, 4)).words, Span.holding(Kind.DAILY, date(2026, 3, 4)).words
        ('March 2026', 'Wednesday, 4 March 2026')
        """
        last = self.until - timedelta(days=1)
        if self.kind is Kind.DAILY:
            return f"{self.since:%A}, {self.since.day} {self.since:%B %Y}"
        if self.kind is Kind.WEEKLY:
            return f"{self.since.day} {self.since:%b} to {last.day} {last:%b %Y}"
        return f"{self.since:%B %Y}"

    @property
    def against(self) -> str:
        """What it is compared with, as a sentence ends.

        >>> Span.holding(Kind.DAILY, date(2026, 3, 4)).against
        'the Wednesday before'
        """
        if self.kind is Kind.DAILY:
            return f"the {self.since:%A} before"
        return "the week before" if self.kind is Kind.WEEKLY else "the month before"


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence. `numbers` are its figures with interval and n. `path` leads to what stands behind it. `audience`:
    whose work it is; `None`: everybody's. `words`: a customer's own words, masked, shown only where that is allowed.
    """

    text: str
    tone: str = Tone.PLAIN
    numbers: str = ""
    path: str = ""
    audience: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A question of the report with its answers; `empty` is said where there are none."""

    title: str
    lines: tuple[Line, ...] = ()
    charts: tuple[Chart, ...] = ()
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report, or anything else that is told in the same form. `headline` says the most important thing in a
    sentence, `basis` what all of it rests on. `path` is the address of its page, without the service's own."""

    path: str
    title: str
    headline: str
    tone: str
    sections: tuple[Section, ...]
    basis: tuple[str, ...]

    def charts(self) -> Iterator[Chart]:
        """All its charts in their order."""
        for section in self.sections:
            yield from section.charts

    def told(self, *, audience: str | None = None, texts: bool = False) -> Report:
        """As one reader gets it: with `audience` what is another's work is left out, without `texts` no customer's
        words are in it."""

        def line(each: Line) -> Line:
            return each if texts else replace(each, words="")

        def mine(each: Line) -> bool:
            return audience is None or each.audience in (None, audience)

        sections = tuple(replace(s, lines=tuple(line(each) for each in s.lines if mine(each))) for s in self.sections)
        return replace(self, sections=sections)
