"""What became of conversations that the bot kept or handed over: containment, effort, context."""

from __future__ import annotations

from service.figures.beside import Beside
from service.figures.cells import CONTAINED
from service.figures.rates import Rate
from service.figures.results import Better, Unit, Value, count, mean, share, shares, sums_of
from service.figures.tally import Tally

WISHES = {
    "confirmed": Better.HIGHER,
    "likely": Better.HIGHER,
    "unresolved": Better.LOWER,
    "abandoned": Better.LOWER,
    "returned": Better.LOWER,
}
EFFORTS = {"low": Better.HIGHER, "high": Better.LOWER}


def containment(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """Quantity (kept of all that the bot took part in) beside quality (each class of what it kept), never one rate.

    `class` are shares of all the bot's conversations and add up to 1 with `escalated`; `quality` are shares of the
    kept ones. `claimed` is how many of the kept the bot calls done, `claim_held` how many of those ended confirmed or
    likely. `window_open`: kept ones whose customer may still come back.
    """
    least = beside.least
    classes = tally.of("containment")
    kept = {word: classes.get(word, 0) for word in CONTAINED}
    n = sum(kept.values())
    everything = {**kept, "escalated": classes.get("escalated", 0)}
    claims = {parts[0]: c for parts, c in tally.split("claimed") if parts[1] == "success"}
    claimed = sum(claims.values())
    held = claims.get("confirmed", 0) + claims.get("likely", 0)
    pending = sum(c for parts, c in tally.split("repeat") if parts[0] in CONTAINED and parts[1] == "pending")
    return (
        share("contained", Rate(n, sum(everything.values())), better=Better.HIGHER, least=least),
        *shares("class", everything, everything, better=WISHES, least=least),
        *shares("quality", kept, CONTAINED, better=WISHES, least=least),
        share("claimed", Rate(claimed, n), least=least),
        share("claim_held", Rate(held, claimed), better=Better.HIGHER, least=least),
        share("window_open", Rate(pending, n), least=least),
        count("human_only", classes.get("human_only", 0)),
    )


def effort(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """Mean of the observed effort score (1-7, 7 = easy), its distribution in whole points, and the surveys' mean."""
    n = tally.total("effort")
    sums = (n, tally.count("effort.sum") / 100, tally.count("effort.squares") / 10_000)
    points: dict[str, int] = {str(point): 0 for point in range(1, 8)}
    for tenths, cases in tally.of("effort").items():
        points[str(int(int(tenths) / 10 + 0.5))] += cases
    surveys = sums_of(tally.of("ces"), 10)
    higher, least = Better.HIGHER, beside.least
    return (
        mean("mean", sums, Unit.POINTS, scale=(1, 7), better=higher, least=least),
        *shares("verdict", tally.of("effort.verdict"), ("low", "medium", "high"), better=EFFORTS, least=least),
        *shares("points", points, points, least=least),
        mean("survey_mean", surveys, Unit.POINTS, scale=(1, 7), better=higher, least=least),
        mean("survey_minus_observed", sums_of(tally.of("ces.difference"), 10), Unit.POINTS, least=least),
    )


def context(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """Handoffs and transfers after which nothing was asked again, of those in which that could be told; what was."""
    least = beside.least
    verdicts = tally.of("context")
    repeated, preserved = verdicts.get("repeated", 0), verdicts.get("preserved", 0)
    kinds = tally.of("re_asked")
    asked = [
        share("re_asked", Rate(cases, repeated), of=kind, better=Better.LOWER, least=least)
        for kind, cases in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    ]
    return (
        share("preserved", Rate(preserved, preserved + repeated), better=Better.HIGHER, least=least),
        share("unclear", Rate(verdicts.get("unclear", 0), sum(verdicts.values())), least=least),
        count("re_asks", tally.count("re_asks"), better=Better.LOWER),
        *asked,
    )
