"""The weekly report: new gaps, what moved, wins, what was fixed and whether it worked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.charts.bars import bars
from service.charts.chart import Chart
from service.charts.data import Bar, By, Tone
from service.charts.trend import trend
from service.figures.gap_life import STILL_OPEN, GapState
from service.figures.results import Unit
from service.reports.periodic.data import Data, Gap, Name
from service.reports.periodic.report import Line, Report, Section
from service.reports.periodic.sentences import (
    NOTHING,
    basis,
    changes,
    compared,
    gap_line,
    series,
    target_line,
    worked,
)

FIGURES: tuple[Name, ...] = (
    ("containment", "contained", ""),
    ("containment", "quality", "confirmed"),
    ("containment", "quality", "likely"),
    ("containment", "quality", "returned"),
    ("effort", "mean", ""),
    ("escalation", "rate", ""),
    ("escalation_accuracy", "precision", ""),
    ("escalation_accuracy", "recall", ""),
    ("answer_relevance", "relevant", ""),
    ("context_preservation", "preserved", ""),
    ("knowledge_gaps", "conversations_with_gap", ""),
    ("business", "satisfaction", ""),
    ("business", "repeat_contact", ""),
)
JUDGED = tuple(name for name in FIGURES if name != ("containment", "quality", "likely"))
"""Values whose change is a win or a loss: more that are likely solved may be fewer that are confirmed."""
UNTOLD = (
    "No gap has a fix that could be measured. Say what you deployed: on the gap's page, or with "
    "deskmark improvements add."
)
JUDGED_BEFORE = "No fix was judged in this week; what came of earlier ones stands on the gaps' pages."
FIXES = "Lines are of the last eight weeks. A fix is verified when the questions drop by more than chance explains."
MOST = 10
"""Gaps that are named one by one."""


def weekly(data: Data) -> Report:
    """The report of one week."""
    new, won, worse = tuple(_new(data)), tuple(wins(data)), tuple(changes(data, JUDGED, "worse"))
    alarms, asked = tuple(_alarms(data)), _asked(data)
    return Report(
        path=data.span.path,
        title=f"Weekly report, {data.span.words}",
        headline=_headline(len(new), len(won), len(worse), len(alarms), data),
        tone=Tone.BAD if worse else Tone.WARN if alarms else Tone.GOOD if won else Tone.PLAIN,
        sections=(
            Section("Wins", won, empty="Nothing got better by more than chance explains, and no fix was verified."),
            Section("What got worse", (*worse, *alarms), empty="Nothing by more than chance explains."),
            Section("New knowledge gaps", new, empty="No new gap was found."),
            Section("Open gaps that were asked for", tuple(_times(gap) for gap in asked), _chart_of_gaps(asked),
                    empty="Nobody asked for one."),
            Section("What was fixed, and did it work?", tuple(_fixed(data)),
                    empty=JUDGED_BEFORE if any(gap.effect for gap in data.gaps) else UNTOLD),
            Section("All figures of the week", tuple(compared(data, FIGURES)) if data.conversations[0] else (),
                    _charts(data), empty=NOTHING),
        ),
        basis=(*basis(data), FIXES),
    )  # fmt: skip


def _headline(new: int, won: int, worse: int, alarms: int, data: Data) -> str:
    if not data.conversations[0]:
        return NOTHING
    counted = (
        (won, "win", "wins"), (worse, "figure got worse", "figures got worse"), (alarms, "alert", "alerts"),
        (new, "new gap", "new gaps"),
    )  # fmt: skip
    parts = [f"{n} {one if n == 1 else many}" for n, one, many in counted if n]
    return f"{', '.join(parts)}." if parts else "A calm week: nothing moved by more than chance explains."


def wins(data: Data) -> Iterator[Line]:
    """What got better and stayed so, fixes that were verified, and targets that were surely reached."""
    yield from changes(data, JUDGED, "better")
    for alert in data.alerts:
        if alert.good:
            yield Line(f"{alert.says} ({alert.where}).", Tone.GOOD, path=f"/alerts/{alert.id}")
    for gap in data.gaps:
        if gap.came(GapState.VERIFIED, data.span):
            yield worked(gap)
    for target in data.targets:
        if target.now.sure:
            yield target_line(data, target)


def _alarms(data: Data) -> Iterator[Line]:
    for alert in data.alerts:
        if not alert.good:
            state = " It is usual again." if alert.over else " Somebody is on it." if alert.handled else ""
            yield Line(f"{alert.says} ({alert.where}).{state}", Tone.WARN, path=f"/alerts/{alert.id}")


def _new(data: Data) -> Iterator[Line]:
    found = [gap for gap in data.gaps if gap.came(GapState.OPEN, data.span)]
    for gap in found[:MOST]:
        whose = "" if gap.audience else " Nobody is assigned."
        times = "time" if gap.now == 1 else "times"
        yield gap_line(gap, f"new, asked {gap.now:,} {times} this week.{whose}", Tone.WARN)
    if len(found) > MOST:
        yield Line(f"And {len(found) - MOST} more.", path="/gaps")


def _fixed(data: Data) -> Iterator[Line]:
    for gap in data.gaps:
        if gap.effect is not None and (gap.state is not GapState.VERIFIED or gap.came(GapState.VERIFIED, data.span)):
            yield worked(gap)


def _asked(data: Data) -> tuple[Gap, ...]:
    """Open gaps that customers asked for in the week, the most asked first."""
    open_ones = (gap for gap in data.gaps if gap.state in STILL_OPEN and gap.now)
    return tuple(sorted(open_ones, key=lambda gap: -gap.now)[:MOST])


def _times(gap: Gap) -> Line:
    return gap_line(gap, f"asked {gap.now:,} {'time' if gap.now == 1 else 'times'} this week.", Tone.PLAIN)


def _chart_of_gaps(asked: Sequence[Gap]) -> tuple[Chart, ...]:
    rows = [Bar(f"Gap {gap.id}", float(gap.now), n=gap.now) for gap in asked]
    return (bars("Open gaps by questions of the week", rows, unit=Unit.COUNT),) if rows else ()


def _charts(data: Data, names: Sequence[Name] = FIGURES) -> tuple[Chart, ...]:
    """Quantity and quality of what the bot kept, side by side; and handoffs."""
    if not data.conversations[0]:
        return ()
    kept = [series(data, names[0]), series(data, names[1], "Of those it kept: confirmed solved")]
    handed = series(data, ("escalation", "rate", ""))
    return (
        trend("Kept by the bot, and truly solved", kept, unit=Unit.SHARE, by=By.WEEK, events=data.events),
        trend(handed.name, [handed], unit=Unit.SHARE, by=By.WEEK, events=data.events),
    )
