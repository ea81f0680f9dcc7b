"""Steps told in other words: what the agent orders beside what the customer says was done, by their meaning.

The cosine is taken between short pieces ("uninstall the client", "i've done a clean install"), never whole messages,
and only pieces that order an action meet pieces that tell of one. Where the table of steps knows both and tells them
apart, likeness has no say: to restart a phone is like restarting a router, and is another step.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from service.language.embedding import Embedder
from service.language.information.exchange import Exchange
from service.language.information.findings import NOTHING, Finding, changes_something
from service.language.information.fits import step_fit
from service.language.information.items import Item, Kind
from service.language.information.questions import asks_outcome, checks_security, clauses, closes, confirms
from service.language.information.replies import not_yet
from service.language.information.step_table import mentions
from service.language.information.steps import informs, orders
from service.language.information.steps_done import says_done_with, tells_done
from service.language.information.values import plain

SAME_STEP = 0.62
"""Cosine from which an ordered and a told step are one; above it own samples hold no other pair."""
_CUT = re.compile(r"[.?!;,:\n()+]|\s-+\s|\b(?:and|but|then|also|because|so that|while|until|which)\b")
_PROMPT = re.compile(
    r"^.*?\b(?:(?:could|can|would|will|did|have) you|please|kindly|let's|lets|would you mind|mind|step is|to try is"
    r"|thing is|we need to|you need to|i'd suggest(?: to)?|i suggest|recommend|make sure(?: that)?)\b"
    r"(?: (?:please|also|already|tried|trying|try|have|had|had a chance to|a chance to|a moment to|now|just"
    r"|quickly|to"
    r"|perhaps|be able|maybe|first|go ahead|you|ever|considered|me|for))*\W+"
)
_THINGS = re.compile(
    r"\bverify (?:the |your |that )?(?:\w+ )?(?:files?|cache|cables?|connections?|settings?|integrity)\b"
)
"""What is verified as a step, where "verify" otherwise asks for agreement."""
_AGAIN = re.compile(r"\b(?:clos|shut|try|quit|us)(?:e|ing|ed)?\b[^?]*\b(?:any|another|some|all) other\b")
"""An order with "any other" in it: no offer of more help."""
_WISH = re.compile(
    r"\b(?:you(?:'d|'re)? (?:want|are|need an?|would|like)|you(?:'ll| can| will)? (?:see"
    r"|find|get|receive)|so you|(?:would )?like to|i'd|i'm|me to|i (?:can"
    r"|will|have)"
    r"|confirm|the following|clarify|let me know)\b"
)
"""What repeats or asks after a wish, or gives word of something: no step."""
_FILLER = re.compile(
    r"\b(?:for me|please|once more|again|already|if you have one.*|at hand|thanks)\b|^\W*(?:then|next|now)\b"
)


def same_step(question: str, exchanges: Sequence[Exchange], reply: str | None, embedder: Embedder) -> Finding:
    """A step the agent orders that means the same as one the customer told, or was led through by the bot."""
    ordered = ordered_steps(question)
    told = [(piece, e) for e in exchanges for piece in told_steps(e.bot, e.customer)]
    if not ordered or not told or changes_something(question) or checks_security(plain(question)):
        return NOTHING
    vectors = embedder.vectors([*ordered, *(piece for piece, _ in told)])
    likeness = vectors[: len(ordered)] @ vectors[len(ordered) :].T
    found = NOTHING
    for i, mine in enumerate(ordered):
        for j, (theirs, exchange) in enumerate(told):
            cosine = float(likeness[i, j])
            if cosine < SAME_STEP or _told_apart(mine, theirs):
                continue
            probability = min(0.6 + (cosine - SAME_STEP), 0.9)
            if probability > found.probability:
                found = Finding(probability, Item(Kind.STEP, "~"), exchange)
    if found.exchange and reply and not_yet(plain(reply)):
        return Finding(found.probability * 0.4, found.item, found.exchange)
    return found


@lru_cache(maxsize=1024)
def ordered_steps(raw: str) -> tuple[str, ...]:
    """The pieces of an agent's message that tell the customer to do something, without their polite wrapping."""
    pieces = []
    for clause in clauses(plain(raw)):
        agreeing = confirms(clause) and not _THINGS.search(clause)
        ending = closes(clause) and not _AGAIN.search(clause)
        if agreeing or ending or asks_outcome(clause) or not orders(clause):
            continue
        bare = _PROMPT.sub("", clause)
        for part in (bare, *(_CUT.split(bare) if _CUT.search(bare[:-1]) else ())):
            piece = _FILLER.sub("", part).strip(" ?.!")
            if 2 <= len(piece.split()) <= 16 and not informs(piece) and not _WISH.search(piece):
                pieces.append(piece)
    return tuple(dict.fromkeys(pieces))


@lru_cache(maxsize=1024)
def told_steps(bot: str, raw: str) -> tuple[str, ...]:
    """The pieces of a customer's message that tell of something done, and what the bot had ordered when that was."""
    pieces = []
    for sentence in re.split(r"(?<=[.?!;])\s+|\n", raw):
        for part in _CUT.split(plain(sentence)):
            piece = part.strip()
            if 2 <= len(piece.split()) <= 14 and tells_done(piece) and "?" not in sentence:
                pieces.append(piece)
    if bot and says_done_with(plain(raw)):
        pieces += ordered_steps(bot)
    return tuple(dict.fromkeys(pieces))


def _told_apart(mine: str, theirs: str) -> bool:
    """Does the table know a step in each, and none in common?"""
    asked, given = ([role for role, _, _ in mentions(piece)] for piece in (mine, theirs))
    return bool(asked and given) and all(step_fit(a, g) < 0.2 for a in asked for g in given)
