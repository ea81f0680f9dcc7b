"""The one answer of a conversation that is known to be right, and how that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.conversation import Message, Role
from service.language.statements import Outcome
from service.language.wording import content
from service.scoring.bot_part import read_bot_part
from service.scoring.replies import reply_outcomes
from service.scoring.score import Case

ANSWER_WORDS = 4
"""Content words from which a human's message is an answer."""

RIGHT = 0.9
"""Relevance by feedback from which the customer has said that an answer is right."""

RELEVANT = 0.6
"""Relevance from which the last answer of a confirmed conversation is the one that was confirmed."""


@dataclass(frozen=True, slots=True)
class Verified:
    """An answer known to be right, and how that is known."""

    message: Message
    text: str
    by: str


def verified(case: Case) -> Verified | None:
    """The answer that is known to be right: by feedback, by a confirmed containment, or a human's that was accepted."""
    by_id = {message.id: message for message in case.conversation.public}
    relevance = case.so_far.get("answer_relevance")
    listed = relevance.details.get("answers", ()) if relevance is not None else ()
    entries = [e for e in listed if isinstance(e, Mapping)] if isinstance(listed, tuple | list) else []
    answers = [e for e in entries if e["kind"] == "answer" and isinstance(e["relevance"], float)]
    praised = [e for e in answers if e["source"] == "feedback" and e["relevance"] >= RIGHT]
    if praised:
        message = by_id[praised[-1]["message"]]
        return Verified(message, message.text, "feedback")
    containment = case.so_far.get("containment")
    if containment is not None and containment.verdict == "confirmed":
        good = [by_id[e["message"]] for e in answers if e["relevance"] >= RELEVANT]
        return Verified(good[-1], good[-1].text, "containment") if good else None
    return _accepted_human(case)


def _accepted_human(case: Case) -> Verified | None:
    """A human's answer that the customer says worked, or accepts as the last word."""
    public = case.conversation.public
    part = read_bot_part(public, case.embedder)
    last = max(part.customer, default=-1)
    for position, outcome in sorted(reply_outcomes(public, part.customer).items(), reverse=True):
        right = outcome is Outcome.WORKS or (outcome is Outcome.ACCEPTS and position == last)
        turn = _turn_before(public, public[position])
        said = [m for m in turn if m.role is Role.AGENT and len(content(m.text)) >= ANSWER_WORDS]
        # A "yes" to a question accepts nothing.
        if right and said and "?" not in turn[-1].text:
            return Verified(said[-1], "\n".join(m.text for m in said), "human")
    return None


def _turn_before(public: tuple[Message, ...], reply: Message) -> tuple[Message, ...]:
    at = public.index(reply)
    start = at
    while start > 0 and public[start - 1].role is not Role.CUSTOMER:
        start -= 1
    return public[start:at]
