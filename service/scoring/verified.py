"""The one answer of a conversation that is known to be right, and how that is known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.conversation import Message, Role
from service.language.relevance import relevance
from service.language.statements import Outcome
from service.language.wording import content
from service.scoring.bot_part import BotPart, read_bot_part
from service.scoring.replies import reply_outcomes
from service.scoring.score import Case

ANSWER_WORDS = 4
"""Content words from which a human's message is an answer."""

RIGHT = 0.9
"""Relevance by feedback from which the customer has said that an answer is right."""

RELEVANT = 0.6
"""Relevance from which the last answer of a confirmed conversation is the one that was confirmed."""


LIKELY, UNLIKELY = 0.35, 0.1
"""Relevance by text from which polite thanks confirm a human's answer; below which nothing is taken as confirmed."""

NEARLY = 0.1
"""How much better an answer may fit a question that was put in between."""

ASKING, SAME_QUESTION = 2, 0.65
"""Content words of a question of its own, and the cosine from which it is the first one again."""

_FURTHER = re.compile(r"^\W*(?:ok\W+)?(?:and|also|plus|what about|how about|another)\b", re.IGNORECASE)
"""How a customer puts a further question, however like the first."""

OBJECTS = frozenset({Outcome.FAILS, Outcome.REJECTS, Outcome.GIVES_UP})


@dataclass(frozen=True, slots=True)
class Verified:
    """An answer known to be right, and how that is known."""

    message: Message
    text: str
    by: str


def verified(case: Case, asked: Sequence[Message]) -> Verified | None:
    """The answer to `asked` that is known to be right: by feedback, by a confirmed containment, or a human's.

    `None` as well when the customer objects afterwards, or the answer is rather to another question.
    """
    public = case.conversation.public
    part = read_bot_part(public, case.embedder)
    outcomes = reply_outcomes(public, part.customer)
    for found in _witnessed(case, part, outcomes):
        at = public.index(found.message)
        objects = any(i > at and outcome in OBJECTS for i, outcome in outcomes.items())
        if not objects and _is_to(case, asked, found, at):
            return found
    return None


def _witnessed(case: Case, part: BotPart, outcomes: Mapping[int, Outcome]) -> Iterator[Verified]:
    """Answers with a witness: the last praised one of the bot's, or the confirmed one, or else a human's."""
    by_id = {message.id: message for message in part.messages}
    scored = case.so_far.get("answer_relevance")
    listed = scored.details.get("answers", ()) if scored is not None else ()
    entries = [e for e in listed if isinstance(e, Mapping)] if isinstance(listed, tuple | list) else []
    answers = [e for e in entries if e["kind"] == "answer" and isinstance(e["relevance"], float)]
    praised = [e for e in answers if e["source"] == "feedback" and e["relevance"] >= RIGHT]
    containment = case.so_far.get("containment")
    if praised:
        for entry in reversed(praised):
            message = by_id[entry["message"]]
            yield Verified(message, message.text, "feedback")
    elif containment is not None and containment.verdict == "confirmed":
        good = [by_id[e["message"]] for e in answers if e["relevance"] >= RELEVANT]
        yield from [Verified(good[-1], good[-1].text, "containment")] if good else []
    else:
        yield from _accepted_human(case, part, outcomes)


def _is_to(case: Case, asked: Sequence[Message], found: Verified, at: int) -> bool:
    """Whether the answer is to what was asked at first, not to a question that the customer put in between."""
    first = "\n".join(message.text for message in asked)
    last = case.conversation.public.index(asked[-1])
    between = case.conversation.public[last + 1 : at]
    others = [m.text for m in between if m.role is Role.CUSTOMER and "?" in m.text and len(content(m.text)) >= ASKING]
    to_first, *to_others = relevance([(text, found.text) for text in (first, *others)], case.embedder)
    if not others:
        return to_first >= UNLIKELY
    again = _same_question(case, first, others)
    rival = max((value for value, same in zip(to_others, again, strict=True) if not same), default=0.0)
    return to_first >= max(UNLIKELY, rival - NEARLY)


def _same_question(case: Case, first: str, others: Sequence[str]) -> list[bool]:
    """Which of the later questions are the first one in other words."""
    vectors = case.embedder.vectors([first, *others])
    near = vectors[1:] @ vectors[0] >= SAME_QUESTION
    return [bool(same) and not _FURTHER.search(text) for same, text in zip(near, others, strict=True)]


def _accepted_human(case: Case, part: BotPart, outcomes: Mapping[int, Outcome]) -> Iterator[Verified]:
    """A human's answer that the customer says worked; or accepts as the last word, when its text addresses them too."""
    last = max(part.customer, default=-1)
    for position, outcome in sorted(outcomes.items(), reverse=True):
        accepts = outcome is Outcome.ACCEPTS and position == last
        turn = _turn_before(part.messages, part.messages[position])
        said = [m for m in turn if m.role is Role.AGENT and len(content(m.text)) >= ANSWER_WORDS]
        # A "yes" to a question accepts nothing.
        if (outcome is Outcome.WORKS or accepts) and said and "?" not in turn[-1].text:
            found = Verified(said[-1], "\n".join(m.text for m in said), "human")
            asked = "\n".join(m.text for m in part.messages[: part.messages.index(turn[0])] if m.role is Role.CUSTOMER)
            if outcome is Outcome.WORKS or relevance([(asked, found.text)], case.embedder)[0] >= LIKELY:
                yield found
            return


def _turn_before(public: tuple[Message, ...], reply: Message) -> tuple[Message, ...]:
    at = public.index(reply)
    start = at
    while start > 0 and public[start - 1].role is not Role.CUSTOMER:
        start -= 1
    return public[start:at]
