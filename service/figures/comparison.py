"""Like with like: escalated against human-direct within the same intent, and an account against its own first month.

A raw comparison of escalated and direct conversations lies: bots keep the easy ones, so that what is escalated is
harder from the start. Here each intent is compared with itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

import numpy as np

from service.figures.calibration import Estimate
from service.figures.cells import SEPARATOR
from service.figures.rates import LEAST, LEVEL, Rate
from service.figures.results import Better
from service.figures.tally import Tally
from service.figures.times import Numbers, Times, percentiles

FEWEST_IN_INTENT = 5
"""Cases on each side from which an intent enters the comparison over all intents."""

SHORTEST = 0.5
"""Seconds below which times are not told apart when they are divided."""

BASELINE = timedelta(days=30)
STEP = 0.05


@dataclass(frozen=True, slots=True)
class Paths:
    """The handling times of one intent: from the handoff to solved, and from the first message to a human to solved."""

    escalated: Times
    direct: Times


@dataclass(frozen=True, slots=True)
class Contrast:
    """Escalated against direct within the same intents.

    `ratio`: how many times as long (geometric mean over the intents of the ratio of medians), `difference` in seconds;
    each intent weighs as many as were escalated in it. `escalated`, `direct`: cases compared in `intents` intents;
    `left_out`: escalated cases of an intent that is not known, novel, or too rare on one side.
    """

    ratio: Estimate
    difference: Estimate
    escalated: int
    direct: int
    intents: int
    left_out: int


def paths(tally: Tally) -> dict[str, Paths]:
    """Handling times by intent; the intent "" is not known."""
    counts: dict[tuple[str, str], dict[int, int]] = {}
    for bucket, n in tally.of("handling").items():
        path, intent, time = bucket.split(SEPARATOR)
        counts.setdefault((intent, path), {})[int(time)] = n
    sums = tally.of("handling.sum")

    def times(path: str, intent: str) -> Times:
        return Times(counts.get((intent, path), {}), sums.get(f"{path}{SEPARATOR}{intent}", 0))

    return {
        intent: Paths(times("escalated", intent), times("direct", intent))
        for intent in sorted({intent for intent, _ in counts})
    }


def contrast(by_intent: Mapping[str, Paths], *, least: int = LEAST, level: float = LEVEL) -> Contrast | None:
    """The comparison over all intents; `None` with fewer than `least` comparable cases on a side.

    Medians are drawn anew for each intent and side (bootstrap, stratified); the weights stay.
    """
    comparable = {
        intent: both
        for intent, both in by_intent.items()
        if intent not in ("", "novel") and min(both.escalated.n, both.direct.n) >= FEWEST_IN_INTENT
    }
    escalated = sum(both.escalated.n for both in comparable.values())
    direct = sum(both.direct.n for both in comparable.values())
    if min(escalated, direct) < least:
        return None
    streams = count()
    ratio, difference = np.zeros(1), np.zeros(1)
    ratios, differences = np.zeros(1), np.zeros(1)
    for both in comparable.values():
        weight = both.escalated.n / escalated
        one, other = both.escalated.quantile(0.5) or 0.0, both.direct.quantile(0.5) or 0.0
        ones = both.escalated.draws(0.5, stream=next(streams))
        others = both.direct.draws(0.5, stream=next(streams))
        difference = difference + weight * (one - other)
        ratio = ratio + weight * np.log(max(one, SHORTEST) / max(other, SHORTEST))
        differences = differences + weight * (ones - others)
        ratios = ratios + weight * np.log(np.maximum(ones, SHORTEST) / np.maximum(others, SHORTEST))
    everyone = sum(both.escalated.n for both in by_intent.values())
    return Contrast(
        ratio=_estimate(float(np.exp(ratio[0])), np.exp(ratios), level),
        difference=_estimate(float(difference[0]), differences, level),
        escalated=escalated,
        direct=direct,
        intents=len(comparable),
        left_out=everyone - escalated,
    )


def _estimate(value: float, draws: Numbers, level: float) -> Estimate:
    low, high = percentiles(draws, level)
    return Estimate(value, min(low, value), max(high, value))


def baseline_period(first: date) -> tuple[date, date]:
    """The account's first 30 days: first and last day.

    >>> baseline_period(date(2026, 1, 5))
    (datetime.date(2026, 1, 5), datetime.date(2026, 2, 3))
    """
    return first, first + BASELINE - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Progress:
    """A rate against the account's own baseline: `goal` for now, `reached`, and the change relative to the baseline.

    `sure`: whether the whole interval of the rate lies on the right side of the goal.
    """

    goal: float
    reached: bool
    sure: bool
    relative: float | None


def progress(
    baseline: Rate,
    now: Rate,
    *,
    months: int = 1,
    better: Better = Better.HIGHER,
    step: float = STEP,
    least: int = LEAST,
) -> Progress | None:
    """Where a rate stands `months` after its baseline, each month asking `step` more (relative, capped at 1), or less
    where lower is better. `None` with fewer than `least` cases on a side.

    >>> progress(Rate(200, 500), Rate(230, 500))
    Progress(goal=0.42000000000000004, reached=True, sure=False, relative=0.1499999999999999)
    """
    start, value, ends = baseline.value, now.value, now.interval()
    if start is None or value is None or ends is None or min(baseline.n, now.n) < least:
        return None
    up = better is not Better.LOWER
    goal = min(1.0, start * (1 + step) ** months) if up else start * (1 - step) ** months
    reached, sure = (value >= goal, ends[0] >= goal) if up else (value <= goal, ends[1] <= goal)
    return Progress(goal, reached, sure, value / start - 1 if start else None)
