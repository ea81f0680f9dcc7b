"""One question against everything said before: how probably does it ask for what was already given?

Two readers judge it and the surer one wins: a learned one for bookings and the like, and written rules for support
(identifiers, errors, steps). The customer's reply may move both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.language.information.echo import echo, protests, tokens
from service.language.information.exchange import Exchange, best, features, items_asked, items_given
from service.language.information.identifiers import lacks
from service.language.information.items import Given, Item, Kind
from service.language.information.learned import chance, models
from service.language.information.questions import asks, clauses
from service.language.information.stack import asked_features, replied_features
from service.language.information.steps import given_steps
from service.language.information.support import Asked, claims, support_asked, support_fit, support_given, unusable
from service.language.information.values import codes, digits, plain

_TOLD = re.compile(
    r"\b(?:told|said|gave|given|mentioned|provided|sent|shared|explained|typed|entered|wrote|written|stated|answered|attached|uploaded|repeat\w*|scroll|above|second time|how many times|asked|read)\b"
)
_NOT_YET = re.compile(r"\b(?:not yet|haven'?t|have not|no,? (?:i )?(?:didn'?t|did not|not)|didn'?t (?:try|think)|never tried|how do i|will (?:try|do)|i'?ll (?:try|do|give)|let me try|trying (?:now|it))\b")
_TRIED = re.compile(r"\b(?:already|did (?:that|this)|done (?:that|this)|tried (?:that|this|it)|as i said|again)\b")
_OF = re.compile(r"\b(?:of|showing|from|with) (?:the |your |that |this |an? )?((?:[a-z-]+ ?){1,3})")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one question: probability that it re-asks, the item, and the exchange that answered it."""

    probability: float
    item: Item | None = None
    exchange: Exchange | None = None


NOTHING = Finding(0.02)


def asks_anything(text: str) -> bool:
    """Does an agent's message ask the customer for anything at all?"""
    return bool(support_asked(text)) or asks(plain(text))


def assess(question: str, exchanges: Sequence[Exchange], reply: str | None, *, opening: bool = False) -> Finding:
    """The probability that `question` asks for what `exchanges` already gave.

    `reply` is what the customer answered, None when nothing; `opening` says that the agent has not said anything of
    substance yet, which is when asking for the problem itself counts.
    """
    if not exchanges:
        return NOTHING
    finding = max(_learned(question, exchanges, reply), _written(question, exchanges, reply, opening), key=lambda f: f.probability)
    if reply is None or not protests(reply) or not _TOLD.search(plain(reply)) or not asks_anything(question):
        return finding
    raised = 0.93 if finding.probability >= 0.25 else 0.65
    return Finding(max(finding.probability, raised), finding.item, finding.exchange)


def _learned(question: str, exchanges: Sequence[Exchange], reply: str | None) -> Finding:
    """What the models trained on public dialogues say of the clauses that no support frame claims."""
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
    for asked in support_asked(question):
        if asked.item.kind is Kind.PROBLEM and not opening:
            continue
        if unusable(question, asked.item):
            continue
        for exchange in exchanges:
            for gift in support_given(exchange.bot, exchange.customer, exchange.attachments):
                weight = support_fit(asked.item, gift) * _same_subject(asked, exchange)
                if weight > 0.1:
                    probability = _moved(0.04 + 0.9 * weight, asked.item, gift, reply)
                    if probability > found.probability:
                        found = Finding(probability, asked.item, exchange)
    return found


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
        if _NOT_YET.search(line) and not _TRIED.search(line):
            return probability * 0.4
        done = any(support_fit(item, again) > 0.5 for again in given_steps("", reply))
        return max(probability, 0.9) if probability > 0.3 and (done or _TRIED.search(line)) else probability
    if gift.value and item.kind in (Kind.IDENTIFIER, Kind.EMAIL, Kind.PHONE):
        said = {found.value for found in codes(line)} | tokens(reply)[0]
        if gift.value in said:
            return max(probability, 0.95)
        if item.kind is Kind.IDENTIFIER and codes(line):
            return probability * 0.6
    if lacks(line) and not protests(reply):
        return probability * 0.7
    return probability
