"""The handoff: how often, when, whether rightly, and how long it took from there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from service.figures.beside import Beside
from service.figures.cells import CONTAINED
from service.figures.comparison import Contrast, contrast, escalated, paths
from service.figures.rates import Rate, too_few
from service.figures.results import Better, Unit, Value, count, duration, estimate, mean, share, shares, sums_of
from service.figures.tally import Tally
from service.figures.times import times_of

DELAYS = ("time_before", "delay", "delay_p90")
"""Values with bootstraps, left out where they are not needed."""

HANDLED: Mapping[str, Mapping[str, float]] = {
    "handling": {"solved": 0.5, "solved_p90": 0.9},
    "handling.business": {"solved_business": 0.5},
    "first_reply": {"first_reply": 0.5, "first_reply_p90": 0.9},
    "first_reply.business": {"first_reply_business": 0.5},
}
"""The times of a handoff by measure: each value and its quantile, left out where it is not needed."""

TIMINGS = ("early", "on_time", "late", "never")
COMPARED = ("ratio", "difference", "left_out", "escalated", "direct")
"""Values of the comparison with conversations without a bot: many bootstraps, left out where they are not needed."""
Buckets = frozenset[tuple[str, int]]
"""Buckets of a measure with their counts."""

VERDICTS = ("warranted", "avoidable", "unclear", "missed", "not_needed")


def escalation(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """How often the bot handed over, at whose wish, why, and how late: bot turns and time before it, and from the
    moment at which a human was warranted. Proactive: the bot or a rule did; demanded: the customer asked."""
    least = beside.least
    triggers = tally.of("escalation.trigger")
    known = sum(cases for trigger, cases in triggers.items() if trigger != "unknown")
    proactive, demanded = triggers.get("bot", 0) + triggers.get("rule", 0), triggers.get("customer", 0)
    late = {"on_time": Better.HIGHER, "late": Better.LOWER, "never": Better.LOWER}
    lower = Better.LOWER
    return (
        share("rate", rate(tally), least=least),
        *shares("timing", tally.of("escalation.timing"), TIMINGS, better=late, least=least),
        share("proactive", Rate(proactive, known), better=Better.HIGHER, least=least),
        share("demanded", Rate(demanded, known), better=lower, least=least),
        *shares("reason", tally.of("escalation.reason"), least=least),
        mean("turns_before", sums_of(tally.of("escalation.turns")), Unit.TURNS, better=lower, least=least),
        *(_delays(tally, least) if beside.needs(*DELAYS) else ()),
    )


def _delays(tally: Tally, least: int) -> tuple[Value, ...]:
    delay = times_of(tally, "escalation.delay")
    return (
        duration("time_before", times_of(tally, "escalation.before"), least=least),
        duration("delay", delay, least=least),
        duration("delay_p90", delay, at=0.9, least=least),
    )


def rate(tally: Tally) -> Rate:
    """Handed over, of all conversations that the bot took part in."""
    classes = tally.of("containment")
    escalated = classes.get("escalated", 0)
    return Rate(escalated, escalated + sum(classes.get(word, 0) for word in CONTAINED))


def escalation_accuracy(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """Precision: warranted of the escalated that could be judged; recall: escalated of the warranted.

    `precision_at_least` counts every unclear one as not warranted; `unclear` is their share of all escalated. Unclear
    ones that stayed with the bot are in neither. `warranted_by` and `missed_by`: what called for a human in them.
    """
    least = beside.least
    verdicts = tally.of("escalation")
    warranted, avoidable, missed = (verdicts.get(word, 0) for word in ("warranted", "avoidable", "missed"))
    unclear = tally.count("escalation.unclear")
    escalated = warranted + avoidable + unclear
    higher = Better.HIGHER
    return (
        share("precision", Rate(warranted, warranted + avoidable), better=higher, least=least),
        share("precision_at_least", Rate(warranted, escalated), better=higher, least=least),
        share("recall", Rate(warranted, warranted + missed), better=higher, least=least),
        share("unclear", Rate(unclear, escalated), better=Better.LOWER, least=least),
        *shares("verdict", verdicts, VERDICTS, least=least),
        *shares("warranted_by", _why(tally, "warranted"), least=least),
        *shares("missed_by", _why(tally, "missed"), least=least),
    )


def _why(tally: Tally, verdict: str) -> dict[str, int]:
    """How often a human was needed for which reason, among those with this verdict."""
    return {parts[1]: n for parts, n in tally.split("escalation.why") if parts[0] == verdict}


def post_handoff_time(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """Handoff to first reply and to solved, as medians; against human-direct of the same intent, never raw.

    `ratio` and `difference` compare intent with intent, weighted by what was escalated; `escalated` and `direct` show
    the medians of each intent that has enough on both sides.
    """
    least = beside.least
    queue = tally.of("queue")
    gone, answered = queue.get("abandoned_in_queue", 0), queue.get("answered", 0)
    return (
        *_handled(tally, beside),
        share("abandoned_in_queue", Rate(gone, gone + answered), better=Better.LOWER, least=least),
        *([duration("waited_in_vain", times_of(tally, "queue.waited"), least=least)]
          if beside.needs("waited_in_vain") else []),
        mean("transfers", sums_of(tally.of("transfers")), Unit.NUMBER, better=Better.LOWER, least=least),
        *(_compared(*(frozenset(tally.of(each).items()) for each in ("handling", "handling.sum")), least)
          if beside.needs(*COMPARED) else ()),
    )  # fmt: skip


def _handled(tally: Tally, beside: Beside) -> Iterator[Value]:
    """Medians and slowest tenths, of those that are needed; times are put together once for both."""
    for source, both in HANDLED.items():
        needed = {name: at for name, at in both.items() if beside.needs(name)}
        if needed:
            found = escalated(tally) if source == "handling" else times_of(tally, source)
            yield from (duration(name, found, at=at, least=beside.least) for name, at in needed.items())


@lru_cache(maxsize=16)
def _compared(times: Buckets, sums: Buckets, least: int) -> tuple[Value, ...]:
    """The comparison over all intents, then the intents one by one, from the counts of handling times and their sums.

    What is long past is compared once: of the same counts it always comes to the same.
    """
    by_intent = paths(Tally({"handling": dict(times), "handling.sum": dict(sums)}))
    found = contrast(by_intent, least=least)
    if found is None:
        n = min(sum(p.escalated.n for p in by_intent.values()), sum(p.direct.n for p in by_intent.values()))
        few = too_few(n, least) or "not enough data within the same intents"
        return (Value("ratio", None, Unit.RATIO, n, better=Better.LOWER, note=few),)
    values = [*_overall(found), count("left_out", found.left_out)]
    for intent, both in by_intent.items():
        if intent not in ("", "novel") and min(both.escalated.n, both.direct.n) >= least:
            values.append(duration("escalated", both.escalated, of=intent, least=least))
            values.append(duration("direct", both.direct, of=intent, least=least))
    return tuple(values)


def _overall(found: Contrast) -> list[Value]:
    """Ratio and difference; n is that of the escalated, the note says what they are compared with."""
    n, boot = found.escalated, "bootstrap"
    ratio = estimate("ratio", found.ratio, n, interval=boot, unit=Unit.RATIO)
    difference = estimate("difference", found.difference, n, interval=boot, unit=Unit.SECONDS)
    note = f"{found.direct} direct, {found.intents} intents"
    return [replace(value, note=note) for value in (ratio, difference)]
