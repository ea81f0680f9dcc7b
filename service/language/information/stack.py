"""One question's features: what was asked, how well the best exchange answers it, what the reply adds."""

from __future__ import annotations

from collections.abc import Sequence

from service.language.information.echo import Echo
from service.language.information.exchange import Exchange, best, items_asked, items_given
from service.language.information.questions import asks, closes, confirms
from service.language.information.values import plain

SURELY, HARDLY = 0.7, 0.4
"""Weights from which an item was surely given, and below which hardly: "when, and where to?" may re-ask one of two."""


def _weights(question: str, exchanges: Sequence[Exchange]) -> dict[object, float]:
    items = items_asked(question)
    merged: dict[object, float] = {}
    for exchange in exchanges:
        for item, weight in best(items, items_given(exchange.bot, exchange.customer)).items():
            merged[item] = max(merged.get(item, 0.0), weight)
    return merged


def asked_features(question: str, exchanges: Sequence[Exchange], logits: Sequence[float]) -> tuple[float, ...]:
    """Features known when the question is asked. `logits` are the matcher's, one for each exchange."""
    line = plain(question)
    weights = _weights(question, exchanges)
    score = max(weights.values(), default=0.0)
    least = min(weights.values(), default=0.0)
    mean = sum(weights.values()) / len(weights) if weights else 0.0
    ordered = sorted((max(-6.0, min(6.0, logit)) for logit in logits), reverse=True)
    top = ordered[0] if ordered else -6.0
    second = ordered[1] if len(ordered) > 1 else -6.0
    asking = float(asks(line))
    return (
        top,
        second,
        score,
        mean,
        asking,
        float(confirms(line)),
        float(closes(line)),
        float("?" in line),
        min(len(line.split()), 40) / 20,
        float(any(c.isdigit() for c in line)),
        score * asking,
        top * asking,
        min(len(weights), 4) / 4,
        min(len(exchanges), 6) / 6,
        float(score >= SURELY) * asking,
        float(score >= SURELY and least < HARDLY) * asking,
    )


def replied_features(asked: Sequence[float], echo: Echo) -> tuple[float, ...]:
    """The same with what the reply shows."""
    asking = asked[4]
    all_seen = float(echo.seen_values > 0 and echo.new_values == 0)
    return (
        *asked,
        float(echo.seen_values),
        float(echo.new_values),
        float(echo.seen_words),
        float(echo.new_words),
        echo.share,
        all_seen,
        float(echo.protest),
        echo.share * asking,
        all_seen * asking,
        float(echo.new_values > 0 and echo.seen_values == 0) * asking,
        asked[2] * echo.share,
        asked[0] * echo.share,
    )
