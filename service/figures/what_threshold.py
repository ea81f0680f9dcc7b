"""What a threshold of confidence would have done: handing over whatever the bot is less sure of, on known outcomes.

Computed from counts of (confidence in hundredths, whether a human was needed); what nobody knows stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.figures.rates import Rate


@dataclass(frozen=True, slots=True)
class Stated:
    """How often a confidence was stated, in hundredths: a human was needed, was not, or nobody can tell."""

    hundredths: int
    needed: int = 0
    not_needed: int = 0
    open: int = 0

    @property
    def n(self) -> int:
        """All of them."""
        return self.needed + self.not_needed + self.open


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Handing over below `below` (hundredths): what would have happened in the same conversations.

    `handed_over` of all; `needed` of the handed over of which it is known (precision); `caught` of those that needed a
    human (recall); `spoiled`: handed over of those that needed nobody. `missed`: needed a human and stay with the bot.
    """

    below: int
    handed_over: Rate
    needed: Rate
    caught: Rate
    spoiled: Rate

    @property
    def missed(self) -> int:
        """How many needed a human and would have stayed with the bot."""
        return self.caught.n - self.caught.hits


@dataclass(frozen=True, slots=True)
class Shift:
    """A share as it was, and as a threshold would have made it."""

    was: Rate
    then: Rate

    @property
    def points(self) -> float | None:
        """The difference of the two shares, -1..1; `None` where one of them has no cases."""
        return None if not self.was.n or not self.then.n else self.then.hits / self.then.n - self.was.hits / self.was.n

    def interval(self) -> tuple[float, float] | None:
        """Its 95 % interval (Newcombe 1998, from the Wilson intervals of both); `None` without cases.

        It takes the two for different conversations; that they are the same ones only makes it wider than it must be.
        """
        before, after, points = self.was.interval(), self.then.interval(), self.points
        if before is None or after is None or points is None:
            return None
        (was_low, was_high), (low, high) = before, after
        was, then = self.was.hits / self.was.n, self.then.hits / self.then.n
        below = ((then - low) ** 2 + (was_high - was) ** 2) ** 0.5
        above = ((high - then) ** 2 + (was - was_low) ** 2) ** 0.5
        return points - below, points + above


def what_if(stated: Iterable[Stated], below: int) -> WhatIf:
    """What would happen at one threshold, in hundredths. Exactly at it the bot goes on."""
    (found,) = ladder(tuple(stated), (below,))
    return found


def ladder(stated: Sequence[Stated], steps: Iterable[int]) -> tuple[WhatIf, ...]:
    """The same at several thresholds.

    >>> (half,) = ladder([Stated(40, needed=3, not_needed=1), Stated(90, needed=1, not_needed=5, open=2)], [50])
    >>> half.handed_over, half.needed, half.caught, half.missed
    (Rate(hits=4, n=12), Rate(hits=3, n=4), Rate(hits=3, n=4), 1)
    """
    everyone = sum(each.n for each in stated)
    needed = sum(each.needed for each in stated)
    not_needed = sum(each.not_needed for each in stated)
    return tuple(_at(below, stated, everyone, needed, not_needed) for below in steps)


def _at(below: int, stated: Sequence[Stated], everyone: int, needed: int, not_needed: int) -> WhatIf:
    under = [each for each in stated if each.hundredths < below]
    rightly, wrongly = sum(each.needed for each in under), sum(each.not_needed for each in under)
    return WhatIf(
        below=below,
        handed_over=Rate(sum(each.n for each in under), everyone),
        needed=Rate(rightly, rightly + wrongly),
        caught=Rate(rightly, needed),
        spoiled=Rate(wrongly, not_needed),
    )
