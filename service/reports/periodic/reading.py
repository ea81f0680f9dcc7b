"""What a report is built from, read from the store: one installation or several, all intents or some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

from sqlalchemy.orm import Session

from service.charts.data import Event
from service.figures.results import Value
from service.figures.standing import Moved, moved
from service.reports import gaps as gap_report
from service.reports.periodic import daily, monthly, weekly
from service.reports.periodic.data import Alert, Data, Gap, Name, Trouble, Work
from service.reports.periodic.reader import Reader
from service.reports.periodic.report import Kind, Report, Span
from service.reports.periodic.targets import targets
from service.reports.sources import Stored
from service.store import gaps, improvements, installations, report_counts
from service.store.figures import Period
from service.store.models import Installation

CHOSEN: Mapping[Kind, tuple[Name, ...]] = MappingProxyType(
    {Kind.DAILY: daily.FIGURES, Kind.WEEKLY: weekly.FIGURES, Kind.MONTHLY: monthly.FIGURES}
)
BACK: Mapping[Kind, tuple[Period, int]] = MappingProxyType(
    {Kind.DAILY: (Period.DAY, 28), Kind.WEEKLY: (Period.WEEK, 56), Kind.MONTHLY: (Period.MONTH, 183)}
)
"""By what charts go, and how many days before the period they begin."""
BUILDERS = MappingProxyType({Kind.DAILY: daily.daily, Kind.WEEKLY: weekly.weekly, Kind.MONTHLY: monthly.monthly})
SHOWN_EVENT = 60


@dataclass(frozen=True, slots=True)
class Scope:
    """Which conversations: of these installations, and, where there are any, about these intents only."""

    installations: tuple[Installation, ...]
    intents: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The installations' ids."""
        return tuple(row.id for row in self.installations)

    def where(self, installation_id: str | None) -> str:
        """How an installation is called; empty for none."""
        found = (f"{row.connector.title()} {row.account}" for row in self.installations if row.id == installation_id)
        return next(found, "")


@dataclass(frozen=True, slots=True)
class News:
    """What is not in the figures: alerts of the period, troubles, waiting work; put together by whoever asks."""

    alerts: tuple[Alert, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    work: tuple[Work, ...] = ()


def scope(session: Session, within: Iterable[str] | None = None, intents: Sequence[str] = ()) -> Scope:
    """The installations with these ids (`None`: all), and these intents."""
    ids = None if within is None else tuple(within)
    return Scope(tuple(installations.all_of(session, within=ids)), tuple(intents))


def build(data: Data) -> Report:
    """The report of the data's kind."""
    return BUILDERS[data.span.kind](data)


def read(source: Stored, span: Span, about: Scope, news: News, *, now: datetime, false_alarms: float = 1.0) -> Data:
    """Everything that the report of `span` needs. `source` is bound to the scope's installations."""
    chosen, (period, days) = CHOSEN[span.kind], BACK[span.kind]
    reader = Reader(source, about.intents, chosen)
    first = span.before.since
    since = period.start(min(first, span.since - timedelta(days=days)), first)
    course = tuple(reader.course(since, span.until, period))
    values, before = reader.values(span.since, span.until), reader.values(first, span.before.until)
    return Data(
        span=span,
        made_at=now,
        values=values,
        before=before,
        moved=_moved(before, values),
        course=course,
        volume=tuple(reader.volume(since, span.until)) if span.kind is Kind.DAILY else (),
        conversations=(reader.count(span.since, span.until), reader.count(first, span.before.until)),
        gaps=tuple(_gaps(source.session, span, about, now)) if span.kind is not Kind.DAILY else (),
        alerts=news.alerts,
        troubles=news.troubles,
        work=news.work,
        events=_events(source.session, about, since, span.until),
        targets=tuple(targets(source, reader, span, values)) if span.kind is Kind.MONTHLY else (),
        helpdesks=tuple(about.where(row.id) for row in about.installations),
        intents=about.intents,
        least=source.least,
        false_alarms=false_alarms,
        definitions=source.definitions,
    )


def _moved(before: Mapping[Name, Value], values: Mapping[Name, Value]) -> dict[Name, Moved]:
    """All chosen values, tested together."""

    def told_apart(found: Mapping[Name, Value]) -> list[Value]:
        return [replace(value, name="\t".join(name)) for name, value in found.items()]

    tested = moved(told_apart(before), told_apart(values))
    names = {"\t".join(name): name for name in values}
    return {names[one.now.name]: one for one in tested}


def _gaps(session: Session, span: Span, about: Scope, now: datetime) -> Iterator[Gap]:
    """Every gap with messages, those that were asked most in the period first. About some intents only there are
    none: a gap is a group of its own."""
    if about.intents:
        return
    end = datetime.combine(span.until, time(), UTC)
    as_of = min(now, end)
    told: list[Gap] = []
    for installation_id in about.ids:
        found = gaps.listed(session, installation_ids=[installation_id], examples=False)
        asked = [report_counts.asked(session, installation_id, each.since, each.until) for each in (span, span.before)]
        for gap, lived in gap_report.lived(found, gap_report.talked_in(session), as_of=as_of):
            now_asked, before = (counts.get(gap.row.id, 0) for counts in asked)
            told.append(
                Gap(
                    gap.row.id, about.where(installation_id), gap.row.label, gap.row.audience, lived.state,
                    lived.steps, lived.messages, now_asked, before, lived.effect,
                )
            )  # fmt: skip
    yield from sorted(told, key=lambda gap: (-gap.now, -gap.messages, gap.id))


def _events(session: Session, about: Scope, since: date, until: date) -> tuple[Event, ...]:
    start, end = (datetime.combine(day, time(), UTC) for day in (since, until))
    # One that was told of several helpdesks is one event.
    found = (
        Event(row.at.astimezone(UTC).date(), (row.title or row.reference)[:SHOWN_EVENT])
        for row in improvements.between(session, about.ids, start, end)
    )
    return tuple(dict.fromkeys(found))
