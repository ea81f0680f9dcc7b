"""Savings and what-ifs against accounts made up from known rates: what is computed is what was put in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from service.figures.beside import Prices
from service.figures.outcome_days import ESCALATED, FAILED, SOLVED, OutcomeDays
from service.figures.results import Value
from service.figures.savings import missing, savings
from service.figures.tally import Tally
from service.figures.what_if import Effect, Stated, Wish, moved, what_if

PRICES = Prices(bot_conversation=1.0, human_conversation=8.0, agent_message=0.5, currency="EUR")
STATED = Stated(PRICES, agent_minutes=15)

SHARES = {"confirmed": 0.25, "likely": 0.2, "unresolved": 0.15, "abandoned": 0.1, "escalated": 0.2, "human_only": 0.1}
BACK = {"confirmed": 0.02, "likely": 0.08, "unresolved": 0.3, "abandoned": 0.2, "escalated": 0.1, "human_only": 0.1}
STARS = {"confirmed": 4.5, "likely": 4.0, "unresolved": 2.0, "abandoned": 2.5, "escalated": 3.5, "human_only": 4.0}
MESSAGES = 3
AVOIDABLE = 0.25


def day(rng: np.random.Generator, n: int) -> Tally:
    """A day of about n conversations; every fifth is rated, all returns are settled."""
    counts: dict[str, dict[str, int]] = {
        each: {} for each in ("containment", "work", "repeat.7d", "satisfaction", "escalation")
    }

    def add(measure: str, bucket: str, times: int) -> None:
        if times:
            counts[measure][bucket] = counts[measure].get(bucket, 0) + int(times)

    drawn = rng.multinomial(rng.poisson(n), list(SHARES.values()))
    for outcome, times in zip(SHARES, drawn.tolist(), strict=True):
        back = rng.binomial(times, BACK[outcome])
        add("containment", outcome, times)
        add("repeat.7d", f"{outcome}\treturned", back)
        add("repeat.7d", f"{outcome}\tnot_returned", times - back)
        for _ in range(rng.binomial(times, 0.2)):
            stars = float(np.clip(rng.normal(STARS[outcome], 0.4), 1, 5))
            add("satisfaction", f"{outcome}\t{round(100 * stars)}", 1)
        if outcome != "human_only":
            add("work", f"{outcome}\tbot", times)
        if outcome in ("escalated", "human_only"):
            add("work", f"{outcome}\thuman", times)
            add("work", f"{outcome}\tagent_messages", times * MESSAGES)
        if outcome == "escalated":
            avoidable = rng.binomial(times, AVOIDABLE)
            add("escalation", "avoidable", avoidable)
            add("escalation", "warranted", times - avoidable)
    return Tally(counts)


@pytest.fixture(scope="module")
def account() -> Callable[..., OutcomeDays]:
    """An account of 60 days with about `n` conversations each."""

    def made(seed: int = 1, *, n: int = 100, days: int = 60) -> OutcomeDays:
        rng = np.random.default_rng(seed)
        return OutcomeDays.of([day(rng, n) for _ in range(days)], periods=days, days=days)

    return made


def group(rates: dict[str, float], *classes: str) -> float:
    """The mean of a rate over classes, by how many conversations they have."""
    return sum(SHARES[c] * rates[c] for c in classes) / sum(SHARES[c] for c in classes)


def effect(found: tuple[Effect, ...], name: str) -> Effect:
    return next(each for each in found if each.name == name)


def test_savings_are_the_formula_less_what_came_back(account: Callable[..., OutcomeDays]) -> None:
    found = savings(account(n=2000), PRICES, agent_minutes=15)
    assert found is not None

    a_month = 2000 * 30
    solved, back, human = 0.45 * a_month, group(BACK, "confirmed", "likely"), 8 + MESSAGES * 0.5
    assert found.conversations["solved"] == pytest.approx(solved, rel=0.01)
    assert found.human_cost.value == pytest.approx(human)
    assert found.later.value == pytest.approx(solved * back * human, rel=0.05)
    assert found.net.value == pytest.approx(solved * (1 - back) * human - 0.9 * a_month, rel=0.01)
    lines = (found.returned, found.failed, found.unclear, found.later, found.bot_cost)
    assert found.net.value == pytest.approx((found.kept.value or 0) - sum(each.value or 0 for each in lines))
    assert found.net.low is not None
    assert found.net.high is not None
    assert found.net.low < (found.net.value or 0) < found.net.high
    assert found.hours is not None
    assert found.hours.value == pytest.approx(solved * (1 - back) / 4, rel=0.01)
    assert found.unclear.value == 0


def test_what_came_back_saves_nothing_and_is_paid_for(account: Callable[..., OutcomeDays]) -> None:
    some, more = ({"confirmed\treturned": back, "confirmed\tnot_returned": 100 - back} for back in (10, 40))
    common = {"containment": {"confirmed": 100, "escalated": 50},
              "work": {"confirmed\tbot": 100, "escalated\tbot": 50, "escalated\thuman": 50}}  # fmt: skip
    of = [OutcomeDays.of([Tally({**common, "repeat.7d": back})] * 30, periods=30, days=30) for back in (some, more)]
    few, many = (savings(each, PRICES) for each in of)
    assert few is not None
    assert many is not None

    assert (few.net.value, many.net.value) == (3000 * 0.9 * 8 - 4500, 3000 * 0.6 * 8 - 4500)
    assert few.hours is None
    assert many.later.low is not None
    assert many.later.low > 0


def test_what_never_happened_yet_may_still_happen() -> None:
    never = {
        "containment": {"likely": 10, "escalated": 5},
        "work": {"likely\tbot": 10, "escalated\thuman": 5},
        "repeat.7d": {"likely\tnot_returned": 10},
    }
    days = OutcomeDays.of([Tally(never)] * 30, periods=30, days=30)
    found = savings(days, Prices(human_conversation=8))
    assert found is not None

    assert (found.later.value, found.net.value, found.net.high) == (0, 2400, 2400)
    assert found.net.low == pytest.approx(2400 - 2400 * (found.later_rate.high or 0))
    few = savings(OutcomeDays.of([Tally(never)] * 5, periods=5, days=5), PRICES)
    assert few is not None
    assert (few.net.low, few.net.high) == (None, None), "five days tell nothing of other days"


def test_savings_need_enough_of_everything(account: Callable[..., OutcomeDays]) -> None:
    nothing = OutcomeDays.of([], periods=1, days=0)
    assert missing(nothing) == "not enough data, 0 of 20 conversations that the bot solved"
    assert savings(nothing, PRICES) is None
    alone = OutcomeDays.of([Tally({"containment": {"likely": 30}})], periods=1, days=1)
    assert "seven days for a return are over" in missing(alone)
    settled = OutcomeDays.of(
        [Tally({"containment": {"likely": 30}, "repeat.7d": {"likely\tnot_returned": 30}})], periods=1, days=1
    )
    assert missing(settled) == "not enough data, 0 of 20 conversations that a human answered"
    assert missing(account()) == ""


def test_better_quality_changes_what_the_rates_say(account: Callable[..., OutcomeDays]) -> None:
    days = account(n=2000)
    found = what_if(days, Wish(quality=10), STATED)

    a_month = 2000 * 30
    taken = 0.1 * 0.7 * a_month
    fewer = taken * (group(BACK, "unresolved", "abandoned") - group(BACK, "confirmed", "likely"))
    returns = sum(SHARES[c] * BACK[c] for c in SHARES) * a_month
    assert effect(found, "returns").now.value == pytest.approx(returns, rel=0.02)
    assert effect(found, "returns").difference.value == pytest.approx(-fewer, rel=0.15)
    humans, cost = 0.3 * a_month, 0.9 * a_month + 0.3 * a_month * 9.5
    assert effect(found, "human_conversations").difference.value == pytest.approx(-fewer * humans / a_month, rel=0.1)
    assert effect(found, "cost").now.value == pytest.approx(cost, rel=0.01)
    assert effect(found, "cost").difference.value == pytest.approx(-fewer * cost / a_month, rel=0.1)
    assert effect(found, "hours").now.value == pytest.approx(humans / 4, rel=0.02)
    stars = taken / a_month * (group(STARS, "confirmed", "likely") - group(STARS, "unresolved", "abandoned"))
    assert effect(found, "satisfaction").difference.value == pytest.approx(stars, rel=0.1)


def test_avoided_handoffs_and_more_kept_take_from_what_is_handed_over(account: Callable[..., OutcomeDays]) -> None:
    days = account(n=2000)
    a_month = 2000 * 30

    avoided = what_if(days, Wish(avoidable=50), STATED)
    fewer = 0.5 * AVOIDABLE * 0.2 * a_month
    assert effect(avoided, "human_conversations").difference.value == pytest.approx(-fewer, rel=0.05)
    assert (effect(avoided, "cost").difference.value or 0) < -fewer * 9.5 * 0.9

    kept = what_if(days, Wish(kept=10), STATED)
    assert (effect(kept, "cost").difference.value or 0) < 0
    as_today = group(STARS, *SHARES) + 0.1 * 0.9 * (
        group(STARS, "confirmed", "likely", "unresolved", "abandoned") - STARS["escalated"]
    )
    assert effect(kept, "satisfaction").then.value == pytest.approx(as_today, abs=0.03), "the failed ones too"
    assert (effect(kept, "returns").difference.value or 0) > 0


@pytest.mark.parametrize("wish", [Wish(quality=90), Wish(avoidable=100, kept=100), Wish(100, 100, 100)])
def test_nobody_moves_what_is_not_there(account: Callable[..., OutcomeDays], wish: Wish) -> None:
    sums = account().drawn
    added = moved(sums, wish)

    assert np.allclose(added.sum(axis=1), 0)
    assert (sums.episodes + added >= -1e-9).all()


def test_the_interval_holds_the_truth_as_often_as_it_says(account: Callable[..., OutcomeDays]) -> None:
    """The truth is what a thousand times as many conversations of the same account come to."""

    def difference(days: OutcomeDays, name: str) -> Value:
        return effect(what_if(days, Wish(quality=10), STATED), name).difference

    names, whole = ("cost", "satisfaction", "returns"), account(9, n=40_000)
    truth = {each: (difference(whole, each).value or 0) / (1 if each == "satisfaction" else 400) for each in names}
    held = dict.fromkeys(names, 0)
    for seed in range(100):
        days = account(100 + seed, n=100)
        for name in names:
            found = difference(days, name)
            assert found.interval == "bootstrap"
            held[name] += (found.low or 0) <= truth[name] <= (found.high or 0)
    assert min(held.values()) >= 88, held


def test_no_number_where_a_group_is_too_small(account: Callable[..., OutcomeDays]) -> None:
    few = account(days=30, n=1)
    found = what_if(few, Wish(quality=10), STATED)

    assert {each.name for each in found} == {"human_conversations", "returns", "satisfaction", "hours", "cost"}
    for each in found:
        assert each.difference.value is None
        assert each.difference.note.startswith("not enough data, ")
    assert what_if(OutcomeDays.of([], periods=1, days=0), Wish(quality=10), Stated())[0].difference.value is None


def test_without_prices_and_minutes_neither_cost_nor_hours(account: Callable[..., OutcomeDays]) -> None:
    assert [each.name for each in what_if(account(), Wish(quality=1), Stated())] == [
        "human_conversations", "returns", "satisfaction"
    ]  # fmt: skip


def test_too_few_days_have_no_interval(account: Callable[..., OutcomeDays]) -> None:
    (_, returns, *_) = what_if(account(days=13, n=300), Wish(quality=10), STATED)

    assert returns.difference.value is not None
    assert (returns.difference.low, returns.difference.interval) == (None, "")


def test_a_wish_names_the_groups_it_takes_from_and_adds_to() -> None:
    assert Wish().groups == frozenset()
    assert Wish(quality=1).groups == {FAILED, SOLVED}
    assert Wish(avoidable=1).groups == {ESCALATED, SOLVED}
    assert Wish(kept=1).groups == {ESCALATED, SOLVED, FAILED}


def test_days_without_conversations_are_days_too() -> None:
    one = Tally({"containment": {"likely": 30, "something_new": 4}})
    days = OutcomeDays.of([one], periods=10, days=10)

    assert (days.periods, days.month, days.drawn.episodes[0].sum()) == (1, 3.0, 30)
