"""What some figures need beside the tally of their period: the months before, the life of gaps, prices, reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from service.figures.gap_life import GapLife
from service.figures.rates import LEAST
from service.figures.tally import Tally

Reviews = Mapping[tuple[str, str, str], int]
"""Counts by (score, what one said, what the other said)."""


def _none() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Prices:
    """What the account says its work costs, in its own currency: a conversation that a bot took part in, one that a
    human answered, and each message of an agent."""

    bot_conversation: float = 0.0
    human_conversation: float = 0.0
    agent_message: float = 0.0
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A group of novel messages that may be an intent of its own: its label, its size, conversations as examples."""

    label: str
    size: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gaps:
    """The lives of the gaps, and the time that the figures speak of: `since` inclusive, `until` exclusive."""

    lives: Sequence[GapLife]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Beside:
    """Everything a figure may need beside its tally; what is absent leaves the values that need it out.

    `months`: tallies of calendar months in a row, by name ("2026-03"), for trends. `reviews`: how often a human who
    checked a score said what: (score, Deskmark's verdict, the human's) -> times; `reviewers` the same for two humans.
    `examples`: what the catalog holds for each intent. `least`: fewest cases for which a number is shown. `only`: the
    name of the one value that is needed, or of several, empty: all are; a figure may then leave out others that take
    long. Without `intents` it may leave out those of single intents as well.
    """

    months: Mapping[str, Tally] = field(default_factory=_none)
    gaps: Gaps | None = None
    prices: Prices | None = None
    proposals: tuple[Proposal, ...] = ()
    reviews: Reviews = field(default_factory=_none)
    reviewers: Reviews = field(default_factory=_none)
    examples: Mapping[str, int] = field(default_factory=_none)
    least: int = LEAST
    only: str | tuple[str, ...] = ""
    intents: bool = True

    def needs(self, *names: str) -> bool:
        """Whether one of these values is needed."""
        if isinstance(self.only, str):
            return not self.only or self.only in names
        return not self.only or not set(self.only).isdisjoint(names)
