"""What would become of cost, satisfaction and agents' time if some conversations ended differently.

The method: conversations are moved from one group of outcomes to another, and those moved are assumed to behave like
the ones that are there today: as many of them come back within seven days, rate the conversation, rate it so, and need
a human. What that comes to is the number moved times the difference between the groups, at the account's stated prices:

    cost of one = bot's price + human's price and messages, of its group, + share that came back * mean cost of any one

Nothing is assumed about how the change is brought about or what that costs. The intervals say how well the account's
own rates are known (days drawn anew, `outcome_days`), not whether the assumption holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np

from service.figures.beside import Prices
from service.figures.outcome_days import ESCALATED, FAILED, SOLVED, Numbers, OutcomeDays, Sums
from service.figures.rates import LEAST, too_few
from service.figures.results import Better, Unit, Value


@dataclass(frozen=True, slots=True)
class Wish:
    """What would change. `quality`: points more of what the bot keeps end confirmed or likely. `avoidable`: percent of
    the avoidable handoffs that the bot solves instead. `kept`: points more of the bot's conversations are kept instead
    of handed over, and end as those do that it keeps today, the failed ones too."""

    quality: float = 0.0
    avoidable: float = 0.0
    kept: float = 0.0

    @property
    def groups(self) -> frozenset[int]:
        """The groups of outcomes that it takes from or adds to."""
        moved = {
            *((FAILED, SOLVED) if self.quality else ()),
            *((ESCALATED, SOLVED) if self.avoidable else ()),
            *((ESCALATED, SOLVED, FAILED) if self.kept else ()),
        }
        return frozenset(moved)


@dataclass(frozen=True, slots=True)
class Effect:
    """One outcome in 30 days: as it is, as it would be, and the difference, each with its interval. Where `difference`
    has no number, its note says what is missing."""

    name: str
    now: Value
    then: Value
    difference: Value


@dataclass(frozen=True, slots=True)
class Stated:
    """What the account states: prices, and minutes of an agent's work on a conversation; what is `None` is left out."""

    prices: Prices | None = None
    agent_minutes: float | None = None


def moved(sums: Sums, wish: Wish) -> Numbers:
    """Conversations added to each group, shape (rows, 4); never more than there are to take."""
    solved, failed, escalated = (sums.episodes[:, column] for column in (SOLVED, FAILED, ESCALATED))
    kept = solved + failed
    better = np.minimum(wish.quality / 100 * kept, failed)
    avoided = np.minimum(wish.avoidable / 100 * sums.avoidable, escalated)
    more = np.minimum(wish.kept / 100 * (kept + escalated), escalated - avoided)
    share = np.divide(solved, kept, out=np.zeros_like(kept), where=kept > 0)
    added = np.zeros_like(sums.episodes)
    added[:, SOLVED] = better + avoided + more * share
    added[:, FAILED] = more * (1 - share) - better
    added[:, ESCALATED] = -avoided - more
    return added


def what_if(days: OutcomeDays, wish: Wish, stated: Stated, *, least: int = LEAST) -> tuple[Effect, ...]:
    """What the wish would change in 30 days: conversations that a human answers, returns, satisfaction; and agents'
    hours and cost, where the account states what is needed for them."""
    lower, month = Better.LOWER, days.month
    few_back, few_rated = (_few(getattr(days.drawn, each), wish, least) for each in ("settled", "rated"))
    effects = [
        _effect(days, wish, "human_conversations", lambda s: month * _humans(s), Unit.COUNT, lower, few_back),
        _effect(days, wish, "returns", lambda s: month * (s.episodes * _back(s)).sum(axis=1), Unit.COUNT, lower,
                few_back),
        _effect(days, wish, "satisfaction", _satisfaction, Unit.STARS, Better.HIGHER, few_rated),
    ]  # fmt: skip
    minutes, prices = stated.agent_minutes, stated.prices
    if minutes is not None:
        hours = month * minutes / 60
        effects.append(_effect(days, wish, "hours", lambda s: hours * _humans(s), Unit.NUMBER, lower, few_back))
    if prices is not None:
        effects.append(
            _effect(days, wish, "cost", lambda s: month * _cost(s, prices), Unit.MONEY, lower, few_back,
                    note=prices.currency)
        )  # fmt: skip
    return tuple(effects)


def _few(counts: Numbers, wish: Wish, least: int) -> str:
    """What is missing in a group that the wish takes from or adds to; the scarcest says."""
    fewest = min((int(counts[0, group]) for group in wish.groups), default=least)
    return too_few(fewest, least)


def _effect(
    days: OutcomeDays,
    wish: Wish,
    name: str,
    compute: Callable[[Sums], Numbers],
    unit: Unit,
    better: Better,
    few: str,
    *,
    note: str = "",
) -> Effect:
    """`compute` of what is, and of what would be. Both are of the same drawn days, so their difference is as well."""
    n = int(days.drawn.rated[0].sum() if unit is Unit.STARS else days.drawn.episodes[0].sum())

    def then(s: Sums) -> Numbers:
        return compute(_would_be(s, wish))

    now = days.value(name, compute, unit, n=n, better=better, note=note)
    if few:
        nothing = Value(name, None, unit, n, better=better, note=few)
        return Effect(name, now, nothing, nothing)
    return Effect(
        name,
        now,
        days.value(name, then, unit, n=n, better=better, note=note),
        days.value(name, lambda s: then(s) - compute(s), unit, n=n, better=better, note=note),
    )


def _would_be(s: Sums, wish: Wish) -> Sums:
    """The sums with conversations moved: each group grows with all that its conversations do today."""
    grown = np.divide(s.episodes + moved(s, wish), s.episodes, out=np.ones_like(s.episodes), where=s.episodes > 0)
    by_group = [each.name for each in fields(Sums) if each.name not in ("avoidable", "unclear", "returned")]
    after = replace(s, **{name: getattr(s, name) * grown for name in by_group})
    fewer = ((s.episodes - after.episodes) * _back(s)).sum(axis=1) / s.episodes.sum(axis=1)
    left = (1 - fewer)[:, None]
    # A return avoided is a conversation that never comes: a mean one, of every group, with all that it does.
    return replace(after, **{name: getattr(after, name) * left for name in by_group})


def _back(s: Sums) -> Numbers:
    """Share that came back, by group; 0 where none is settled."""
    share: Numbers = np.divide(s.back, s.settled, out=np.zeros_like(s.back), where=s.settled > 0)
    return share


def _humans(s: Sums) -> Numbers:
    total: Numbers = s.human.sum(axis=1)
    return total


def _satisfaction(s: Sums) -> Numbers:
    mean: Numbers = s.stars.sum(axis=1) / s.rated.sum(axis=1)
    return mean


def _cost(s: Sums, prices: Prices) -> Numbers:
    each: Numbers = (
        prices.bot_conversation * s.bot + prices.human_conversation * s.human + prices.agent_message * s.messages
    )
    total: Numbers = each.sum(axis=1)
    return total
