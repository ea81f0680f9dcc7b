"""What the bot saved at the account's stated prices: what it solved for good, less what all its conversations cost.

    saved = solved * (1 - came back) * cost of a human's conversation - the bot's conversations * price of one

`solved` are the conversations that ended confirmed or likely; `came back` is the share of them whose customer returned
with the same issue later, within seven days (closed windows only); the cost of a human's conversation is what those
that humans answered cost on these days, per conversation, agents' messages included. What was kept without being solved
saved nothing and cost the bot's price: a conversation that came back (the class `returned`) is paid for twice, and a
customer who left is no saving. Unclear ones are not counted either, though some of them may have been solved.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from service.figures.beside import Prices
from service.figures.outcome_days import FAILED, SOLVED, Numbers, OutcomeDays, Sums
from service.figures.rates import LEAST, Rate, too_few
from service.figures.results import Better, Unit, Value, share


@dataclass(frozen=True, slots=True)
class Savings:
    """All of it for 30 days, as an account: what counting every kept conversation as a saving would say (`kept`), less
    those that came back, that failed (unresolved, abandoned), that are unclear, and of the solved ones those who came
    back later (`later`, at `later_rate`), less the price of all the bot's conversations, is `net`.

    `conversations`: how many of each line. `hours`: of agents, `None` where nobody stated what one takes them.
    """

    conversations: dict[str, float]
    human_cost: Value
    kept: Value
    returned: Value
    failed: Value
    unclear: Value
    later_rate: Value
    later: Value
    bot_cost: Value
    net: Value
    hours: Value | None


@dataclass(frozen=True, slots=True)
class _Priced:
    """What 30 of the days come to at the stated prices."""

    days: OutcomeDays
    prices: Prices

    def human_cost(self, s: Sums) -> Numbers:
        """Of a conversation that a human answers, agents' messages included."""
        messages = self.prices.agent_message * s.messages.sum(axis=1) / s.human.sum(axis=1)
        each: Numbers = self.prices.human_conversation + messages
        return each

    def money(self, name: str, compute: Callable[[Sums], Numbers], n: int, better: Better) -> Value:
        month = self.days.month
        return self.days.value(name, lambda s: month * compute(s), Unit.MONEY, n=n, better=better,
                               note=self.prices.currency)  # fmt: skip

    def worth(self, name: str, count: Callable[[Sums], Numbers], better: Better) -> Value:
        """What so many conversations would have cost with humans."""
        month, n = self.days.month, int(count(self.days.drawn)[0])
        return self.days.value(name, lambda s: month * count(s) * self.human_cost(s), Unit.MONEY, n=n, better=better,
                               note=self.prices.currency)  # fmt: skip

    def before(self, s: Sums) -> Numbers:
        """What was saved before anybody came back later."""
        total: Numbers = s.episodes[:, SOLVED] * self.human_cost(s) - s.bot.sum(axis=1) * self.prices.bot_conversation
        return total


def savings(
    days: OutcomeDays, prices: Prices, *, agent_minutes: float | None = None, least: int = LEAST
) -> Savings | None:
    """What was saved in 30 days, with 95 % intervals; `None` where something is `missing`."""
    if missing(days, least):
        return None
    whole, month, priced = days.drawn, days.month, _Priced(days, prices)
    counts = _counts()
    lower, higher = Better.LOWER, Better.HIGHER
    solved = priced.worth("solved", counts["solved"], higher)
    later_rate = share("later_rate", Rate(int(whole.back[0, SOLVED]), int(whole.settled[0, SOLVED])), better=lower,
                       least=least)  # fmt: skip
    later = _of(solved, later_rate)
    bots, hours = int(whole.bot[0].sum()), None
    if agent_minutes is not None:
        hours = days.value("hours", lambda s: month * s.episodes[:, SOLVED] * (1 - _rate(s)) * agent_minutes / 60,
                           Unit.NUMBER, n=solved.n, better=higher)  # fmt: skip
    return Savings(
        conversations={name: month * float(count(whole)[0]) for name, count in counts.items()},
        human_cost=days.value("human_cost", priced.human_cost, Unit.MONEY, n=int(whole.human[0].sum()), better=lower,
                              note=prices.currency),
        kept=priced.worth("kept", counts["kept"], Better.NEITHER),
        returned=priced.worth("returned", counts["returned"], lower),
        failed=priced.worth("failed", counts["failed"], lower),
        unclear=priced.worth("unclear", counts["unclear"], Better.NEITHER),
        later_rate=later_rate,
        later=later,
        bot_cost=priced.money("bot_cost", lambda s: s.bot.sum(axis=1) * prices.bot_conversation, bots, lower),
        net=_less(priced.money("net", priced.before, solved.n, higher), later),
        hours=hours,
    )  # fmt: skip


def _counts() -> dict[str, Callable[[Sums], Numbers]]:
    return {
        "kept": lambda s: s.episodes[:, SOLVED] + s.episodes[:, FAILED],
        "returned": lambda s: s.returned,
        "failed": lambda s: s.episodes[:, FAILED] - s.returned - s.unclear,
        "unclear": lambda s: s.unclear,
        "solved": lambda s: s.episodes[:, SOLVED],
        "bot": lambda s: s.bot.sum(axis=1),
    }


def missing(days: OutcomeDays, least: int = LEAST) -> str:
    """What is not enough to say what was saved; empty when it is enough."""
    whole = days.drawn
    for what, n in (
        ("conversations that the bot solved", whole.episodes[0, SOLVED]),
        ("solved ones whose seven days for a return are over", whole.settled[0, SOLVED]),
        ("conversations that a human answered", whole.human[0].sum()),
    ):
        if few := too_few(int(n), least):
            return f"{few} {what}"
    return ""


def _rate(s: Sums) -> Numbers:
    part: Numbers = s.back[:, SOLVED] / s.settled[:, SOLVED]
    return part


def _of(whole: Value, rate: Value) -> Value:
    """A part of an amount. Its interval is that of the rate (Wilson's, which holds for no case of n as well: drawing
    days anew could never show what did not happen yet)."""
    amount, part = whole.value or 0.0, rate.value or 0.0
    low, high = (None if end is None else amount * end for end in (rate.low, rate.high))
    return Value("later", amount * part, Unit.MONEY, rate.n, low=low, high=high, interval="wilson", better=rate.better,
                 note=whole.note)  # fmt: skip


def _less(amount: Value, part: Value) -> Value:
    """A difference; its interval from both (MOVER, Zou and Donner 2008)."""
    whole, less = amount.value or 0.0, part.value or 0.0
    ends = (amount.low, amount.high, part.low, part.high)
    if any(end is None for end in ends):
        return Value(amount.name, whole - less, amount.unit, amount.n, better=amount.better, note=amount.note)
    low, high, part_low, part_high = (end or 0.0 for end in ends)
    return Value(
        amount.name, whole - less, amount.unit, amount.n, better=amount.better, note=amount.note, interval="bootstrap",
        low=whole - less - math.hypot(whole - low, part_high - less),
        high=whole - less + math.hypot(high - whole, less - part_low),
    )  # fmt: skip
