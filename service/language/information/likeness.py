"""Two ways to see a repeat without knowing its kind: the same question in other words, and the same answer again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.language.embedding import Embedder
from service.language.information.echo import echo, tokens
from service.language.information.exchange import Exchange, items_asked
from service.language.information.findings import NOTHING, Finding, changes_something
from service.language.information.fits import unusable
from service.language.information.items import Kind
from service.language.information.questions import (
    asks_outcome,
    calls_unusable,
    checks_security,
    clauses,
    closes,
    confirms,
    means_another,
    requests,
)
from service.language.information.replies import lacks, not_yet
from service.language.information.steps import asked_steps
from service.language.information.steps_done import given_steps
from service.language.information.support import offers, support_asked
from service.language.information.values import plain

SAME_QUESTION = 0.75
"""Cosine from which two questions are taken to mean the same; at this value own samples hold no other pair."""
_OPEN = re.compile(
    r"\b(?:what(?! an? )|which|who|whom|whose|where|when|how)\b|\b(?:tell|give"
    r"|send|share|provide|remind|let) (?:me|us)\b|\b(?:have|need|get|know) (?:the"
    r"|your)\b|\bplease\b|\bdo you (?:happen to |also )?(?:see|have|know|get|remember|recall)\b"
)
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


def same_question(question: str, exchanges: Sequence[Exchange], reply: str | None, embedder: Embedder) -> Finding:
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
    if steps and changes_something(question):
        return NOTHING
    probability = 0.55 + 1.2 * (float(likeness[best_one]) - SAME_QUESTION)
    if reply and steps and not_yet(plain(reply)):
        probability *= 0.4
    return Finding(min(probability, 0.85), steps[0] if steps else None, prompts[best_one][0])


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
    if "?" in line or lacks(line) or not_yet(line):
        return False
    return not step or bool(given_steps(exchange.bot, exchange.customer))


def echoed(question: str, exchanges: Sequence[Exchange], reply: str | None) -> Finding:
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
