"""The card as a whole: its order, what earlier episodes say, and what is left in another language."""

from datetime import UTC, datetime, timedelta
from typing import Any

from service.card_document import card_document, card_from_document
from service.conversation import Author, Contact, Conversation, Event, EventKind, Message, Rating, Role
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.scoring.score import History, Policy, Scorecard
from service.scoring.scorecard import score_conversation

EMBEDDER = CachedEmbedder(MiniLM(), MemoryCache())
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROLES = {"c": Role.CUSTOMER, "b": Role.BOT, "a": Role.AGENT}


def talk(*turns: tuple[str, float], events: tuple[Event, ...] = (), **changes: Any) -> Conversation:
    """Turns ("c: text", minute)."""
    messages = tuple(
        Message(f"m{i}", Author(ROLES[text[0]]), text[3:], START + timedelta(minutes=at))
        for i, (text, at) in enumerate(turns)
    )
    return Conversation("1", messages, contact=Contact("c-1"), events=events, **changes)


def cards(conversation: Conversation) -> tuple[Scorecard, ...]:
    return score_conversation(conversation, History(as_of=START + timedelta(days=9)), Policy(), EMBEDDER)


def test_a_reopened_conversation_tells_of_its_earlier_episodes() -> None:
    turns = (
        ("c: my kettle leaks at the lid", 0.0),
        ("b: Press the lid down until it clicks.", 1.0),
        ("c: the kettle still leaks at the lid", 120.0),
        ("b: Then the seal is worn; order a new one under Spares.", 121.0),
    )
    events = tuple(
        Event(f"e{n}", kind, START + timedelta(minutes=n)) for n, kind in ((60, "closed"), (120, "reopened"))
    )
    first, last = cards(talk(*turns, events=events, closed_at=START + timedelta(minutes=200)))
    assert first.scores["repeat_contact"].details["episodes"] == ()
    assert last.scores["repeat_contact"].verdict == "not_returned"
    assert last.scores["repeat_contact"].details["episodes"] == ({"episode": 1, "verdict": "returned"},)
    assert card_from_document(card_document(last)).scores["repeat_contact"].details["episodes"]


def test_what_needs_no_reading_is_told_in_any_language() -> None:
    turns = (
        ("c: Guten Tag, mein Wasserkocher ist leider undicht und ich brauche dringend Hilfe dabei", 0.0),
        ("b: Einen Moment bitte, ich verbinde Sie jetzt mit einer Kollegin aus dem Service.", 1.0),
        ("a: Guten Tag, ich schicke Ihnen noch heute einen neuen Deckel zu.", 6.0),
    )
    handed = (Event("e", EventKind.HANDOFF, START + timedelta(minutes=2)),)
    rated = Rating("bad", "good/bad")
    (card,) = cards(talk(*turns, events=handed, rating=rated, closed_at=START + timedelta(minutes=10)))
    assert card.scores["handoff_time"].verdict == "answered"
    assert card.scores["satisfaction"].verdict == "dissatisfied"
    assert card.scores["resolution_confidence"].verdict == "low"  # A person had to take over: nothing read for it.
    (kept,) = cards(talk(*turns[:2]))
    assert kept.scores["resolution_confidence"].reason.startswith("language")
    assert card.scores["context_repeat"].verdict == "unclear"
