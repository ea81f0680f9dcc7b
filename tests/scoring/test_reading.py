"""No text is read beyond a bound, whatever it is made of; what people write is read whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.card_document import card_document
from service.conversation import Author, BotTurn, Contact, Conversation, Event, Feedback, Message, Rating, Role
from service.language.embedding import DIMENSIONS, Vectors
from service.language.labels import terms
from service.language.masking import mask
from service.language.personal_data import personal_data
from service.language.redaction import redact
from service.note import desired
from service.scoring import scorecard
from service.scoring.definitions import VERDICTS
from service.scoring.reading import (
    LEFT_OUT,
    LONGEST_GAP,
    LONGEST_WORD,
    READ_AT_LEAST,
    READ_END,
    READ_IN_ALL,
    READ_START,
    as_read,
    readable,
)
from service.scoring.score import Case, History, Policy, Score

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
ODD = (
    "a", "a-", "a.b", "7", "7 ", "7-", "@", "x@", "http://", "\n", "> ", '"', "[(", "e\u0301\u0301", "\U0001f600",
    "\u202e", "\u05e9\u05dc ", "\u200b",
    "pneumono", "Hello. ", "shows ", "? ", "my order 12345 ", "and ", "\ud800", "\0",
    "is it working ", "AB12 ", "my name is Anna ",
)  # fmt: skip


class Letters:
    """Vectors of the letters of a text: deterministic and free."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        rows = np.full((len(texts), DIMENSIONS), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for letter in text[:200]:
                row[ord(letter) % DIMENSIONS] += 1
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    issue_vectors = vectors


def conversation(*texts: str) -> Conversation:
    roles = (Role.CUSTOMER, Role.BOT, Role.CUSTOMER, Role.AGENT)
    return Conversation(
        "1", tuple(Message(f"m{i}", Author(roles[i % 4]), text) for i, text in enumerate(texts)), language="en"
    )


