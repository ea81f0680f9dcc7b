"""What reports are built from: figures of two periods, gaps, alerts, troubles. Plain data.

No word of a customer is in it but the masked label of a gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from service.charts.data import Event
from service.figures.gap_life import Effect, GapState, Step
from service.figures.results import Value
from service.figures.standing import Moved, Progress
from service.reports.periodic.report import Span

Name = tuple[str, str, str]
"""A value: its figure, its name, and what it is of."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A knowledge gap in the period. `messages` in all, `now` and `before` of them in the two periods."""

    id: int
    where: str
    label: str
    audience: str | None
    state: GapState
    steps: tuple[Step, ...]
    messages: int
    now: int
    before: int
    effect: Effect | None

    def came(self, state: GapState, span: Span) -> datetime | None:
        """When it came into `state` within the period; `None`: it did not."""
        within = (step.at for step in self.steps if step.state is state and span.since <= step.at.date() < span.until)
        return next(within, None)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert or a win of the period. `says` is a whole sentence, `stands` where an alarm stands now, `lost` that a
    target which was a win is not reached any more. `measured`: a win of a target or a gap, else empty."""

    id: int
    where: str
    says: str
    good: bool
    first_day: date
    stands: str = ""
    lost: str = ""
    measured: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is broken, or was in the period: its name, what to do, since when, until when."""

    title: str
    text: str
    where: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Work:
    """How much of one kind of work waits, since when, and how much was given up."""

    name: str
    due: int
    oldest: datetime | None
    dead: int


@dataclass(frozen=True, slots=True)
class Target:
    """A value that should go one way: where it stands against this month's target, and next month's."""

    name: Name
    now: Progress
    following: float


@dataclass(frozen=True, slots=True)
class Data:
    """All of it. `values` and `before` are of the period and of what it is compared with, `moved` the tested
    differences; `course` the same values by day, week or month, the earliest first. `conversations`: how many ended in
    the period, and before. `late`: waiting work as it stands now, whatever the period."""

    span: Span
    made_at: datetime
    values: Mapping[Name, Value]
    before: Mapping[Name, Value]
    moved: Mapping[Name, Moved]
    course: tuple[tuple[date, Mapping[Name, Value]], ...]
    volume: tuple[tuple[date, int], ...]
    conversations: tuple[int, int]
    gaps: tuple[Gap, ...] = ()
    alerts: tuple[Alert, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    work: tuple[Work, ...] = ()
    events: tuple[Event, ...] = ()
    targets: tuple[Target, ...] = ()
    helpdesks: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    last_day: date | None = None
    least: int = 20
    false_alarms: float = 1.0
    definitions: str = ""
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_over(self) -> bool:
        """Whether the period is over."""
        return self.made_at.date() >= self.span.until
