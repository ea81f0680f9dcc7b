"""Like with like: escalated against human-direct, within the same intent.

A raw comparison of escalated and direct conversations lies: bots keep the easy ones, so that what is escalated is
harder from the start. Here each intent is compared with itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

import numpy as np

from service.figures.calibration import Estimate
from service.figures.cells import SEPARATOR
from service.figures.rates import LEAST, LEVEL
from service.figures.tally import Tally
from service.figures.times import Numbers, Times, percentiles

FEWEST_IN_INTENT = 5
"""Cases on each side from which an intent enters the comparison over all intents."""

SHORTEST = 0.5
"""Seconds below which times are not told apart when they are divided."""


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
        place, time = _parts(bucket)
        known = counts.get(place)
        if known is None:
            known = counts[place] = {}
        known[time] = n
    sums = tally.of("handling.sum")

    def times(path: str, intent: str) -> Times:
        return Times(counts.get((intent, path), {}), sums.get(f"{path}{SEPARATOR}{intent}", 0))

    return {
        intent: Paths(times("escalated", intent), times("direct", intent))
        for intent in sorted({intent for intent, _ in counts})
    }


def escalated(tally: Tally) -> Times:
    """Handling times of all that was escalated, whatever the intent; the sum of `paths` over their first sides."""
    start = f"escalated{SEPARATOR}"
    sums = (n for bucket, n in tally.of("handling.sum").items() if bucket.startswith(start))
    return Times(tally.by_end("handling", "escalated"), sum(sums))


@lru_cache(maxsize=100_000)
def _parts(bucket: str) -> tuple[tuple[str, str], int]:
    """(intent, path) and time of a bucket; the same ones come again for every day and week."""
    path, intent, time = bucket.split(SEPARATOR)
    return (intent, path), int(time)


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
