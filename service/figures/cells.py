"""What one fact adds to a tally: which measures there are, and into which bucket of each a fact falls.

A bucket is a text; parts of it (class, intent ...) are joined by a tab. Times fall into buckets of 2 % width, their
sums are kept exactly in milliseconds. The effort falls into tenths (cut, not rounded), its sum and sum of squares are
kept in hundredths.

| measure | bucket | counts |
|---|---|---|
| conversations | | episodes |
| containment | class | episodes with a class |
| claimed | class, claim | contained episodes |
| effort, effort.verdict | tenths; low, medium, high | episodes with an effort; effort.sum, effort.squares beside |
| ces, ces.difference | tenths | surveys; survey minus observed |
| escalation, .timing, .reason, .trigger | word | episodes; of those handed over: .trigger |
| escalation.why | verdict, reason | warranted and missed ones with a reason |
| escalation.unclear | | handed over, and neither warranted nor avoidable for sure |
| escalation.turns, .before, .delay | bot turns; time | handed over; .delay: warranted |
| context, re_asked, re_asks | verdict; kind; | handoffs; repeats by kind; repeats |
| relevance, relevance.answers | verdict; source, relevant or irrelevant | episodes; answers |
| relevance.unsure | | answers that could not be judged |
| accuracy | intent, right or wrong | episodes in which the bot's answers were judged |
| feedback | intent, helpful or unhelpful | presses of the button |
| intent | name or novel | episodes |
| intent.reported, intent.read | what bot or Deskmark assumed, what a human corrected it to | corrected episodes |
| intent.correction | corrected, confirmed or untouched | episodes in which the bot reported an intent |
| intent.agreed | intent read, yes or no | episodes in which the bot reported an intent |
| confidence | source, hundredths, outcome, needed | answers' confidence against what became of it |
| confidence.topic, confidence.sum | intent, outcome | reported ones with a known outcome; sum in 1/10000 |
| confidence.verdict | source, word | episodes |
| handling, handling.sum | escalated or direct, intent, time | solved; milliseconds |
| handling.business, first_reply, first_reply.business | time | handed over; .sum beside |
| queue, queue.waited | verdict of handoff_time; time | handed over; those whom nobody answered |
| transfers | number of them | handed over and answered |
| gap, gap.reason, training, training.reason | word; training: intent, word | episodes |
| satisfaction | class, hundredths | rated episodes |
| repeat, repeat.72h, repeat.7d | class, verdict | episodes |
| work | class, bot or human or agent_messages | episodes, episodes, messages |
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from service.figures.fact import Fact

REPORTED = "reported"
"""The source of a confidence that the bot itself gave; any other is an estimate made from what became of it."""

FORM = 4
"""Raised whenever a fact adds something else than before, so that counts kept elsewhere are known to be old."""

SEPARATOR = "\t"

WIDTH = 1.02
"""Each bucket of times ends at this many times its start; the first holds less than a second."""

Cell = tuple[str, str, int]

_LOG_WIDTH = math.log(WIDTH)

CONTAINED = ("confirmed", "likely", "unclear", "unresolved", "abandoned", "returned")
"""The classes of containment in which the bot kept the conversation."""

_FAILED = frozenset({"unresolved", "abandoned", "returned"})
_NEEDED = frozenset({"warranted", "missed"})
_NOT_NEEDED = frozenset({"avoidable", "not_needed"})


def cells_of(fact: Fact) -> Iterator[Cell]:
    """Every (measure, bucket, count) that the fact adds."""
    yield "conversations", "", 1
    yield from _course(fact)
    yield from _quality(fact)
    yield from _times(fact)
    yield from _intents(fact)
    yield from _outcomes(fact)
    if fact.confidence_value is not None:
        yield from _confidence(fact, fact.confidence_value)


def time_bucket(seconds: float) -> str:
    """The number of the bucket that a time falls into: 0 below a second, then 2 % wider each.

    >>> time_bucket(0.5), time_bucket(1), time_bucket(1.021), time_bucket(3600)
    ('0', '1', '2', '414')
    """
    return "0" if seconds < 1 else str(int(math.log(seconds) / _LOG_WIDTH) + 1)


@lru_cache(maxsize=10_000)
def bounds(bucket: int) -> tuple[float, float]:
    """Start and end of a bucket of times, in seconds."""
    return (0.0, 1.0) if bucket == 0 else (WIDTH ** (bucket - 1), WIDTH**bucket)


def _course(fact: Fact) -> Iterator[Cell]:
    """Who did what: containment, escalation, handoff."""
    for measure, word in (
        ("containment", fact.containment),
        ("escalation", fact.escalation),
        ("escalation.timing", fact.timing),
        ("escalation.reason", fact.reason),
        ("context", fact.context),
        ("queue", fact.handoff),
        ("gap", fact.gap),
    ):
        if word is not None:
            yield measure, word, 1
    if fact.reason is not None and fact.escalation in _NEEDED:
        yield "escalation.why", f"{fact.escalation}\t{fact.reason}", 1
    if fact.claimed is not None and fact.containment in CONTAINED:
        yield "claimed", f"{fact.containment}\t{fact.claimed}", 1
    if fact.handed_off:
        yield "escalation.trigger", fact.trigger or "unknown", 1
        if fact.escalation == "unclear":
            yield "escalation.unclear", "", 1
        if fact.bot_turns_before is not None:
            yield "escalation.turns", str(fact.bot_turns_before), 1
    if fact.transfers is not None:
        yield "transfers", str(fact.transfers), 1
    if fact.re_asks and fact.context == "repeated":
        yield "re_asks", "", fact.re_asks
    for kind in fact.re_asked if fact.context == "repeated" else ():
        yield "re_asked", kind, 1
    if fact.gap == "gap":
        yield "gap.reason", fact.gap_reason or "unknown", 1


def _quality(fact: Fact) -> Iterator[Cell]:
    """Effort, relevance and training."""
    if fact.effort is not None and fact.effort_value is not None:
        value = round(fact.effort_value * 100)
        yield "effort", str(value // 10), 1
        yield "effort.verdict", fact.effort, 1
        yield "effort.sum", "", value
        yield "effort.squares", "", value * value
    if fact.survey_ces is not None:
        yield "ces", str(round(fact.survey_ces * 10)), 1
        if fact.effort_value is not None:
            yield "ces.difference", str(round((fact.survey_ces - fact.effort_value) * 10)), 1
    if fact.relevance is not None:
        yield "relevance", fact.relevance, 1
    for answer in fact.answers:
        source, _, word = answer.rpartition(" ")
        yield "relevance.answers", f"{source}\t{word}", 1
    if fact.answers_unsure:
        yield "relevance.unsure", "", fact.answers_unsure
    if fact.training is not None:
        yield "training", f"{fact.intent or ''}\t{fact.training}", 1
    for reason in fact.training_reasons if fact.training == "unfit" else ():
        yield "training.reason", reason, 1


def _times(fact: Fact) -> Iterator[Cell]:
    """Every time that is known, as a bucket and in an exact sum."""
    for measure, seconds in (
        ("escalation.before", fact.seconds_before),
        ("escalation.delay", fact.escalation_delay),
        ("handling.business", fact.handoff_business),
        ("first_reply", fact.first_reply),
        ("first_reply.business", fact.first_reply_business),
        ("queue.waited", fact.waited),
    ):
        if seconds is not None:
            yield measure, time_bucket(seconds), 1
            yield f"{measure}.sum", "", round(seconds * 1000)
    for path, seconds in (("escalated", fact.handoff_seconds), ("direct", fact.direct_seconds)):
        if seconds is not None:
            place = f"{path}\t{fact.intent or ''}"
            yield "handling", f"{place}\t{time_bucket(seconds)}", 1
            yield "handling.sum", place, round(seconds * 1000)


def _intents(fact: Fact) -> Iterator[Cell]:
    """What was wanted, and who recognised it."""
    intent, read, reported, corrected = fact.intent or "", fact.intent_read, fact.intent_reported, fact.intent_corrected
    if fact.intent is not None:
        yield "intent", fact.intent, 1
    if corrected is not None:
        if reported is not None:
            yield "intent.reported", f"{reported}\t{corrected}", 1
        if read is not None:
            yield "intent.read", f"{read}\t{corrected}", 1
    if reported is not None:
        untouched = "confirmed" if reported == corrected else "corrected"
        yield "intent.correction", "untouched" if corrected is None else untouched, 1
    if read is not None and reported is not None:
        yield "intent.agreed", f"{read}\t{'yes' if read == reported else 'no'}", 1
    if fact.relevance in ("relevant", "mixed", "irrelevant"):
        yield "accuracy", f"{intent}\t{'right' if accurate(fact) else 'wrong'}", 1
    if fact.helpful:
        yield "feedback", f"{intent}\thelpful", fact.helpful
    if fact.unhelpful:
        yield "feedback", f"{intent}\tunhelpful", fact.unhelpful


def accurate(fact: Fact) -> bool:
    """Whether the bot answered right: all judged answers relevant, and no failure or return afterwards.

    An episode counts once, however many answers it holds: answers in one conversation are not independent.
    """
    return fact.relevance == "relevant" and fact.containment not in ("unresolved", "returned")


def _outcomes(fact: Fact) -> Iterator[Cell]:
    """Business measures by outcome class."""
    outcome = fact.containment
    if outcome is None:
        return
    if fact.satisfaction_value is not None:
        yield "satisfaction", f"{outcome}\t{round(fact.satisfaction_value * 100)}", 1
    for measure, word in (
        ("repeat", fact.repeat),
        ("repeat.72h", fact.repeat_72h),
        ("repeat.7d", fact.repeat_7d),
    ):
        if word is not None:
            yield measure, f"{outcome}\t{word}", 1
    if fact.bot_took_part:
        yield "work", f"{outcome}\tbot", 1
    if fact.agent_messages:
        yield "work", f"{outcome}\thuman", 1
        yield "work", f"{outcome}\tagent_messages", fact.agent_messages


def _confidence(fact: Fact, value: float) -> Iterator[Cell]:
    """The confidence against what became of the conversation and whether a human was needed."""
    source = fact.confidence_source or "unknown"
    came = outcome_of(fact)
    if fact.escalation in _NEEDED or came == "failed":
        needed = "yes"
    else:
        needed = "no" if fact.escalation in _NOT_NEEDED else "open"
    yield "confidence", f"{source}\t{round(value * 100)}\t{came}\t{needed}", 1
    if fact.confidence is not None:
        yield "confidence.verdict", f"{source}\t{fact.confidence}", 1
    if came != "open" and source == REPORTED:
        topic = f"{fact.intent or ''}\t{came}"
        yield "confidence.topic", topic, 1
        if ten_thousandths := round(value * 10000):
            yield "confidence.sum", topic, ten_thousandths


def outcome_of(fact: Fact) -> str:
    """What became of the bot's part: confirmed, likely, failed (also a warranted escalation), or open."""
    if fact.containment in ("confirmed", "likely"):
        return str(fact.containment)
    if fact.containment in _FAILED or (fact.containment == "escalated" and fact.escalation == "warranted"):
        return "failed"
    return "open"