@pytest.mark.parametrize("unit", ODD)
def test_every_score_is_given_a_bounded_text(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Conversation] = []

    def look(case: Case) -> Score:
        seen.extend((case.conversation, *case.history.others))
        return Score(None)

    monkeypatch.setattr(scorecard, "SCORERS", (("repeat_contact", look),))
    giant = conversation(*[unit * (300_000 // len(unit))] * 4)
    scorecard.score_conversation(giant, History(others=(giant,)), Policy(), Letters())
    lengths = [len(message.text) for piece in seen for message in piece.messages]
    assert len(lengths) == 8
    assert max(lengths) <= READ_START + READ_END + len(LEFT_OUT)
    assert all(piece.truncated for piece in seen)


def test_ordinary_messages_are_the_same_object() -> None:
    ordinary = conversation("where is my parcel", "word " * 900, "https://example.com/" + "a" * 200)
    assert as_read(ordinary) is ordinary


def test_start_and_end_are_read() -> None:
    text = readable("first " + "log line " * 5000 + "last")
    assert text.startswith("first")
    assert text.endswith("last")
    assert LEFT_OUT in text


def test_long_words_and_gaps_are_cut() -> None:
    assert readable("x" * 1000 + " y") == "x" * LONGEST_WORD + " y"
    assert readable("x" + " " * 1000 + "y") == "x" + " " * LONGEST_GAP + "y"


def test_many_long_messages_share_what_is_read() -> None:
    read = as_read(conversation(*["some words " * 400] * 200))
    assert sum(len(m.text) for m in read.messages) <= READ_IN_ALL + 200 * len(LEFT_OUT)
    crowd = as_read(conversation(*["some words " * 400] * 1000))
    assert {len(m.text) for m in crowd.messages} == {READ_AT_LEAST + len(LEFT_OUT)}


WEIRD = st.one_of(
    st.text(max_size=60),
    st.sampled_from(("", " ", "?", "my order 12345", "that did not help", "I want a human",
                     "What is your order number?", "thanks, it works now", "I can't help with that.",
                     "I already told the bot", "ja und nein bitte")),
    st.builds(lambda unit, count: unit * count, st.sampled_from(ODD), st.integers(1, 80)),
)  # fmt: skip


@given(WEIRD)
@settings(max_examples=300, deadline=None)
def test_readers_of_text_never_raise(text: str) -> None:
    for read in (mask, redact, personal_data, readable):
        assert read(text) == read(text)
    assert terms([text, text]) == terms([text, text])


TIMES = st.one_of(st.none(), st.integers(-400, 400).map(lambda n: START + timedelta(minutes=n)))
MESSAGES = st.lists(
    st.builds(
        lambda role, text, at, group, bot, feedback, internal, files: (
            Author(role, group and f"a-{group}", group), text, at, bot, feedback, internal, files,
        ),
        st.sampled_from(Role), WEIRD, TIMES, st.sampled_from((None, "tier 1", "tier 2")),
        st.one_of(st.none(), st.builds(BotTurn, st.none(), st.one_of(st.none(), st.floats(0, 1)))),
        st.one_of(st.none(), st.sampled_from(Feedback)), st.booleans(), st.sampled_from(((), ("photo.jpg",))),
    ),
    min_size=1, max_size=9,
)  # fmt: skip
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(("handoff", "transferred", "closed", "reopened", "rated", "feedback", "link_clicked",
                         "redacted", "action_completed", "action_failed", "channel_changed", "from the moon")),
        TIMES,
    ),
    max_size=5,
)  # fmt: skip
RATINGS = st.one_of(
    st.none(),
    st.builds(
        Rating, st.one_of(st.none(), st.floats(-2, 20), st.text(max_size=5)), st.sampled_from((None, "1-5", "?"))
    ),
)
RELIED_ON = {
    "context_repeat": ("candidates",),
    "intent": ("novelty",),
    "answer_relevance": ("answers",),
    "effort": ("messages_until_useful", "rephrasings", "channel_switches"),
    "containment": ("claimed",),
    "escalation": ("timing", "reason", "trigger"),
    "knowledge_gap": ("reason",),
    "training_example": ("reasons",),
    "resolution_confidence": ("source",),
}
RANGES = {"repeat_contact": (0, 1), "containment": (0, 1), "effort": (1, 7), "answer_relevance": (0, 1),
          "resolution_confidence": (0, 1), "satisfaction": (1, 5), "intent": (0, 1)}  # fmt: skip


@given(MESSAGES, EVENTS, RATINGS, st.sampled_from((None, "en", "de")))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_card_keeps_its_promises(messages: list[Any], events: list[Any], rating: Any, spoken: str | None) -> None:
    said = tuple(
        Message(f"m{i}", author, text, at, bot, feedback, internal, files)
        for i, (author, text, at, bot, feedback, internal, files) in enumerate(messages)
    )
    happened = tuple(Event(f"e{i}", kind, at) for i, (kind, at) in enumerate(events))
    one = Conversation("1", said, contact=Contact("c"), language=spoken, events=happened, rating=rating)
    other = Conversation("2", said[::-1], contact=Contact("c"), events=happened)
    history = History(START + timedelta(days=9), (other,))
    cards = scorecard.score_conversation(one, history, Policy(), Letters())
    again = scorecard.score_conversation(one, history, Policy(), Letters())
    for card, twin, piece in zip(cards, again, scorecard.judged_episodes(one, Policy()), strict=True):
        document = json.dumps(card_document(card), allow_nan=False)
        assert document == json.dumps(card_document(twin), allow_nan=False)
        assert json.loads(document) == card_document(card)
        assert set(card.scores) == set(VERDICTS)
        for name, score in card.scores.items():
            vocabulary = VERDICTS[name]
            assert vocabulary is None or score.verdict is None or score.verdict in vocabulary
            assert 0 <= score.confidence <= 1
            assert score.reason
            low, high = RANGES.get(name, (0, float("inf")))
            assert score.value is None or low <= score.value <= high or name == "escalation"
            assert set(RELIED_ON.get(name, ())) <= set(score.details), name
        answers: Any = card.scores["answer_relevance"].details["answers"]
        assert _answering(piece) == [answer["message"] for answer in answers]
        wanted = desired(card, piece, Policy())
        assert len(wanted.tags) <= 5
        assert len("\n".join((wanted.headline, *wanted.lines, "reference")).splitlines()) <= 8


def _answering(piece: Conversation) -> list[str]:
    """The bot messages that follow a customer message."""
    first = next((i for i, m in enumerate(piece.public) if m.role is Role.CUSTOMER), len(piece.public))
    return [m.id for i, m in enumerate(piece.public) if m.role is Role.BOT and i > first]
