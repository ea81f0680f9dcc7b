"""The weekly report: new gaps, what moved, wins, what was fixed and whether it worked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.charts.chart import Chart
from service.charts.data import By, Tone
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
    jumped,
    series,
    won,
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
MOST, MOST_ASKED = 10, 5
"""New gaps, and open ones that were asked for, that are named one by one."""


def weekly(data: Data) -> Report:
    """The report of one week."""
    new, good, worse = tuple(_new(data)), tuple(wins(data)), tuple(changes(data, JUDGED, "worse"))
    alarms, asked = tuple(jumped(each) for each in data.alerts if not each.good), _asked(data)
    return Report(
        path=data.span.path,
        title=f"Weekly report, {data.span.words}",
        headline=_headline(len(new), len(good), len(worse), len(alarms), data),
        tone=Tone.BAD if worse else Tone.WARN if alarms else Tone.GOOD if good else Tone.PLAIN,
        sections=(
            Section("Wins", good, empty="Nothing got better by more than chance explains, and no fix was verified."),
            Section("What got worse or jumped", (*worse, *alarms), empty="Nothing by more than chance explains."),
            Section("New knowledge gaps", new, empty="No new gap was found."),
            Section("Most asked open gaps", tuple(_times(gap) for gap in asked), empty="Nobody asked for one."),
            Section("What was fixed, and did it work?", tuple(_fixed(data)), empty=_unfixed(data)),
            Section("All figures of the week", tuple(compared(data, FIGURES)) if data.conversations[0] else (),
                    _charts(data), empty=NOTHING),
        ),
        basis=(*basis(data), FIXES),
    )  # fmt: skip


def _headline(new: int, good: int, worse: int, alarms: int, data: Data) -> str:
    if not data.conversations[0]:
        return NOTHING
    counted = (
        (good, "win", "wins"), (worse, "figure got worse", "figures got worse"), (alarms, "alert", "alerts"),
        (new, "new gap", "new gaps"),
    )  # fmt: skip
    parts = [f"{n} {one if n == 1 else many}" for n, one, many in counted if n]
    return f"{', '.join(parts)}." if parts else "A calm week: nothing moved by more than chance explains."


def wins(data: Data) -> Iterator[Line]:
    """What got better and stayed so, targets that were announced, and fixes that were verified."""
    yield from changes(data, JUDGED, "better")
    yield from (won(each) for each in data.alerts if each.good and each.measured != "gap")
    yield from (worked(gap) for gap in data.gaps if gap.came(GapState.VERIFIED, data.span))


def _new(data: Data) -> Iterator[Line]:
    found = [gap for gap in data.gaps if gap.came(GapState.OPEN, data.span)]
    for gap in found[:MOST]:
        whose = "" if gap.audience else " Nobody is assigned."
        times = "time" if gap.now == 1 else "times"
        yield gap_line(gap, f"new, asked {gap.now:,} {times} this week.{whose}", Tone.WARN)
    if len(found) > MOST:
        yield Line(f"And {len(found) - MOST} more.", path="/gaps")


def _fixed(data: Data) -> Iterator[Line]:
    """Fixes whose effect is open or was none; those that worked in this week are wins."""
    yield from (worked(gap) for gap in data.gaps if gap.effect is not None and gap.state is not GapState.VERIFIED)


def _unfixed(data: Data) -> str:
    verified = sum(gap.came(GapState.VERIFIED, data.span) is not None for gap in data.gaps)
    if verified:
        return f"{verified} {'fix' if verified == 1 else 'fixes'} worked: see Wins."
    return JUDGED_BEFORE if any(gap.effect for gap in data.gaps) else UNTOLD


def _asked(data: Data) -> tuple[Gap, ...]:
    """Open gaps that customers asked for in the week, the most asked first."""
    open_ones = (gap for gap in data.gaps if gap.state in STILL_OPEN and gap.now)
    return tuple(sorted(open_ones, key=lambda gap: -gap.now)[:MOST_ASKED])


def _times(gap: Gap) -> Line:
    return gap_line(gap, f"asked {gap.now:,} {'time' if gap.now == 1 else 'times'} this week.", Tone.PLAIN)


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
