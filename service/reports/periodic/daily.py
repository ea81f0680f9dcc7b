"""The daily report: is anything broken, did anything jump, what waits."""

from __future__ import annotations

from collections.abc import Iterator

from service.charts.chart import Chart
from service.charts.data import By, Point, Series, Tone
from service.charts.trend import trend
from service.figures.results import Unit
from service.reports.periodic.data import Data, Name
from service.reports.periodic.report import Line, Report, Section
from service.reports.periodic.sentences import NOTHING, basis, compared, series

FIGURES: tuple[Name, ...] = (
    ("containment", "contained", ""),
    ("containment", "quality", "confirmed"),
    ("escalation", "rate", ""),
    ("effort", "verdict", "high"),
    ("context_preservation", "preserved", ""),
    ("knowledge_gaps", "conversations_with_gap", ""),
)
WAITING = {"ingest": "webhooks", "score": "conversations to score", "write_back": "verdicts to write back"}


def daily(data: Data) -> Report:
    """The report of one day."""
    broken, jumped = tuple(_broken(data)), tuple(_jumped(data))
    if broken:
        headline, tone = f"{len(broken)} {'thing needs' if len(broken) == 1 else 'things need'} a hand.", Tone.BAD
    elif jumped:
        headline, tone = "Nothing is broken; look at what jumped.", Tone.WARN
    else:
        headline, tone = "Nothing is broken, nothing jumped.", Tone.GOOD
    return Report(
        path=data.span.path,
        title=f"Daily report, {data.span.words}",
        headline=headline,
        tone=tone,
        sections=(
            Section("Is anything broken?", broken, empty="No. Work flows, and every helpdesk is read and written to."),
            Section("Did anything jump?", jumped, _volume(data), empty=_calm(data)),
            Section("Work that waits", tuple(_work(data)), empty="None."),
            Section(
                "The day in figures",
                tuple(compared(data, FIGURES)) if data.conversations[0] else (),
                _charts(data),
                empty=NOTHING,
            ),
        ),
        basis=(*basis(data), "What is broken and what waits is as of when the report was made, not of the day's end."),
    )


def _broken(data: Data) -> Iterator[Line]:
    for each in data.troubles:
        where = f" ({each.where})" if each.where else ""
        if each.until is None:
            yield Line(f"{each.title}{where}, since {each.since:%Y-%m-%d %H:%M} UTC. {each.text}", Tone.BAD,
                       path="/operations")  # fmt: skip
        else:
            yield Line(f"{each.title}{where}: over. From {each.since:%H:%M} to {each.until:%H:%M} UTC.", Tone.PLAIN)


def _jumped(data: Data) -> Iterator[Line]:
    for alert in data.alerts:
        state = " It is usual again." if alert.over else " Somebody is on it." if alert.handled else ""
        tone = Tone.GOOD if alert.good else Tone.WARN
        yield Line(f"{alert.says} ({alert.where}).{state}", tone, path=f"/alerts/{alert.id}")


def _calm(data: Data) -> str:
    return (
        f"No. Every watched figure is within its usual range; about {data.false_alarms:g} false alarm a month is "
        "accepted for each helpdesk."
    )


def _work(data: Data) -> Iterator[Line]:
    for each in data.work:
        name = WAITING.get(each.name, each.name)
        since = f", the oldest since {each.oldest:%Y-%m-%d %H:%M} UTC" if each.oldest is not None else ""
        if each.due:
            yield Line(f"{each.due:,} {name} waiting{since}.", path="/operations")
        if each.dead:
            yield Line(f"{each.dead:,} {name} given up.", Tone.BAD, path="/operations/dead")


def _volume(data: Data) -> tuple[Chart, ...]:
    if not any(n for _, n in data.volume):
        return ()
    points = tuple(Point(day, float(n), n=n) for day, n in data.volume)
    line = Series("Conversations that ended", points)
    return (trend("Conversations a day", [line], unit=Unit.COUNT, by=By.DAY, events=data.events),)


def _charts(data: Data) -> tuple[Chart, ...]:
    if not data.conversations[0]:
        return ()
    line = series(data, ("escalation", "rate", ""))
    return (trend(line.name, [line], unit=Unit.SHARE, by=By.DAY, events=data.events),)
