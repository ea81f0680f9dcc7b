"""Whether what the bot lacks is found and mended: the lives of knowledge gaps, and how fast feedback becomes effect.

Gaps and fixes are few and all of them are known, so that their numbers and medians stand also below the least number
of cases; an interval, which speaks of gaps to come, only from there on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from statistics import median

import numpy as np

from service.figures.beside import Beside, Gaps
from service.figures.gap_life import DAY, STILL_OPEN, GapLife, GapState, Step
from service.figures.rates import Rate, too_few
from service.figures.results import Better, Unit, Value, count, share, shares
from service.figures.tally import Tally
from service.figures.times import ROUNDS, SEED, percentiles

WEEK = 7 * DAY
FIXES = (GapState.FIXED,)
LIVES = ("opened", "closed", "verified", "reopened", "open", "median_age", "oldest_age", "reopened_after_fix")
LOOPS = ("deployed", "feedback_to_deployed", "deployed_to_effect", "feedback_to_effect", "verified", "rate_left")
"""Values that are read from the lives of gaps: left out where none of them is needed."""


def gaps(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """How many of the bot's conversations show a gap and why; gaps opened and closed per week, reopened after a fix,
    median and oldest age of the open ones. Closed: an improvement for it was deployed."""
    found = tally.of("gap")
    rate = Rate(found.get("gap", 0), sum(found.values()))
    return (
        share("conversations_with_gap", rate, better=Better.LOWER, least=beside.least),
        *shares("reason", tally.of("gap.reason"), least=beside.least),
        *(_lives(beside.gaps, beside.least) if beside.gaps is not None and beside.needs(*LIVES) else ()),
    )


def _lives(known: Gaps, least: int) -> Iterator[Value]:
    weeks = (known.until - known.since) / WEEK
    steps = [_until(life, known.until) for life in known.lives]
    for name, states, better in (
        ("opened", (GapState.OPEN,), Better.LOWER),
        ("closed", FIXES, Better.HIGHER),
        ("verified", (GapState.VERIFIED,), Better.HIGHER),
        ("reopened", (GapState.REOPENED,), Better.LOWER),
    ):
        n = sum(step.state in states and step.at >= known.since for life in steps for step in life)
        yield Value(name, n / weeks if weeks > 0 else None, Unit.PER_WEEK, n, better=better)
    ages = [(known.until - _open_since(life)) / DAY for life in steps if life and life[-1].state in STILL_OPEN]
    yield count("open", len(ages), better=Better.LOWER)
    yield days("median_age", ages, least=least)
    yield Value("oldest_age", max(ages, default=None), Unit.DAYS, len(ages), better=Better.LOWER)
    fixed = [life for life in steps if any(step.state in FIXES for step in life)]
    again = sum(any(step.state is GapState.REOPENED for step in life) for life in fixed)
    yield share("reopened_after_fix", Rate(again, len(fixed)), better=Better.LOWER, least=least)


def _until(life: GapLife, until: datetime) -> list[Step]:
    return [step for step in life.steps if step.at < until]


def _open_since(steps: Sequence[Step]) -> datetime:
    """When the gap that is open now became so: its reopening, else its first message."""
    return next((s.at for s in reversed(steps) if s.state in (GapState.OPEN, GapState.REOPENED)), steps[0].at)


def days(name: str, values: Iterable[float], *, least: int) -> Value:
    """The median of days, with a bootstrap interval from `least` values on."""
    known = np.sort(np.array(list(values), dtype=np.float64))
    n = len(known)
    if not n:
        return Value(name, None, Unit.DAYS, 0, better=Better.LOWER, note="none yet")
    middle, few = float(median(known)), too_few(n, least)
    if few:
        return Value(name, middle, Unit.DAYS, n, better=Better.LOWER, note=f"no interval: {few}")
    drawn = np.random.default_rng(SEED).integers(0, n, size=(ROUNDS // 4, n))
    low, high = percentiles(np.median(known[drawn], axis=1))
    return Value(name, middle, Unit.DAYS, n, low=low, high=high, interval="bootstrap", better=Better.LOWER)


def feedback_loop(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """From the first negative feedback on a gap to the improvement deployed for it, and on to its verified effect, of
    improvements deployed in the period; how many were verified, and what is left of the gap's rate."""
    presses: dict[str, int] = {"helpful": 0, "unhelpful": 0}
    for (_, word), n in tally.split("feedback"):
        presses[word] += n
    negative = Rate(presses["unhelpful"], sum(presses.values()))
    values = [share("negative_feedback", negative, better=Better.LOWER, least=beside.least)]
    if beside.gaps is None or not beside.needs(*LOOPS):
        return tuple(values)
    return (*values, *_loops(beside.gaps, beside.least))


def _loops(known: Gaps, least: int) -> Iterator[Value]:
    to_fix, to_effect, whole, left = [], [], [], []
    fixed = verified = 0
    for life in known.lives:
        steps = _until(life, known.until)
        deployed = next((s.at for s in steps if s.state is GapState.FIXED and s.at >= known.since), None)
        if deployed is None:
            continue
        fixed += 1
        effect = next((s.at for s in steps if s.state is GapState.VERIFIED and s.at >= deployed), None)
        complained = life.negative if life.negative is not None and life.negative <= deployed else None
        if complained is not None:
            to_fix.append((deployed - complained) / DAY)
        if effect is not None:
            verified += 1
            to_effect.append((effect - deployed) / DAY)
        if effect is not None and complained is not None:
            whole.append((effect - complained) / DAY)
        if life.effect is not None and life.effect.ratio is not None:
            left.append(life.effect.ratio)
    yield count("deployed", fixed, better=Better.HIGHER)
    yield days("feedback_to_deployed", to_fix, least=least)
    yield days("deployed_to_effect", to_effect, least=least)
    yield days("feedback_to_effect", whole, least=least)
    yield share("verified", Rate(verified, fixed), better=Better.HIGHER, least=least)
    rest = median(left) if left else None
    yield Value("rate_left", rest, Unit.RATIO, len(left), better=Better.LOWER, note="" if left else "none yet")
