"""Questions of a gap as people may read them: masked, with what the bot answered and what a person answered instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.card_document import card_from_document
from service.conversation import Role
from service.document import from_document
from service.language.known_names import NOBODY, NameFinder
from service.language.redaction import redact
from service.scoring.score import Scorecard, short
from service.store import gap_facts
from service.store.gap_models import GapMessage
from service.store.models import Conversation
from service.store.models import Scorecard as StoredCard

SHOWN = 8
LONGEST = 400
"""Characters of a quote; who wants more opens the conversation."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Masked words of one message. `place` counts the conversation's messages from 1."""

    text: str
    place: int


@dataclass(frozen=True, slots=True)
class Example:
    """One conversation in which the question was asked; without `question` its text is no longer stored.

    `answer` is what the bot said, `wanted` a person's answer of which the customer then said that it helped.
    """

    conversation: str
    at: datetime
    reason: str
    by_person: bool
    returned: bool
    question: Quote | None = None
    answer: Quote | None = None
    wanted: Quote | None = None


def examples(session: Session, gap_id: int, names: NameFinder = NOBODY) -> list[Example]:
    """The latest questions of the gap; where none of them got a verified answer, also the latest that a person
    answered."""
    latest = _distinct(_examples(gap_facts.latest(session, gap_id, limit=3 * SHOWN), names))[:SHOWN]
    if any(one.wanted for one in latest):
        return latest
    known = {one.conversation for one in latest}
    answered = gap_facts.latest(session, gap_id, limit=2 * SHOWN, by_person=True)
    more = _examples([each for each in answered if each[0].conversation_id not in known], names)
    return [*latest, *(one for one in more if one.wanted)][: SHOWN + 2]


def _distinct(found: Iterable[Example]) -> list[Example]:
    """Each wording once; those without a text last."""
    by_text: dict[str, Example] = {}
    without = []
    for one in found:
        if one.question is None:
            without.append(one)
        elif one.question.text not in by_text or (one.wanted and not by_text[one.question.text].wanted):
            by_text[one.question.text] = one
    return [*by_text.values(), *without]


def _examples(
    rows: Sequence[tuple[GapMessage, Conversation, StoredCard | None]], names: NameFinder
) -> Iterator[Example]:
    for asked, conversation, stored in rows:
        card = card_from_document(stored.stands) if stored is not None else None
        told = (asked.conversation_id, asked.at, asked.reason, asked.agent_messages > 0, asked.returned)
        if conversation.document is None:
            yield Example(*told)
            continue
        yield Example(*told, *_quotes(conversation.document, asked.message, card, names))


def _quotes(document: dict[str, Any], asked: str, card: Scorecard | None, names: NameFinder) -> Iterator[Quote | None]:
    """The question, the bot's answer, the answer that helped."""
    read = from_document(document)
    messages = {message.id: (place, message) for place, message in enumerate(read.messages, 1)}

    def quote(message_id: str | None, *roles: Role) -> Quote | None:
        place, message = messages.get(message_id or "", (0, None))
        if message is None or message.role not in roles:
            return None
        return Quote(short(redact(message.text, names=names), LONGEST), place)

    yield quote(asked, Role.CUSTOMER)
    yield next((quote(name, Role.BOT) for name in _cited(card, "knowledge_gap")[1:2]), None)
    yield next((quote(name, Role.AGENT) for name in _cited(card, "training_example")[1:2]), None)


def _cited(card: Scorecard | None, score: str) -> list[str]:
    """The messages that a score's evidence quotes: the question first, then the answer."""
    if card is None or score not in card.scores:
        return []
    return [one.message for one in card.scores[score].evidence if one.message is not None]
