"""The targets of a month: where values stand against them, and when it can be said that one is reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from service.figures.rates import z_of
from service.figures.results import Better, Value
from service.figures.standing import STEP, Progress, baseline_period, months_after, progress
from service.reports.periodic.data import Name, Target
from service.reports.periodic.reader import Reader
from service.reports.periodic.report import Span
from service.reports.sources import Stored
from service.store import goals

AIMED: tuple[Name, ...] = (
    ("containment", "quality", "confirmed"),
    ("effort", "mean", ""),
    ("escalation_accuracy", "recall", ""),
    ("context_preservation", "preserved", ""),
    ("business", "satisfaction", ""),
)
"""Values that have a target in the monthly report."""

DAILY_LOOKS = 2.74
"""How many standard errors a value has to lie beyond its target when it is looked at every day of a month, so that one
that only equals it is announced with a chance of 2.5 % (the boundary of Pocock 1977, for 31 looks)."""


def targets(source: Stored, reader: Reader, span: Span, values: Mapping[Name, Value]) -> Iterator[Target]:
    """This month's targets and next month's, from the account's first 30 days and what each month asks. `values` are
    those of the month, or of its days so far."""
    first = source.first_day()
    if first is None:
        return
    since, until = baseline_period(first)
    month = months_after(first, span.until)
    if span.until <= until or not month:
        return
    then = replace(reader, chosen=AIMED).values(since, until)
    steps = goals.steps(source.session)
    for name in AIMED:
        if name not in then or name not in values:
            continue
        step = steps.get(name[0], STEP)
        now = progress([then[name]], [values[name]], months=month, step=step)
        after = progress([then[name]], [values[name]], months=month + 1, step=step)
        if now and after:
            yield Target(name, now[0], after[0].goal)


def announceable(now: Progress) -> bool:
    """Whether it can be said, on any day of the month, that the target is reached: its interval, widened for being
    looked at every day, lies on the right side of it."""
    value = now.now
    if value.value is None or value.low is None or value.high is None:
        return False
    widened = DAILY_LOOKS / z_of()
    if value.better is Better.HIGHER:
        return value.value - (value.value - value.low) * widened >= now.goal
    return value.value + (value.high - value.value) * widened <= now.goal
