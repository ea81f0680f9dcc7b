"""How ripe an account is for figures: suggested from what data there is, with what is missing for the next level.

A figure that an account has too few cases for teaches nothing and is looked at in vain; a level adds figures when the
data carry them. The account may say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from service.figures.catalogue import Maturity
from service.figures.rates import LEAST


class Asked(StrEnum):
    """What is counted for a level."""

    DAYS = "days"
    CONVERSATIONS = "conversations"
    JUDGED = "judged"
    INTENTS = "intents"
    REVIEWS = "reviews"
    IMPROVEMENTS = "improvements"


@dataclass(frozen=True, slots=True)
class Held:
    """What an account has: days from the first to the last with anything to count, conversations that a bot took part
    in, those of which it is known whether a human was needed (warranted, avoidable, missed), intents in its catalogs,
    reviews of verdicts by people, improvements that it told of."""

    days: int = 0
    conversations: int = 0
    judged: int = 0
    intents: int = 0
    reviews: int = 0
    improvements: int = 0


@dataclass(frozen=True, slots=True)
class Need:
    """One thing a level asks for, and how much of it there is."""

    what: Asked
    have: int
    need: int

    @property
    def met(self) -> bool:
        """Whether there is enough."""
        return self.have >= self.need


@dataclass(frozen=True, slots=True)
class Suggested:
    """The level that the data carry, what they had to hold for it, and what the next one asks for (nothing: there is
    none)."""

    level: Maturity
    carried_by: tuple[Need, ...]
    next: Maturity | None
    needs: tuple[Need, ...]

    @property
    def missing(self) -> tuple[Need, ...]:
        """What is not enough yet for the next level."""
        return tuple(need for need in self.needs if not need.met)


def suggested(held: Held, *, least: int = LEAST) -> Suggested:
    """The level for what an account has; `least`: fewest cases for which it shows a number.

    Growing: the first 30 days are over, so that there is a beginning to compare with; `10 * least` conversations of the
    bot, so that a class that every tenth falls into can be shown; and `least` of them tell whether a human was needed,
    which is what two-sided escalation accuracy rests on.

    Advanced: 90 days, so that three months can be compared; `50 * least` conversations, so that intents can be compared
    one by one; a catalog of at least 5 intents; `5 * least` reviews, so that people vouch for the verdicts (at 100 of
    them an agreement of 90 % is known to 6 points); and one improvement told of, so that loops can be timed.

    >>> suggested(Held(days=40, conversations=500, judged=12)).missing
    (Need(what=<Asked.JUDGED: 'judged'>, have=12, need=20),)
    """
    growing = (
        Need(Asked.DAYS, held.days, 30),
        Need(Asked.CONVERSATIONS, held.conversations, 10 * least),
        Need(Asked.JUDGED, held.judged, least),
    )
    advanced = (
        Need(Asked.DAYS, held.days, 90),
        Need(Asked.CONVERSATIONS, held.conversations, 50 * least),
        Need(Asked.INTENTS, held.intents, 5),
        Need(Asked.REVIEWS, held.reviews, 5 * least),
        Need(Asked.IMPROVEMENTS, held.improvements, 1),
    )
    if not all(need.met for need in growing):
        return Suggested(Maturity.STARTER, (), Maturity.GROWING, growing)
    if not all(need.met for need in advanced):
        return Suggested(Maturity.GROWING, growing, Maturity.ADVANCED, advanced)
    return Suggested(Maturity.ADVANCED, (*growing, *advanced), None, ())
