"""The page of the bot's confidence: how far it can be believed, and what handing over below a threshold would do.

Deskmark reads and suggests; the threshold itself is set at the bot, by people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request

from service.charts.calibration import calibration
from service.charts.chart import Chart
from service.charts.data import Bin, Stated
from service.charts.histogram import histogram
from service.figures.beside import Beside
from service.figures.catalogue import figure
from service.figures.cells import REPORTED
from service.figures.rates import Rate
from service.figures.results import Unit, Value, share
from service.figures.rows.answered import CALIBRATED
from service.figures.rows.handed_over import rate
from service.figures.tally import Tally
from service.figures.what_threshold import Shift, WhatIf, ladder, what_if
from service.figures.what_threshold import Stated as Counted
from service.web.figure_page import Row, row
from service.web.insight import Told, whole
from service.web.parts import parts
from service.web.rights import Right, needs
from service.web.view import View

blueprint = Blueprint("confidence", __name__, url_prefix="/confidence")

STEPS = (30, 40, 50, 60, 70, 80, 90)
"""Thresholds that are always compared, in hundredths."""

MIDDLE = 50
"""The threshold that is looked at where none is suggested and nobody chose."""

LOWEST, HIGHEST = 1, 100

RESOLUTION = figure("resolution_confidence")


@dataclass(frozen=True, slots=True)
class Step:
    """What one threshold would have done, each number with its n and interval."""

    found: WhatIf
    handed_over: Row
    needed: Row
    caught: Row
    spoiled: Row
    chosen: bool
    suggested: bool

    @property
    def below(self) -> str:
        """The threshold as bots take it, e.g. "0.50"."""
        return f"{self.found.below / 100:.2f}"


@dataclass(frozen=True, slots=True)
class Change:
    """What the threshold would have changed, against what happened on the same days: in conversations of 100, with the
    interval. `more` are handed over, `fewer` needed a human and were left with the bot."""

    more: str
    fewer: str


@dataclass(frozen=True, slots=True)
class Topic:
    """One intent: what the bot states on average, and what came true."""

    row: Row
    stated: str
    weak: bool


@blueprint.get("")
@needs(Right.SEE)
def page() -> str:
    """Calibration, distribution, weak topics, the suggested threshold, and what any other would do."""
    with parts().database.read() as session:
        view = View.of(request.args, session)
        source = view.source(session)
        tally = whole(session, view)
        choices = view.choices(session)
    told = Told.of(RESOLUTION, RESOLUTION.compute(tally, Beside(least=source.least)))
    counted = reported(tally)
    suggested = _hundredths(told)
    chosen, fault = _chosen(request.args.get("at", ""), suggested)
    return render_template(
        "confidence.html",
        view=view,
        choices=choices,
        told=told,
        least=source.least,
        calibrated=CALIBRATED,
        fault=fault,
        chosen=chosen,
        suggested=suggested,
        curve=_curve(told, suggested),
        spread=_spread(counted),
        steps=_steps(counted, chosen, suggested, source.least),
        change=change(tally, counted, chosen, source.least),
        topics=_topics(told),
        reported=sum(each.n for each in counted),
        estimated=_cases(tally, "estimated"),
    )


def reported(tally: Tally) -> tuple[Counted, ...]:
    """The confidence that the bot itself reported, in hundredths, with whether a human was needed."""
    counts: dict[int, dict[str, int]] = {}
    for (source, hundredths, _, needed), cases in tally.split("confidence"):
        if source == REPORTED:
            here = counts.setdefault(int(hundredths), {"yes": 0, "no": 0, "open": 0})
            here[needed] += cases
    return tuple(Counted(value, each["yes"], each["no"], each["open"]) for value, each in sorted(counts.items()))


def change(tally: Tally, counted: Sequence[Counted], below: int, least: int) -> Change | None:
    """What handing over below a threshold, and by nothing else, would have changed; `None` with too few cases.

    Needed a human: the same as for the threshold, of reported and estimated confidence alike; got one: the handoffs
    that were warranted.
    """
    found = what_if(counted, below)
    needed = sum(cases for parts_, cases in tally.split("confidence") if parts_[3] == "yes")
    left = max(0, needed - tally.count("escalation", "warranted"))
    over = Shift(rate(tally), found.handed_over)
    alone = Shift(Rate(left, needed), Rate(found.missed, found.caught.n))
    if min(over.was.n, over.then.n, alone.was.n, alone.then.n) < least:
        return None
    return Change(_of_hundred(over), _of_hundred(alone))


def _of_hundred(shift: Shift) -> str:
    """The difference in conversations of 100, e.g. "20.3 more (16.1 to 24.4)"."""
    ends, points = shift.interval(), shift.points or 0.0
    low, high = sorted(100 * end for end in ends) if ends is not None else (0.0, 0.0)
    if low < 0 < high:
        return f"{_signed(points)} (from {_signed(low / 100)} to {_signed(high / 100)}: it may be chance)"
    low, high = sorted((abs(low), abs(high)))
    return f"{_signed(points)} ({low:.1f} to {high:.1f})"


def _signed(points: float) -> str:
    return f"{abs(100 * points):.1f} {'fewer' if points < 0 else 'more'}"


def _cases(tally: Tally, source: str) -> int:
    return sum(cases for parts_, cases in tally.split("confidence") if parts_[0] == source)


def _hundredths(told: Told) -> int | None:
    """The suggested threshold; `None` where the figure suggests none."""
    value = told.values.get(("reported.threshold", ""))
    return None if value is None or value.value is None else round(value.value * 100)


def _chosen(given: str, suggested: int | None) -> tuple[int, str]:
    """The threshold to look at, and what is wrong with the given one."""
    otherwise = MIDDLE if suggested is None else suggested
    if not given:
        return otherwise, ""
    if given.isascii() and given.isdigit() and len(given) <= 3 and LOWEST <= int(given) <= HIGHEST:
        return int(given), ""
    return otherwise, f"A threshold is a whole number of percent from {LOWEST} to {HIGHEST}, not “{given[:20]}”."


def _curve(told: Told, suggested: int | None) -> Chart | None:
    """What was stated against what came true; `None` with too few known outcomes."""
    stated = {of: value for (name, of), value in told.values.items() if name == "reported.stated"}
    points = [
        Stated(stated[of].value or 0.0, value.value, value.low, value.high, value.n)
        for (name, of), value in told.values.items()
        if name == "reported.came_true" and value.value is not None and value.low is not None and value.high is not None
    ]
    return calibration("Stated and kept", points, threshold=suggested and suggested / 100) if points else None


def _spread(counted: Iterable[Counted]) -> Chart | None:
    """How the stated confidence is spread, in tenths; `None` where nothing was stated."""
    cases = [0] * 10
    for each in counted:
        cases[min(each.hundredths // 10, 9)] += each.n
    bins = [Bin(place / 10, (place + 1) / 10, n) for place, n in enumerate(cases)]
    return histogram("How sure the bot says it is", bins, unit=Unit.SHARE) if any(cases) else None


def _steps(counted: tuple[Counted, ...], chosen: int, suggested: int | None, least: int) -> list[Step]:
    """What the thresholds of the table would have done, rising; the chosen and the suggested one among them."""
    wanted = sorted({*STEPS, chosen, *([] if suggested is None else [suggested])})
    return [_step(found, chosen, suggested, least) for found in ladder(counted, wanted)]


def _step(found: WhatIf, chosen: int, suggested: int | None, least: int) -> Step:
    rates: Mapping[str, Value] = {
        name: share(name, rate, least=least)
        for name, rate in (
            ("handed_over", found.handed_over),
            ("needed", found.needed),
            ("caught", found.caught),
            ("spoiled", found.spoiled),
        )
    }
    rows = {name: row(RESOLUTION, value) for name, value in rates.items()}
    return Step(found, **rows, chosen=found.below == chosen, suggested=found.below == suggested)


def _topics(told: Told) -> list[Topic]:
    """The intents with enough known outcomes, those first in which the bot promises most too much."""
    return [
        Topic(each, f"{(each.value.against or 0.0) * 100:.1f} %", each.value.word == "weak")
        for each in told.rows("topic")
    ]
