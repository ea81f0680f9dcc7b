"""The bot's answers: to the point or not, right or not month by month, and how far its confidence can be believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from service.figures.beside import Beside
from service.figures.calibration import Calibration, Point, calibration, suggested, topics
from service.figures.cells import REPORTED
from service.figures.rates import Rate, too_few
from service.figures.results import Better, Unit, Value, estimate, share, shares
from service.figures.tally import Tally
from service.figures.tested import together
from service.figures.trends import Trend, trends

CALIBRATED = 200
"""Known outcomes from which an account's confidence is called calibrated."""

Cells = Sequence[tuple[tuple[str, ...], int]]
"""Buckets of a measure, split, with their counts."""

CURVE = ("stated", "came_true")
THRESHOLDS = ("threshold", "threshold_precision", "threshold_recall", "threshold_handed_over")

GOOD = frozenset({"confirmed", "likely"})


def relevance(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """Relevant of the judged answers, in all and by what judged them: feedback, behaviour or text; the share that could
    not be judged; and conversations by verdict.

    Answers in one conversation are not independent, so that the intervals of answers are a little narrow.
    """
    by_source: dict[str, Rate] = {}
    for (source, word), cases in tally.split("relevance.answers"):
        found = Rate(cases if word == "relevant" else 0, cases)
        by_source[source] = by_source.get(source, Rate(0, 0)) + found
    higher, least = Better.HIGHER, beside.least
    whole, unsure = sum(by_source.values(), Rate(0, 0)), tally.count("relevance.unsure")
    return (
        share("relevant", whole, better=higher, least=least),
        *(share("relevant", rate, of=source, better=higher, least=least) for source, rate in by_source.items()),
        share("unsure", Rate(unsure, whole.n + unsure), better=Better.LOWER, least=least),
        *shares("verdict", tally.of("relevance"), ("relevant", "mixed", "irrelevant"), least=least),
    )


def accuracy(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """Conversations that the bot answered right, by intent, and where that goes month over month.

    Right: all its judged answers relevant, and the customer neither unhelped nor back with the same issue. `trend` is
    the change per month; improving and declining hold for all intents together (Benjamini-Hochberg at 5 %).
    """
    now = _rates(tally)
    whole = sum(now.values(), Rate(0, 0))
    months = [_rates(beside.months[month]) for month in sorted(beside.months)]
    intents = sorted(({*now} | {i for month in months for i in month}) - {""}, key=lambda i: (-_n(now, i), i))
    lines = {intent: [month.get(intent, Rate(0, 0)) for month in months] for intent in intents}
    moving: dict[str, Trend] = {}
    if beside.needs("trend"):
        moving = trends(lines, least=beside.least)
        moving |= trends({"": [sum(month.values(), Rate(0, 0)) for month in months]}, least=beside.least)
    values = []
    for intent in ("", *(intents if beside.intents else ())):
        values.append(_accuracy(intent, now.get(intent, Rate(0, 0)) if intent else whole, beside.least))
        values += [_trend(intent, moving[intent])] if moving else []
    return together([values])[0]


def _rates(tally: Tally) -> dict[str, Rate]:
    counts: dict[str, list[int]] = {}
    for (intent, word), cases in tally.split("accuracy"):
        known = counts.setdefault(intent, [0, 0])
        known[0] += cases if word == "right" else 0
        known[1] += cases
    return {intent: Rate(hits, n) for intent, (hits, n) in counts.items()}


def _n(rates: Mapping[str, Rate], intent: str) -> int:
    return rates[intent].n if intent in rates else 0


def _accuracy(intent: str, rate: Rate, least: int) -> Value:
    return share("accuracy", rate, of=intent, better=Better.HIGHER, least=least)


def _trend(intent: str, trend: Trend) -> Value:
    if trend.slope is None:
        return Value("trend", None, Unit.CHANGE, trend.n, intent, better=Better.HIGHER, note=trend.note)
    return Value(
        "trend", trend.slope, Unit.CHANGE, trend.n, intent, low=trend.low, high=trend.high, interval="normal",
        better=Better.HIGHER, against=0.0, p=trend.p,
    )  # fmt: skip


def confidence(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """The bot's confidence, reported and estimated apart: levels; of the reported one calibration against outcomes, the
    threshold below which to hand over, and the intents in which it promises more than it keeps.

    An estimate is made from the outcome: held against it, it would always look right, and it comes too late to act on.

    Outcomes: confirmed and likely came true; unresolved, abandoned, returned and rightly escalated did not; others are
    not known. A human was needed where the escalation was warranted or missed, or the outcome a failure.
    """
    values: list[Value] = []
    cells = tuple(tally.split("confidence"))
    for source in sorted({parts[0] for parts, _ in cells}, reverse=True):
        levels = {parts[1]: c for parts, c in tally.split("confidence.verdict") if parts[0] == source}
        values += shares(f"{source}.level", levels, ("high", "medium", "low"), least=beside.least)
        if source != REPORTED:
            continue
        curve = beside.needs(*(f"{source}.{name}" for name in CURVE))
        values += _calibrated(cells, source, beside.least, curve=curve)
        if beside.needs(*(f"{source}.{name}" for name in THRESHOLDS)):
            values += _threshold(cells, source, beside.least)
    weak = _weak(tally, beside.least) if beside.needs("topic") else ()
    return together([(*values, *weak)])[0]


def _points(cells: Cells, source: str, part: int, yes: Iterable[str], no: str) -> list[Point]:
    """Probabilities of a source with how often part `part` of the bucket is in `yes`, and how often it is `no`."""
    counts: dict[int, list[int]] = {}
    for parts, cases in cells:
        if parts[0] == source and (parts[part] in yes or parts[part] == no):
            counts.setdefault(int(parts[1]), [0, 0])[parts[part] == no] += cases
    return [Point(hundredths / 100, hits, misses) for hundredths, (hits, misses) in sorted(counts.items())]


def _calibrated(cells: Cells, source: str, least: int, *, curve: bool) -> Iterator[Value]:
    found = calibration(_points(cells, source, 2, GOOD, "failed"))
    n = found.rate.n if found else 0
    everyone = sum(cases for parts, cases in cells if parts[0] == source)
    yield share(f"{source}.outcome_known", Rate(n, everyone), least=least)
    few = too_few(n, least)
    if found is None or few:
        yield Value(f"{source}.calibration_error", None, Unit.NUMBER, n, better=Better.LOWER, note=few)
        return
    yield from _errors(found, source)
    for part in found.curve if curve else ():
        of = f"{part.low:.1f}-{part.high:.1f}"
        yield Value(f"{source}.stated", part.stated, Unit.NUMBER, part.rate.n, of)
        yield share(f"{source}.came_true", part.rate, of=of, least=least)


def _errors(found: Calibration, source: str) -> Iterator[Value]:
    n = found.rate.n
    word = "calibrated" if n >= CALIBRATED else f"not calibrated, {n} of {CALIBRATED} outcomes"
    yield replace(estimate(f"{source}.calibration_error", found.error, n, interval="bootstrap"), word=word)
    yield estimate(f"{source}.brier", found.brier, n, interval="normal")
    if found.auc is not None:
        yield estimate(f"{source}.auc", found.auc, n, interval="normal", better=Better.HIGHER)


def _threshold(cells: Cells, source: str, least: int) -> Iterator[Value]:
    points = _points(cells, source, 3, ("yes",), "no")
    n = sum(p.hits + p.misses for p in points)
    found = suggested(points, least=least)
    if found is None:
        few = too_few(min(sum(p.hits for p in points), sum(p.misses for p in points)), least)
        note = few or "confidence does not tell where a human is needed"
        yield Value(f"{source}.threshold", None, Unit.NUMBER, n, note=note)
        return
    yield Value(f"{source}.threshold", found.below, Unit.NUMBER, n)
    yield share(f"{source}.threshold_precision", found.precision, better=Better.HIGHER, least=least)
    yield share(f"{source}.threshold_recall", found.recall, better=Better.HIGHER, least=least)
    yield share(f"{source}.threshold_handed_over", Rate(found.precision.n, n), least=least)


def _weak(tally: Tally, least: int) -> Iterator[Value]:
    """Every intent with enough outcomes; the weak ones say so."""
    cases: dict[str, tuple[float, Rate]] = {}
    for (intent, came), n in tally.split("confidence.topic"):
        total = tally.count("confidence.sum", f"{intent}\t{came}") / 10_000
        before = cases.get(intent, (0.0, Rate(0, 0)))
        cases[intent] = (before[0] + total, before[1] + Rate(n if came in GOOD else 0, n))
    cases.pop("", None)
    for topic in topics(cases, least=least):
        value = share("topic", topic.rate, of=topic.name, least=least, note=f"stated {topic.stated:.2f}")
        yield replace(value, against=topic.stated, p=topic.p)
