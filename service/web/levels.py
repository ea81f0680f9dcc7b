"""What each level of maturity shows and asks for, in words."""

from __future__ import annotations

from collections.abc import Mapping

from service.figures.catalogue import FIGURES, Figure, Maturity, figure
from service.figures.maturity import Asked, Need
from service.figures.standing import STEP

LEVELS: Mapping[Maturity, tuple[str, str]] = {
    Maturity.STARTER: ("What it comes to", "The few figures to look at first."),
    Maturity.GROWING: ("What makes it move", "Figures that tell why the first ones go up or down."),
    Maturity.ADVANCED: ("Where to look when it does not", "Diagnosis: the parts of the bot and of the handoff."),
}
"""What each level adds, in words."""

FIRST = ("containment", "effort", "escalation", "business")
"""The primary figures; containment has a panel of its own, so that quantity never stands without quality."""

NEEDS: Mapping[Asked, str] = {
    Asked.DAYS: "days since the first conversation",
    Asked.CONVERSATIONS: "conversations of the bot in the last 90 days",
    Asked.JUDGED: "conversations of which it is clear whether a human was needed",
    Asked.INTENTS: "intents in the catalog",
    Asked.REVIEWS: "verdicts reviewed by people",
    Asked.IMPROVEMENTS: "improvements told of (an article, a release of the bot)",
}


def levels(level: Maturity) -> Mapping[Maturity, tuple[Figure, ...]]:
    """The figures of a level and of those below it."""
    order = list(Maturity)
    of = {each: tuple(one for one in FIGURES if one.maturity is each) for each in order[: order.index(level) + 1]}
    return {**of, Maturity.STARTER: tuple(figure(name) for name in FIRST)}


def in_words(need: Need) -> str:
    """What a level asks for, as "12 of 20 verdicts reviewed by people"."""
    if need.met:
        return f"{need.have:,} {NEEDS[need.what]}; {need.need:,} are needed"
    return f"{need.have:,} of {need.need:,} {NEEDS[need.what]}"


def step_of(steps: Mapping[str, float], name: str) -> float:
    """What a month asks of a figure, in percent."""
    return round(100 * steps.get(name, STEP), 1)
