"""The daily report: is anything broken, did anything jump, what waits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.charts.chart import Chart
from service.charts.data import By, Point, Series, Tone
from service.charts.trend import trend
from service.figures.results import Unit
from service.reports.periodic.data import Alert, Data, Name
from service.reports.periodic.report import Line, Report, Section
from service.reports.periodic.sentences import NOTHING, basis, compared, jumped, series, won

FIGURES: tuple[Name, ...] = (
    ("containment", "contained", ""),
    ("containment", "quality", "confirmed"),
    ("escalation", "rate", ""),
    ("effort", "verdict", "high"),
    ("context_preservation", "preserved", ""),
    ("knowledge_gaps", "conversations_with_gap", ""),
)
WHOLE = "No. Work flows, and every helpdesk is read and written to."
WAITING = {"ingest": "webhooks", "score": "conversations to score", "write_back": "verdicts to write back"}


def daily(data: Data) -> Report:
    """The report of one day."""
    broken, work = tuple(_broken(data)), tuple(_work(data))
    new = tuple(each for each in data.alerts if each.first_day >= data.span.since or each.measured)
    still = tuple(jumped(each) for each in data.alerts if each not in new)
    fresh = tuple(won(each) if each.good else jumped(each) for each in new)
    sections = (
        Section("Is anything broken?", (*broken, *work), empty=WHOLE),
        Section("Did anything jump?", fresh, _volume(data), empty=_calm(data, still)),
        Section("Not over yet", still),
        Section("The day in figures", tuple(compared(data, FIGURES)) if data.conversations[0] else (), _charts(data),
                empty=NOTHING),
    )  # fmt: skip
    return Report(
        path=data.span.path,
        title=f"Daily report, {data.span.words}",
        headline=_headline(data, new, len(still)),
        tone=Tone.BAD if _open(data) else Tone.WARN if fresh or still else Tone.GOOD,
        sections=tuple(each for each in sections if each.lines or each.empty),
        basis=(*basis(data), "What is broken and what waits is as of when the report was made, not of the day's end."),
    )


def _open(data: Data) -> int:
    """How many things are broken now: troubles that are not over, and kinds of work that was given up."""
    return sum(each.until is None for each in data.troubles) + sum(bool(each.dead) for each in data.work)


def _headline(data: Data, new: Sequence[Alert], still: int) -> str:
    """In one line: whether anything is broken, and how much jumped."""
    broken = _open(data)
    words = f"{broken} {'thing is' if broken == 1 else 'things are'} broken" if broken else "Nothing is broken"
    good, bad = sum(each.good for each in new), sum(not each.good for each in new)
    counted = (
        (bad, "figure jumped", "figures jumped"), (good, "win", "wins"),
        (still, "alert is not over yet", "alerts are not over yet"),
    )  # fmt: skip
    told = [f"{n} {one if n == 1 else many}" for n, one, many in counted if n]
    return f"{words}; {', '.join(told) or 'nothing jumped'}."


def _broken(data: Data) -> Iterator[Line]:
    for each in data.troubles:
        where = f" ({each.where})" if each.where else ""
        if each.until is None:
            yield Line(f"{each.title}{where}, since {each.since:%Y-%m-%d %H:%M} UTC. {each.text}", Tone.BAD,
                       path="/operations")  # fmt: skip
        else:
            yield Line(f"{each.title}{where}: over. From {each.since:%H:%M} to {each.until:%H:%M} UTC.", Tone.PLAIN)


def _calm(data: Data, still: Sequence[Line]) -> str:
    rate = f"about {data.false_alarms:g} false alarm a month is accepted for each helpdesk."
    if still:
        return f"Nothing new; {rate}"
    return f"No. Every figure that can be judged is within its usual range; {rate}"


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
