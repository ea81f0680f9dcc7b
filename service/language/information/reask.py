"""One question against everything said before: how probably does it ask for what was already given?

Two readers judge it and the surer one wins: a learned one for bookings and the like, and written rules for support
(identifiers, errors, steps). The customer's reply may move both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from service.language.embedding import Embedder
from service.language.information.echo import echo, protests, tokens
from service.language.information.exchange import Exchange, best, features, items_asked, items_given
from service.language.information.identifiers import lacks
from service.language.information.items import Given, Item, Kind
from service.language.information.learned import chance, models
from service.language.information.questions import (
    asks,
    asks_outcome,
    calls_unusable,
    checks_security,
    clauses,
    closes,
    confirms,
    means_another,
    requests,
)
from service.language.information.stack import asked_features, replied_features
from service.language.information.steps import asked_steps, given_steps
from service.language.information.support import (
    Asked,
    claims,
    offers,
    support_asked,
    support_fit,
    support_given,
    unusable,
)
from service.language.information.values import codes, digits, plain

_TOLD = re.compile(
    r"\b(?:told|said|gave|given|mentioned|provided|sent|shared|explained|typed"
    r"|entered|wrote|written|stated|answered|attached|uploaded|repeat\w*|scroll"
    r"|above|second time|how many times|asked|read)\b"
)
_NOT_YET = re.compile(
    r"\b(?:not yet|haven'?t|have not|no,? (?:i )?(?:didn'?t|did not|not)|didn'?t"
    r" (?:try|think)|never tried|how do i|will (?:try|do)|i'?ll (?:try|do|give)"
    r"|let me try|trying (?:now|it))\b"
)
_TRIED = re.compile(r"\b(?:already|did (?:that|this)|done (?:that|this)|tried (?:that|this|it)|as i said|again)\b")
_CHANGED = re.compile(
    r"\b(?:i|we)(?:'ve| have)(?: just| now| already| gone ahead and)* (?:re-?set"
    r"|released|unlocked|activated|enabled|fixed|changed|updated|refreshed|re-?sent"
    r"|cleared|removed|added|restored|corrected|re-?started|pushed|adjusted|extended"
    r"|replaced|switched|sent|deactivated|re-?issued|re-?provisioned|made)\b"
)
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
        finding = max(finding, _same_question(question, exchanges, reply, embedder), key=lambda f: f.probability)
    finding = max(finding, _echoed(question, exchanges, reply), key=lambda f: f.probability)
    if reply is None or not protests(reply) or not _TOLD.search(plain(reply)) or not asks_anything(question):
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
    for asked in support_asked(question):
        if (asked.item == Item(Kind.PROBLEM) and not opening) or unusable(question, asked.item):
            continue
        weight, gift, exchange = max(
            ((_weight(question, asked, given, e), given, e) for e in exchanges for given in gifts_of(e)),
            key=lambda match: match[0],
            default=(0.0, None, None),
        )
        if asked.item.kind is Kind.STEP:
            # A known step after a new one, or after the agent changed something, is part of a new attempt.
            weight *= 0.5 if fresh_step or _CHANGED.search(plain(question)) else 1.0
            fresh_step = fresh_step or weight < 0.4
        if gift is not None and weight > 0.1:
            probability = _moved(0.04 + 0.9 * weight, asked.item, gift, reply)
            if probability > found.probability:
                found = Finding(probability, asked.item, exchange)
    return found


_VALUED = frozenset({Kind.IDENTIFIER, Kind.EMAIL, Kind.PHONE, Kind.AMOUNT})
"""Kinds whose normalised value says whether two answers are the same."""


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


def _same_question(question: str, exchanges: Sequence[Exchange], reply: str | None, embedder: Embedder) -> Finding:
    """A question the bot had asked in other words, and the customer had answered.

    Only for what no frame can tell apart ("is it on a dimmer?"): where frames know kinds and roles, likeness misleads.
    """
    mine = plain_question(question)
    steps = [asked.item for asked in support_asked(question) if asked.item.kind is Kind.STEP]
    if (
        not mine
        or len(mine.split()) < 3
        or len(steps) < len(support_asked(question))
        or checks_security(mine)
        or means_another(mine)
    ):
        return NOTHING
    if any(
        item.kind not in (Kind.CHOICE, Kind.OPTION, Kind.CATEGORY) for item in items_asked(question)
    ) or asks_outcome(mine):
        return NOTHING
    prompts = [(e, plain_question(e.bot)) for e in exchanges if e.bot and _answered(e, bool(steps))]
    prompts = [(e, prompt) for e, prompt in prompts if len(prompt.split()) >= 3]
    if not prompts:
        return NOTHING
    vectors = embedder.vectors([mine, *(prompt for _, prompt in prompts)])
    likeness = vectors[1:] @ vectors[0]
    best_one = int(likeness.argmax())
    if likeness[best_one] < SAME_QUESTION:
        return NOTHING
    if steps and _CHANGED.search(plain(question)):
        return NOTHING
    probability = 0.55 + 1.2 * (float(likeness[best_one]) - SAME_QUESTION)
    if reply and steps and _NOT_YET.search(plain(reply)) and not _TRIED.search(plain(reply)):
        probability *= 0.4
    return Finding(min(probability, 0.85), steps[0] if steps else None, prompts[best_one][0])


SAME_QUESTION = 0.75
"""Cosine from which two questions are taken to mean the same; at this value own samples hold no other pair."""


def plain_question(text: str) -> str:
    """The asking clauses of a message, plain and joined; "" when it asks nothing."""
    return " ".join(
        c
        for c in clauses(plain(text))
        if (requests(c) or asked_steps(c)) and not offers(c) and not closes(c) and not confirms(c)
    )


def _answered(exchange: Exchange, step: bool) -> bool:
    """Did the customer answer what the bot asked, for a step by having done it?"""
    line = plain(exchange.customer)
    if "?" in line or lacks(line) or _NOT_YET.search(line):
        return False
    return not step or bool(given_steps(exchange.bot, exchange.customer))


def _echoed(question: str, exchanges: Sequence[Exchange], reply: str | None) -> Finding:
    """An open question answered with nothing but what the customer had said before.

    Only where the learned models know nothing: they read the reply of bookings themselves.
    """
    if reply is None or not _OPEN.search(plain(question)) or means_another(plain(question)):
        return NOTHING
    asked = [a.item for a in support_asked(question)]
    wanted = [item for item in asked if item.kind in _ECHOED and not unusable(question, item)]
    line = plain_question(question)
    if (asked and not wanted) or not line or checks_security(plain(question)) or calls_unusable(plain(question)):
        return NOTHING
    if not wanted and any(item.kind not in (Kind.CHOICE, Kind.OPTION, Kind.CATEGORY) for item in items_asked(question)):
        return NOTHING
    seen = echo(question, reply, [e.customer for e in exchanges])
    named = any(len(value) >= 5 and value in said_before(exchanges) for value in tokens(reply)[0] - tokens(question)[0])
    if not named and (seen.share < 0.99 or seen.seen_values + seen.seen_words == 0):
        return NOTHING
    sure = named or seen.seen_values or seen.seen_words >= 2
    if not sure and not wanted:
        return NOTHING
    exchange = max(exchanges, key=lambda e: echo(question, reply, [e.customer]).share)
    return Finding((0.85 if wanted else 0.7) if sure else 0.6, wanted[0] if wanted else None, exchange)


def said_before(exchanges: Sequence[Exchange]) -> frozenset[str]:
    """Every value that the customer has stated."""
    return frozenset(value for e in exchanges for value in tokens(e.customer)[0])


_OPEN = re.compile(r"\b(?:what(?! an? )|which|who|whom|whose|where|when|how)\b|\b(?:tell|give|send|share|provide|remind|let) (?:me|us)\b|\b(?:have|need|get|know) (?:the|your)\b|\bplease\b")
_ECHOED = frozenset(
    {
        Kind.IDENTIFIER,
        Kind.EMAIL,
        Kind.PHONE,
        Kind.NAME,
        Kind.ADDRESS,
        Kind.PRODUCT,
        Kind.DEVICE,
        Kind.SOFTWARE,
        Kind.ERROR,
        Kind.AMOUNT,
        Kind.DATE,
        Kind.POSTCODE,
    }
)


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
    if gift.value and item.kind in _VALUED:
        if gift.value in stated(reply):
            return max(probability, 0.95)
        if item.kind is Kind.IDENTIFIER and codes(line):
            return probability * 0.6
    if lacks(line) and not protests(reply):
        return probability * 0.7
    return probability
