"""What the bot saved at the account's stated prices: what it solved for good, less what all its conversations cost.

    saved = solved * (1 - came back) * cost of a human's conversation - the bot's conversations * price of one

`solved` are the conversations that ended confirmed or likely; `came back` is the share of them whose customer returned
with the same issue within seven days (closed windows only); the cost of a human's conversation is what those that
humans answered cost on these days, per conversation, agents' messages included. What was kept without being solved
(unclear, unresolved, abandoned, returned) saved nothing and cost the bot's price: a conversation that came back is paid
for twice. Unclear ones may have been solved; how much that could add is told beside, never added.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.figures.beside import Prices
from service.figures.outcome_days import SOLVED, Numbers, OutcomeDays, Sums
from service.figures.rates import LEAST, too_few
from service.figures.results import Better, Unit, Value


@dataclass(frozen=True, slots=True)
class Savings:
    """All of it for 30 days. `solved * human_cost` is `gross`; less `back` (for those who came back) and `bot_cost` it
    is `net`. `unclear`: what it would be more if every unclear one was solved. `hours`: of agents, `None` where nobody
    stated how long a conversation takes them. Where `net` has no number, its note says what is missing."""

    solved: float
    back_rate: Value
    human_cost: Value
    gross: Value
    back: Value
    bot_cost: Value
    net: Value
    unclear: Value
    hours: Value | None


def savings(
    days: OutcomeDays, prices: Prices, *, agent_minutes: float | None = None, least: int = LEAST
) -> Savings | None:
    """What was saved in 30 days, with 95 % intervals; `None` where nothing was solved, not settled or nobody human
    answered often enough to know: see `missing`."""
    if missing(days, least):
        return None
    whole, month = days.drawn, days.month
    solved = int(whole.episodes[0, SOLVED])
    humans, settled = int(whole.human[0].sum()), int(whole.settled[0, SOLVED])
    higher, lower, money = Better.HIGHER, Better.LOWER, prices.currency

    def human_cost(s: Sums) -> Numbers:
        each: Numbers = prices.human_conversation + prices.agent_message * s.messages.sum(axis=1) / s.human.sum(axis=1)
        return each

    def gross(s: Sums) -> Numbers:
        return month * s.episodes[:, SOLVED] * human_cost(s)

    def back(s: Sums) -> Numbers:
        return gross(s) * _rate(s)

    def bot_cost(s: Sums) -> Numbers:
        each: Numbers = month * s.bot.sum(axis=1) * prices.bot_conversation
        return each

    def hours(s: Sums) -> Numbers:
        return month * s.episodes[:, SOLVED] * (1 - _rate(s)) * (agent_minutes or 0.0) / 60

    return Savings(
        solved=month * solved,
        back_rate=days.value("back_rate", _rate, Unit.SHARE, n=settled, better=lower),
        human_cost=days.value("human_cost", human_cost, Unit.MONEY, n=humans, better=lower, note=money),
        gross=days.value("gross", gross, Unit.MONEY, n=solved, better=higher, note=money),
        back=days.value("back", back, Unit.MONEY, n=settled, better=lower, note=money),
        bot_cost=days.value("bot_cost", bot_cost, Unit.MONEY, n=int(whole.bot[0].sum()), better=lower, note=money),
        net=days.value("net", lambda s: gross(s) - back(s) - bot_cost(s), Unit.MONEY, n=solved, better=higher,
                       note=money),
        unclear=days.value("unclear", lambda s: month * s.unclear * (1 - _rate(s)) * human_cost(s), Unit.MONEY,
                           n=int(whole.unclear[0]), better=higher, note=money),
        hours=None if agent_minutes is None
        else days.value("hours", hours, Unit.NUMBER, n=solved, better=higher),
    )  # fmt: skip


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
    share: Numbers = s.back[:, SOLVED] / s.settled[:, SOLVED]
    return share
