"""The monthly report: what came out of it, what it cost, and what next month should bring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from service.charts.bars import bars
from service.charts.chart import Chart
from service.charts.data import Bar, By, Tone
from service.charts.trend import trend
from service.figures.gap_life import GapState
from service.figures.results import Unit
from service.figures.words import part
from service.reports.periodic.data import Data, Name
from service.reports.periodic.report import Line, Report, Section
from service.reports.periodic.sentences import NOTHING, basis, changes, compared, series, target_line, won
from service.reports.periodic.weekly import FIGURES as WEEKLY
from service.reports.periodic.weekly import JUDGED, wins

CLASSES = ("confirmed", "likely", "unclear", "unresolved", "abandoned", "returned", "escalated")
TONES = {"confirmed": Tone.GOOD, "likely": Tone.GOOD, "unresolved": Tone.BAD, "abandoned": Tone.BAD,
         "returned": Tone.BAD, "escalated": Tone.INFO, "unclear": Tone.NEUTRAL}  # fmt: skip
OUTCOMES: tuple[Name, ...] = tuple(("containment", "class", name) for name in CLASSES)
SATISFACTION: tuple[Name, ...] = (
    ("business", "satisfaction", ""),
    ("business", "satisfaction", "confirmed"),
    ("business", "satisfaction", "escalated"),
    ("business", "repeat_contact", ""),
)
COST: tuple[Name, ...] = (("business", "cost_total", ""), ("business", "cost", ""), ("business", "cost", "confirmed"),
                          ("business", "cost", "escalated"))  # fmt: skip
COSTS = "Costs are your stated prices times what happened: a sum, not a sample, so they have no interval."
FIGURES: tuple[Name, ...] = tuple(dict.fromkeys((*OUTCOMES, *SATISFACTION, *COST, *WEEKLY)))


def monthly(data: Data) -> Report:
    """The report of one month."""
    reached = sum(target.now.reached for target in data.targets)
    told = bool(data.conversations[0])
    aims = f"{reached} of {len(data.targets)} targets reached. " if data.targets else ""
    worse, good = len(list(changes(data, JUDGED, "worse"))), len(_wins(data))
    figures, many = ("figure" if worse == 1 else "figures"), ("win" if good == 1 else "wins")
    moved = f"{worse or 'no'} {figures} got worse, {good or 'no'} {many}."
    headline = f"{aims}{moved[0].upper()}{moved[1:]}" if told else NOTHING
    return Report(
        path=data.span.path,
        title=f"Monthly report, {data.span.words}",
        headline=headline,
        tone=Tone.GOOD if data.targets and reached == len(data.targets) else Tone.PLAIN,
        sections=(
            Section("What became of the conversations", tuple(compared(data, OUTCOMES, short=True)) if told else (),
                    _outcomes(data), empty=NOTHING),
            Section("How customers took it", tuple(compared(data, SATISFACTION)) if told else (), empty=NOTHING),
            Section("What it cost", tuple(_cost(data)),
                    empty="Nobody has said what work costs. State your prices on the page Outcomes."),
            Section("Targets, and what next month should bring", tuple(_targets(data)),
                    _course(data), empty="Targets begin when the account's first 30 days are over: they are measured "
                    "against those."),
            Section("Wins of the month", _wins(data), empty="None."),
            Section("Knowledge gaps", tuple(_gaps(data))),
        ),
        basis=(*basis(data), COSTS),
    )  # fmt: skip


def _targets(data: Data) -> Iterator[Line]:
    yield from (target_line(data, each) for each in data.targets)
    yield from (won(each) for each in data.alerts if each.lost)


def _wins(data: Data) -> tuple[Line, ...]:
    """Those of the month that still hold."""
    return tuple(wins(replace(data, alerts=tuple(each for each in data.alerts if not each.lost))))


def _cost(data: Data) -> Iterator[Line]:
    if any(name in data.values for name in COST) and data.conversations[0]:
        yield from compared(data, COST)


def _outcomes(data: Data) -> tuple[Chart, ...]:
    found = [(name, data.values[name]) for name in OUTCOMES if name in data.values]
    if not data.conversations[0] or not found:
        return ()
    rows = [
        Bar(
            part("class", name[2]).capitalize(), value.value, value.low, value.high, value.n, TONES[name[2]], value.note
        )
        for name, value in found
    ]
    return (bars("What became of the bot's conversations", rows, unit=Unit.SHARE),)


def _course(data: Data) -> tuple[Chart, ...]:
    kept = [target for target in data.targets if target.name == ("containment", "quality", "confirmed")]
    if not kept:
        return ()
    line = series(data, kept[0].name)
    return (
        trend(line.name, [line], unit=Unit.SHARE, by=By.MONTH, baseline=kept[0].now.baseline.value,
              target=kept[0].following, events=data.events),
    )  # fmt: skip


def _gaps(data: Data) -> Iterator[Line]:
    def came(state: GapState) -> int:
        return sum(gap.came(state, data.span) is not None for gap in data.gaps)

    yield Line(
        f"{came(GapState.OPEN)} opened, {came(GapState.FIXED)} fixed, {came(GapState.VERIFIED)} seen to work, "
        f"{came(GapState.REOPENED)} came back.",
        path="/gaps",
    )
