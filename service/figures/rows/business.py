"""What it meant for the business, by outcome class; and how far reviewers agree with Deskmark's verdicts."""

from __future__ import annotations

from collections.abc import Iterator

from service.figures.agreement import agreement
from service.figures.beside import Beside, Prices, Reviews
from service.figures.cells import CONTAINED
from service.figures.kappa import kappa
from service.figures.rates import Rate
from service.figures.results import Better, Unit, Value, mean, share, sums_of
from service.figures.tally import Tally

CLASSES = (*CONTAINED, "escalated", "human_only")

WINDOWS = (("repeat", "repeat_contact"), ("repeat.72h", "repeat_contact_72h"), ("repeat.7d", "repeat_contact_7d"))


def business(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """Mean satisfaction (1-5), repeat contact rate (24 h, 72 h, 7 d; closed windows only) and cost by outcome class.

    Cost is the stated prices times what happened; without prices it is left out.
    """
    return (
        *_satisfaction(tally, beside.least),
        *(value for measure, name in WINDOWS for value in _repeats(tally, measure, name, beside.least)),
        *(_costs(tally, beside.prices) if beside.prices is not None else ()),
    )


def _satisfaction(tally: Tally, least: int) -> Iterator[Value]:
    by_class: dict[str, dict[str, int]] = {"": {}}
    for (outcome, hundredths), n in tally.split("satisfaction"):
        for place in ("", outcome):
            counts = by_class.setdefault(place, {})
            counts[hundredths] = counts.get(hundredths, 0) + n
    for outcome in ("", *CLASSES):
        sums = sums_of(by_class.get(outcome, {}), 100)
        yield mean("satisfaction", sums, Unit.STARS, of=outcome, scale=(1, 5), better=Better.HIGHER, least=least)


def _repeats(tally: Tally, measure: str, name: str, least: int) -> Iterator[Value]:
    rates: dict[str, Rate] = {}
    for (outcome, word), n in tally.split(measure):
        if word in ("returned", "not_returned"):
            found = Rate(n if word == "returned" else 0, n)
            for place in ("", outcome):
                rates[place] = rates.get(place, Rate(0, 0)) + found
    # Kept conversations whose customer came back are a class of their own: it says nothing beside it.
    for outcome in ("", *(c for c in CLASSES if c != "returned")):
        yield share(name, rates.get(outcome, Rate(0, 0)), of=outcome, better=Better.LOWER, least=least)


def _costs(tally: Tally, prices: Prices) -> Iterator[Value]:
    """Mean cost of a conversation; it is a sum, not a sample, so it has no interval."""
    each = {"bot": prices.bot_conversation, "human": prices.human_conversation, "agent_messages": prices.agent_message}
    total = dict.fromkeys(CLASSES, 0.0)
    for (outcome, what), n in tally.split("work"):
        total[outcome] = total.get(outcome, 0.0) + n * each[what]
    classes = tally.of("containment")
    whole = (("", sum(total.values()), sum(classes.get(c, 0) for c in CLASSES)),)
    for outcome, money, n in (*whole, *((c, total[c], classes.get(c, 0)) for c in CLASSES)):
        mean_cost = money / n if n else None
        yield Value("cost", mean_cost, Unit.MONEY, n, outcome, better=Better.LOWER, note=prices.currency)
        yield Value("cost_total", money, Unit.MONEY, n, outcome, better=Better.LOWER, note=prices.currency)


def review_agreement(tally: Tally, beside: Beside) -> tuple[Value, ...]:  # noqa: ARG001 - every row has this shape
    """How often reviewers agree with Deskmark, and with one another, by score: raw, and as Cohen's kappa."""
    return (
        *_agreed("deskmark", beside.reviews, beside.least),
        *_agreed("reviewers", beside.reviewers, beside.least),
    )


def _agreed(who: str, reviews: Reviews, least: int) -> Iterator[Value]:
    for score in sorted({score for score, _, _ in reviews}):
        found = agreement({(one, other): n for (of, one, other), n in reviews.items() if of == score})
        yield share(f"{who}.agreement", found.rate, of=score, better=Better.HIGHER, least=least)
        yield kappa(f"{who}.kappa", found, of=score, least=least)
