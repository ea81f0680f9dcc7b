"""What came of each answer of the bot: the customer's feedback on it, and what the customer did next.

Only the customer and the helpdesk are heard here; the text of the answer itself is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.conversation import Conversation, Event, EventKind, Feedback, Message, Role
from service.language.signal_patterns import Signal
from service.language.signals import has
from service.language.statements import Outcome, read_outcome
from service.language.wording import alike, content
from service.scoring.answers import JUDGED, Answer
from service.scoring.bot_part import BotPart
from service.scoring.rephrasing import rephrasings
from service.scoring.replies import reply_outcomes
from service.scoring.score import Evidence


class Source(StrEnum):
    """What judged an answer; the first outweighs the next."""

    FEEDBACK = "feedback"
    BEHAVIOUR = "behaviour"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Sign:
    """What feedback or behaviour says of an answer: its relevance 0..1 and the proof."""

    relevance: float
    source: Source
    shows: Evidence


Signs = Mapping[str, Sign]
"""By message id of the answer."""

HELPFUL, UNHELPFUL, OPENED, LEFT = 0.98, 0.03, 0.85, 0.12
"""Relevance that a thumb, an opened link, and a customer who asks again or turns away say of an answer."""

ASKED_AGAIN = "asks the same again"
WANTS_HUMAN, GIVES_UP = "wants a human instead", "gives up"
SAID_BEFORE = "had been turned down before"
SAME = 0.8
"""Likeness of words from which one answer is the other again."""

FRAGMENT = 2
"""Content words of a question that may be a piece of the one before."""

FROM_WORDS: Mapping[Outcome, tuple[float, str]] = {
    Outcome.WORKS: (0.97, "the customer says that it worked"),
    Outcome.REJECTS: (0.05, "the customer says that it is not what was asked"),
    Outcome.FAILS: (0.15, "the customer says that it did not help"),
}

FEEDBACK_WORDS: Mapping[str, Feedback] = {
    **dict.fromkeys(("helpful", "up", "yes", "good", "positive", "solved", "like"), Feedback.HELPFUL),
    **dict.fromkeys(("unhelpful", "down", "no", "bad", "negative", "unsolved", "dislike"), Feedback.UNHELPFUL),
}
"""How helpdesks call an article vote, in `target` or `origin` of a feedback event."""


def read_signs(conversation: Conversation, part: BotPart, found: Sequence[Answer], *, words: bool) -> Signs:
    """What feedback and behaviour say of the answers `found`: buttons before words, words before behaviour.

    Without `words` nothing that was written is read: only buttons and opened links count.
    """
    judged = [answer for answer in found if answer.kind in JUDGED]
    signs = dict(_links(conversation, judged if words else found))
    if words:
        signs.update(_turned_away(part, judged))
        signs.update(_said(part, judged))
        signs.update(_said_again(part, judged, signs))
    signs.update(_buttons(conversation, found))
    return signs


def _buttons(conversation: Conversation, found: Sequence[Answer]) -> Iterator[tuple[str, Sign]]:
    """Votes reported as events, then thumbs on the messages themselves."""
    for event in conversation.events:
        vote, voted = _vote(event), _last_before(found, event)
        if vote is not None and voted is not None:
            yield voted.message.id, _button(voted.message, vote)
    for answer in found:
        if answer.message.feedback is not None:
            yield answer.message.id, _button(answer.message, answer.message.feedback)


def _button(message: Message, vote: Feedback) -> Sign:
    helpful = vote is Feedback.HELPFUL
    shows = "marked as helpful" if helpful else "marked as not helpful"
    return Sign(HELPFUL if helpful else UNHELPFUL, Source.FEEDBACK, Evidence.of(message, shows))


def _vote(event: Event) -> Feedback | None:
    if event.kind != EventKind.FEEDBACK:
        return None
    words = (event.target or "", event.origin or "")
    return next((FEEDBACK_WORDS[word.lower()] for word in words if word.lower() in FEEDBACK_WORDS), None)


def _said(part: BotPart, judged: Sequence[Answer]) -> Iterator[tuple[str, Sign]]:
    """The customer's own words, of the answers they reply to."""
    for position, outcome in reply_outcomes(part.messages, part.customer).items():
        if outcome not in FROM_WORDS:
            continue
        value, shows = FROM_WORDS[outcome]
        reply = part.messages[position]
        for answer in _turn_before(part.messages, judged, reply):
            yield answer.message.id, Sign(value, Source.FEEDBACK, Evidence.of(reply, shows))


