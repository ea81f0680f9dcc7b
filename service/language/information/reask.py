"""One question against everything said before: how probably does it ask for what was already given?

Two readers judge it and the surer one wins: a learned one for bookings and the like, and written rules for support
(identifiers, errors, steps). The customer's reply may move both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from service.language.embedding import Embedder
from service.language.information.echo import echo, tokens
from service.language.information.exchange import Exchange, best, features, items_asked, items_given
from service.language.information.findings import NOTHING, Finding, changes_something
from service.language.information.fits import support_fit, unusable
from service.language.information.items import Given, Item, Kind
from service.language.information.learned import chance, models
from service.language.information.likeness import echoed, same_question
from service.language.information.questions import asks, checks_security, clauses
from service.language.information.replies import lacks, not_yet, protests, says_done, told_before
from service.language.information.stack import asked_features, replied_features
from service.language.information.step_likeness import same_step
from service.language.information.steps_done import given_steps
from service.language.information.support import Asked, claims, support_asked, support_given
from service.language.information.values import codes, digits, plain

_OF = re.compile(r"\b(?:of|showing|from|with) (?:the |your |that |this |an? )?((?:[a-z-]+ ?){1,3})")
_VALUED = frozenset({Kind.IDENTIFIER, Kind.EMAIL, Kind.PHONE, Kind.AMOUNT})
"""Kinds whose normalised value says whether two answers are the same."""


def asks_anything(text: str) -> bool:
    """Does an agent's message ask the customer for anything at all?"""
    return any(asked.item.role[:1] != "=" for asked in support_asked(text)) or asks(plain(text))


def assess(
    question: str,
    exchanges: Sequence[Exchange],
    reply: str | None,
    *,
    opening: bool = False,
    embedder: Embedder | None = None,
) -> Finding:
    """The probability that `question` asks for what `exchanges` already gave.

    `reply` is what the customer answered, None when nothing; `opening` says that the agent has not said anything of
    substance yet, which is when asking for the problem itself counts; with an `embedder`, a question that means the
    same as one of the bot's, already answered, is found too.
    """
    if not exchanges:
        return NOTHING
    finding = max(
        _learned(question, exchanges, reply), _written(question, exchanges, reply, opening), key=lambda f: f.probability
    )
    if embedder is not None and finding.probability < 0.5:
        alike = (matcher(question, exchanges, reply, embedder) for matcher in (same_question, same_step))
        finding = max(finding, *alike, key=lambda f: f.probability)
    finding = max(finding, echoed(question, exchanges, reply), key=lambda f: f.probability)
    if reply is None or not told_before(reply) or not asks_anything(question):
        return finding
    raised = 0.93 if finding.probability >= 0.25 else 0.65
    return Finding(max(finding.probability, raised), finding.item, finding.exchange)


def _learned(question: str, exchanges: Sequence[Exchange], reply: str | None) -> Finding:
    """What the models trained on public dialogues say of the clauses that no support frame claims."""
    if checks_security(plain(question)):
        return NOTHING
    taken = claims(question)
    if taken:
        left = [c for c in clauses(plain(question)) if c not in taken]
        question = " ".join(left)
        if plain(" ".join(taken)) == plain(question) or not left or not asks(question):
            return NOTHING
    if not items_asked(question):
        return NOTHING
    shipped = models()
    logits = [shipped.exchange.logit(features(question, e.bot, e.customer)) for e in exchanges]
    row = asked_features(question, exchanges, logits)
    seen = echo(question, reply, [e.customer for e in exchanges])
    if seen.informative:
        probability = chance(shipped.replied.logit(replied_features(row, seen)))
    else:
        probability = chance(shipped.asked.logit(row))
    exchange = max(zip(logits, exchanges, strict=True), key=lambda pair: pair[0])[1]
    weights = best(items_asked(question), items_given(exchange.bot, exchange.customer))
    item = max(sorted(weights), key=lambda i: weights[i]) if weights else None
    return Finding(probability, item, exchange)


def _written(question: str, exchanges: Sequence[Exchange], reply: str | None, opening: bool) -> Finding:
    """What the support frames say."""
    found = NOTHING
    fresh_step = False
    matches = [
        (asked, *_answer(question, asked, exchanges))
        for asked in support_asked(question)
        if not (asked.item == Item(Kind.PROBLEM) and not opening) and not unusable(question, asked.item)
    ]
    # An action and a step of the table may be one and the same: either being known is enough.
    acted = any(asked.item.role.startswith("=") and weight >= 0.6 for asked, weight, _, _ in matches)
    for asked, matched, gift, exchange in matches:
        weight = matched
        if asked.item.kind is Kind.STEP:
            # A known step after a new one, or after the agent changed something, is part of a new attempt.
            weight *= 0.5 if fresh_step or changes_something(question) else 1.0
            fresh_step = fresh_step or (weight < 0.4 and asked.item.role[:1] not in ("~", "=") and not acted)
        if gift is not None and weight > 0.1:
            probability = _moved(0.04 + 0.9 * weight, asked.item, gift, reply)
            if probability > found.probability:
                found = Finding(probability, asked.item, exchange)
    return found


def _answer(question: str, asked: Asked, exchanges: Sequence[Exchange]) -> tuple[float, Given | None, Exchange | None]:
    """The gift that answers an asked item best: how surely, which, and in which exchange."""
    return max(
        ((_weight(question, asked, given, e), given, e) for e in exchanges for given in gifts_of(e)),
        key=lambda match: match[0],
        default=(0.0, None, None),
    )


@lru_cache(maxsize=1024)
def stated(text: str) -> frozenset[str]:
    """The values a message states, normalised."""
    return frozenset({found.value for found in codes(digits(plain(text)))}) | tokens(text)[0]


def gifts_of(exchange: Exchange) -> tuple[Given, ...]:
    """The support items an exchange gives."""
    return support_given(exchange.bot, exchange.customer, exchange.attachments)


def _weight(question: str, asked: Asked, gift: Given, exchange: Exchange) -> float:
    """How surely the exchange gives what is asked; nothing when the agent states that very value."""
    fit = support_fit(asked.item, gift)
    if fit and gift.value and asked.item.kind in _VALUED and gift.value in stated(question):
        return 0.0
    return fit * _same_subject(asked, exchange) if fit else 0.0


def _same_subject(asked: Asked, exchange: Exchange) -> float:
    """A photo of the label is not the photo of the damage: less, when the exchange does not speak of what is asked."""
    if asked.item.kind is not Kind.MEDIA:
        return 1.0
    match = _OF.search(asked.clause)
    if not match:
        return 0.9
    wanted = {w for w in match.group(1).split() if len(w) > 3}
    said = f"{plain(exchange.bot)} {plain(exchange.customer)}"
    return 0.95 if not wanted or any(w.rstrip("s") in said for w in wanted) else 0.4


def _moved(probability: float, item: Item, gift: Given, reply: str | None) -> float:
    """The probability after the customer's reply."""
    if not reply:
        return probability
    line = digits(plain(reply))
    if item.kind is Kind.STEP:
        if not_yet(line):
            return probability * 0.4
        done = any(support_fit(item, again) > 0.5 for again in given_steps("", reply))
        return max(probability, 0.9) if probability > 0.3 and (done or says_done(line)) else probability
    if gift.value and item.kind in _VALUED:
        if gift.value in stated(reply):
            return max(probability, 0.95)
        if item.kind is Kind.IDENTIFIER and codes(line):
            return probability * 0.6
    if lacks(line) and not protests(reply):
        return probability * 0.7
    return probability
