"""Handoffs that an answer could have spared, in the words that were written: what was asked, what the bot had answered,
and what a person then said. Masked, for those who may read conversations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.conversation import Message, Role
from service.document import DocumentError, from_document
from service.language.known_names import NOBODY, NameFinder
from service.language.redaction import redact
from service.reports.gap_examples import LONGEST, Quote
from service.scoring.score import short
from service.store.had_answers import Spared
from service.store.models import Conversation

SHOWN = 3

Cards = Mapping[tuple[str, int], Mapping[str, Any]]
"""The card that stands, by conversation and episode."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One handoff: the bot's `answer`, the customer's words before it and the person's that repeated it."""

    spared: Spared
    answer: Quote
    question: Quote | None
    person: Quote | None


def examples(session: Session, found: Sequence[Spared], cards: Cards, names: NameFinder = NOBODY) -> list[Exchange]:
    """The first `SHOWN` of them whose text is still stored."""
    tried = found[: 2 * SHOWN]
    ids = {one.conversation for one in tried}
    statement = select(Conversation.id, Conversation.document).where(Conversation.id.in_(sorted(ids)))
    documents = {row_id: document for row_id, document in session.execute(statement) if document is not None}
    told = (
        _exchange(one, documents[one.conversation], cards.get((one.conversation, one.episode), {}), names)
        for one in tried
        if one.conversation in documents
    )
    return [each for each in told if each is not None][:SHOWN]


def _exchange(one: Spared, document: Mapping[str, Any], card: Mapping[str, Any], names: NameFinder) -> Exchange | None:
    try:
        messages = from_document(dict(document)).messages
    except DocumentError:
        return None
    evidence = card.get("scores", {}).get("escalation", {}).get("evidence", ())
    repeated, answered = next(((each.get("message"), each.get("answered_in")) for each in evidence), (None, None))
    places = {message.id: place for place, message in enumerate(messages)}
    if answered not in places:
        return None
    at = places[answered]
    person = messages[places[repeated]] if repeated in places else None
    question = next(_of(Role.CUSTOMER, messages[:at]), None)
    quotes = (
        None if said is None else Quote(short(redact(said.text, names=names), LONGEST), places[said.id] + 1)
        for said in (messages[at], question, person)
    )
    answer, asked, again = quotes
    return None if answer is None else Exchange(one, answer, asked, again)


def _of(role: Role, messages: Sequence[Message]) -> Iterator[Message]:
    """Messages of a role with words, the latest first."""
    return (each for each in reversed(messages) if each.role is role and each.text.strip())
