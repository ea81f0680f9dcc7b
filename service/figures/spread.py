"""How times are spread: cases between ends that people read easily, out of the fine buckets of a tally."""

from __future__ import annotations

from collections.abc import Sequence

from service.figures.cells import bounds
from service.figures.times import Times

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0

ENDS = (0.0, 30.0, MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 4 * HOUR, DAY, 3 * DAY, 7 * DAY)
"""Where the ranges of handoff times begin, in seconds; the last has no end."""


def spread(times: Times, ends: Sequence[float] = ENDS) -> tuple[tuple[float, float | None, int], ...]:
    """(start, end, cases) of each range; the last end is `None`. Empty ranges before the first and behind the last that
    holds a case are left out.

    A bucket that an end cuts belongs where its middle lies: at most 1 % beside the end.

    >>> spread(Times({0: 2, 207: 1}), (0, 30, 60, 300))
    ((0, 30, 2), (30, 60, 1))
    """
    counts = [0] * len(ends)
    for bucket, n in times.counts.items():
        middle = sum(bounds(bucket)) / 2
        counts[max(place for place, start in enumerate(ends) if start <= middle)] += n
    ranges = list(zip(ends, (*ends[1:], None), counts, strict=True))
    held = [place for place, n in enumerate(counts) if n]
    return tuple(ranges[held[0] : held[-1] + 1]) if held else ()
