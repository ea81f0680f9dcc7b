"""What a customer's reply says of the answer before it: the words of `language.statements`, and where they say nothing
decisive, the learned signals and a few plain turns of phrase.
"""

from __future__ import annotations

from collections.abc import Mapping

from service.conversation import Message
from service.language.patterns import any_of
from service.language.signal_patterns import Signal
from service.language.signals import Reading
from service.language.statements import Outcome, read_statements

LONGEST = 2000
"""Characters of a reply that are read."""

SURE = 0.6
"""Strength of a signal from which it decides alone."""

SURELY_DONE = 0.85
"""Strength of "solved" from which a customer who tells what they did ("merged, perfect") says that it worked."""

TOLD = 0.55
"""Strength of "I already told you" from which the answer before it is rejected."""

_NEGATED = any_of(r"n't\b", r"\b(?:not|no|nope|never|nothing|still|cannot|cant|dont|doesnt|didnt|but|without)\b", r"\?")
_WORKED = any_of(
    r"\b(?:that|this|it|which)(?: really| just)? did (?:it|the trick)\b",
    r"\b(?:fixed|solved|cured|sorted) (?:it|that|this|the \w+)\b",
    r"\b(?:it|they|\w+ (?:noise|error|problem|message|warning)) (?:is|are|'s) gone\b",
    r"\b(?:[a-z]+,? )?works?(?: again| now| fine| perfectly)?\W*$",
    r"\bnow (?:it|that|all|everything)(?:'s| is) (?:fine|ok|okay|good|working)\b",
    r"\b(?:closes|opens|starts|runs|fits|loads|connects|prints|charges|plays|shows)\b.*\b(?:now|again|perfectly|fine)\b",
    r"\b(?:it|that|they) fits?\b",
    r"\ball set\b",
    r"\bdid the trick\b",
    r"\b(?:what|all) i (?:needed|wanted)\b",
)
_DID = any_of(r"\b(?:[a-z]{3,}ed|found|done|reset|set|did|sent|paid|got)\b")
_TOLD = any_of(r"\bi (?:already |just |have |'ve )*(?:said|told|asked|explained|wrote|mentioned)\b")
_REJECTED = any_of(
    r"\b(?:don'?t|do not|didn'?t|did not) (?:want|ask|need|mean)\b.*\bi (?:want|ask|need|mean|was)",
    r",? not (?:the |a |an |my |about )?[\w'-]+\W*$",
    r"\b(?:that|this)(?:'s| is) (?:not (?:it|right|the one)|something else|about)\b",
)
_DECISIVE = frozenset(Outcome) - {Outcome.ACCEPTS}


def reply_outcomes(messages: tuple[Message, ...], readings: Mapping[int, Reading]) -> dict[int, Outcome]:
    """What the customer's replies say, by index of the message; `readings` are of `read_bot_part`."""
    said = {statement.message.id: statement.outcome for statement in read_statements(messages)}
    first = min(readings, default=-1)
    found: dict[int, Outcome] = {}
    for position, reading in readings.items():
        outcome = said.get(messages[position].id)
        if outcome is Outcome.WORKS and reading[Signal.UNSOLVED] >= max(SURE, reading[Signal.SOLVED]):
            outcome = None
        if outcome not in _DECISIVE and position > first:
            outcome = _heard(messages[position].text[:LONGEST].lower().replace("\u2019", "'"), reading) or outcome
        if outcome is not None:
            found[position] = outcome
    return found


def _heard(text: str, reading: Reading) -> Outcome | None:
    """What signals and turns of phrase say of a reply that is not decisive by its statements."""
    plain = not _NEGATED.search(text)
    unhappy = max(reading[s] for s in (Signal.UNSOLVED, Signal.NOT_WHAT_I_ASKED, Signal.FRUSTRATED))
    if plain and (_WORKED.search(text) or (reading[Signal.SOLVED] >= max(SURELY_DONE, unhappy) and _DID.search(text))):
        return Outcome.WORKS
    told = reading[Signal.ALREADY_TOLD] >= TOLD and _TOLD.search(text) is not None
    if reading[Signal.NOT_WHAT_I_ASKED] >= SURE or told or _REJECTED.search(text):
        return Outcome.REJECTS
    if reading[Signal.UNSOLVED] >= max(SURE, reading[Signal.SOLVED]) and not plain:
        return Outcome.FAILS
    return None
