"""The figures whose days are watched: how a day is counted, which way is bad, and when a day is ripe to be judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from service.figures.alarm import Counted, Side, Sort
from service.figures.cells import CONTAINED
from service.figures.tally import Tally

WEEK, LONG = 7, 28
"""Days that are judged together; the long stretch where a day has too few cases to be judged."""
BETTER_DAYS, BETTER_WEEKS = 5, 3
"""Days of a week, or weeks of the long stretch, that are on the better side at least before it is a win."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One figure. `bad` are the ways that raise an alarm, `good` the ones that make a win. `ripe`: days after which a
    day's verdicts stand. `figure`, `value`, `of`: the value of a figure that it is; empty: none. `count` reads a tally;
    `None`: it is counted elsewhere (work that was given up)."""

    name: str
    title: str
    sort: Sort
    bad: tuple[Side, ...]
    good: tuple[Side, ...]
    count: Callable[[Tally], Counted] | None
    figure: str = ""
    value: str = ""
    of: str = ""
    ripe: int = 1


def _kept(tally: Tally) -> int:
    return sum(tally.count("containment", word) for word in CONTAINED)


def _escalated(tally: Tally) -> Counted:
    escalated = tally.count("containment", "escalated")
    return Counted(escalated, escalated + _kept(tally))


def _solved(tally: Tally) -> Counted:
    return Counted(tally.count("containment", "confirmed") + tally.count("containment", "likely"), _kept(tally))


def _returned(tally: Tally) -> Counted:
    return Counted(tally.count("containment", "returned"), _kept(tally))


def _hard(tally: Tally) -> Counted:
    return Counted(tally.count("effort.verdict", "high"), tally.total("effort.verdict"))


def _asked_again(tally: Tally) -> Counted:
    again = tally.count("context", "repeated")
    return Counted(again, again + tally.count("context", "preserved"))


def _unserved(tally: Tally) -> Counted:
    return Counted(tally.count("gap", "gap"), tally.total("gap"))


def _dissatisfied(tally: Tally) -> Counted:
    """Ratings below 3 of 5."""
    rated = list(tally.split("satisfaction"))
    return Counted(sum(n for (_, value), n in rated if int(value) < 300), sum(n for _, n in rated))


def _conversations(tally: Tally) -> Counted:
    return Counted(tally.count("conversations"))


UP, DOWN = (Side.UP,), (Side.DOWN,)

WATCHED: tuple[Watched, ...] = (
    Watched("escalated", "Handed over to a human", Sort.SHARE, UP, (), _escalated, "escalation", "rate"),
    Watched("solved", "Kept by the bot and solved", Sort.SHARE, DOWN, UP, _solved, "containment", "quality",
            "confirmed", ripe=3),
    Watched("returned", "Kept by the bot, but the customer came back", Sort.SHARE, UP, DOWN, _returned, "containment",
            "quality", "returned", ripe=3),
    Watched("hard", "High effort for the customer", Sort.SHARE, UP, DOWN, _hard, "effort", "verdict", "high"),
    Watched("asked_again", "Asked again after a handoff", Sort.SHARE, UP, DOWN, _asked_again, "context_preservation",
            "preserved"),
    Watched("unserved", "Questions that the bot could not serve", Sort.SHARE, UP, DOWN, _unserved, "knowledge_gaps",
            "conversations_with_gap"),
    Watched("dissatisfied", "Dissatisfied customers, of those who rated", Sort.SHARE, UP, DOWN, _dissatisfied,
            "business", "satisfaction"),
    Watched("conversations", "Conversations", Sort.COUNT, (Side.UP, Side.DOWN), (), _conversations),
    Watched("given_up", "Work that was given up", Sort.COUNT, UP, (), None),
)  # fmt: skip
"""Fewer handoffs are no win by themselves: a bot may keep whom it should hand over. `returned` and `solved` wait three
days: a customer may come back within 24 hours, and the end may be told late."""

BY_NAME: Mapping[str, Watched] = MappingProxyType({each.name: each for each in WATCHED})
ALARM_TESTS = sum(len(each.bad) for each in WATCHED)
"""Tests a day for alarms of one installation; as many for wins are counted by themselves."""
WIN_TESTS = sum(len(each.good) for each in WATCHED)