def _said_again(part: BotPart, judged: Sequence[Answer], signs: Signs) -> Iterator[tuple[str, Sign]]:
    """Answers that only say again what the customer had turned down."""
    for place, answer in enumerate(judged):
        if answer.message.id in signs or not part.repeats(answer.position):
            continue
        words = content(answer.message.text)
        for earlier in judged[:place]:
            sign = signs.get(earlier.message.id)
            if sign is not None and sign.relevance <= LEFT and alike(words, content(earlier.message.text)) >= SAME:
                yield answer.message.id, Sign(LEFT, Source.BEHAVIOUR, Evidence.of(earlier.message, SAID_BEFORE))


def _links(conversation: Conversation, judged: Sequence[Answer]) -> Iterator[tuple[str, Sign]]:
    for event in conversation.events:
        clicked = _last_before(judged, event) if event.kind == EventKind.LINK_CLICKED else None
        if clicked is not None:
            yield (
                clicked.message.id,
                Sign(OPENED, Source.BEHAVIOUR, Evidence.of(clicked.message, "its link was opened")),
            )


def _turned_away(part: BotPart, judged: Sequence[Answer]) -> Iterator[tuple[str, Sign]]:
    """Answers after which the customer asked the same again, wanted a human or gave up."""
    acts = [part.acts[i] for i in sorted(part.acts)]
    read = [m for i, m in enumerate(part.messages) if m.role is not Role.BOT or i in part.acts]
    again = {r.message.id for r in rephrasings(read, acts)}
    for position, reading in part.customer.items():
        message = part.messages[position]
        outcome = read_outcome(message.text)
        if message.id in again or _is_fragment(part, position):
            shows = ASKED_AGAIN
        elif has(reading, Signal.ASKS_FOR_HUMAN) or (part.accepts(position) and outcome is not Outcome.TRIES):
            shows = WANTS_HUMAN
        elif outcome is Outcome.GIVES_UP:
            shows = GIVES_UP
        else:
            continue
        for answer in _turn_before(part.messages, judged, message):
            yield answer.message.id, Sign(LEFT, Source.BEHAVIOUR, Evidence.of(message, shows))


def _is_fragment(part: BotPart, position: int) -> bool:
    """Whether the customer asks for one word of the question before: "Which size do I need?" ... "size?"."""
    text = part.messages[position].text.strip()
    words = content(text)
    before = (content(part.messages[i].text) for i in part.customer if i < position)
    return text.endswith("?") and 0 < len(words) <= FRAGMENT and any(words < asked for asked in before)


def _turn_before(messages: Sequence[Message], judged: Sequence[Answer], reply: Message) -> list[Answer]:
    """The judged answers that `reply` is the customer's first word to; none when a human had answered as well."""
    at = next(i for i, m in enumerate(messages) if m is reply)
    start = at
    while start > 0 and messages[start - 1].role is not Role.CUSTOMER:
        start -= 1
    if any(messages[i].role is Role.AGENT for i in range(start, at)):
        return []
    return [answer for answer in judged if start <= answer.position < at]


def _last_before(found: Sequence[Answer], event: Event) -> Answer | None:
    """The last answer before the event; without times the last of all."""
    moment = event.at
    for answer in reversed(found):
        if moment is None or answer.message.at is None or answer.message.at <= moment:
            return answer
    return None
