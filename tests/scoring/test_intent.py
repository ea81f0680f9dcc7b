"""Every verdict of `intent`, which message it is read from, and what bot and human said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.conversation import Author, BotTurn, Conversation, Event, EventKind, Message, Role
from service.files.intents import examples
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.intents import Example, IntentCatalog
from service.language.model import MiniLM
from service.scoring.intent import intent, stated_text, stating
from service.scoring.score import Case, History, Policy, Score

SAMPLES = Path(__file__).parents[1] / "samples" / "intents.csv"
ROLES = {"C": Role.CUSTOMER, "B": Role.BOT, "A": Role.AGENT}
HANDED_OFF = Event("e", EventKind.HANDOFF)


@pytest.fixture(scope="module")
def embedder() -> CachedEmbedder:
    return CachedEmbedder(MiniLM(), MemoryCache())


@pytest.fixture(scope="module")
def catalog(embedder: CachedEmbedder) -> IntentCatalog:
    known = [example for example in examples(SAMPLES.read_bytes()) if isinstance(example, Example)]
    return IntentCatalog.fit(known, embedder.vectors([example.text for example in known]))


def talk(*lines: str, **fields: Any) -> Conversation:
    messages = tuple(Message(f"m{i}", Author(ROLES[line[0]]), line[2:]) for i, line in enumerate(lines))
    return Conversation("1", messages, **fields)


def judged(conversation: Conversation, catalog: IntentCatalog | None, embedder: CachedEmbedder) -> Score:
    return intent(Case(conversation, History(), Policy(), embedder, catalog=catalog))


@pytest.mark.parametrize(
    ("lines", "verdict", "message"),
    [
        (("C I forgot the password of my account",), "reset_password", "m0"),
        (("C hi", "B Hello, how can I help?", "C my parcel has still not arrived"), "late_parcel", "m2"),
        (("C hello", "C there is a problem", "C my package never came"), "late_parcel", "m2"),
        (("C I have a question", "B Please ask.", "C how do I stop the monthly payment?"), "cancel_subscription", "m2"),
        (("C when do I get my refund?", "B Your number?", "C my address is 5 Mill Lane, Hull"), "refund", "m0"),
        (("C is there a vegan cake recipe for children?",), "novel", "m0"),
        (("A Hello, you called us?", "C yes, I need to change my delivery address"), "change_address", "m1"),
    ],
)
def test_verdicts(
    catalog: IntentCatalog, embedder: CachedEmbedder, lines: tuple[str, ...], verdict: str, message: str
) -> None:
    score = judged(talk(*lines), catalog, embedder)
    assert score.verdict == verdict
    assert [item.message for item in score.evidence] == [message]
    assert score.value is not None
    assert 0 < score.value <= 1
    novelty = score.details["novelty"]
    assert isinstance(novelty, float)
    assert (novelty >= score.value - 1e-4) == (verdict == "novel")
    assert score.reason.endswith(".")


def test_none_without_a_catalog_or_a_word_of_the_customer(catalog: IntentCatalog, embedder: CachedEmbedder) -> None:
    without = judged(talk("C where is my parcel"), None, embedder)
    assert without.verdict is None
    assert without.details["novelty"] is None
    silent = judged(talk("B Hello, how can I help?", "C  "), catalog, embedder)
    assert silent.verdict is None
    assert silent.value is None


@pytest.mark.parametrize("catalogued", [True, False])
def test_what_the_bot_assumed_and_a_human_corrected_stand_beside_each_other(
    catalog: IntentCatalog, embedder: CachedEmbedder, catalogued: bool
) -> None:
    messages = (
        Message("m0", Author(Role.CUSTOMER), "I want my money back"),
        Message("m1", Author(Role.BOT), "Let me see.", bot=BotTurn(confidence=0.4)),
        Message("m2", Author(Role.BOT), "Your order is on its way.", bot=BotTurn(intent="late_parcel")),
    )
    conversation = Conversation("1", messages, intent_corrected="refund")
    score = judged(conversation, catalog if catalogued else None, embedder)
    assert (score.details["reported"], score.details["corrected"]) == ("late_parcel", "refund")
    assert score.verdict == ("refund" if catalogued else None)


@pytest.mark.parametrize(
    ("subject", "verdict"),
    [("RE: Cancel my subscription", "cancel_subscription"), ("Conversation with Kim", "novel"), (None, "novel")],
)
def test_the_subject_of_a_letter_counts(
    catalog: IntentCatalog, embedder: CachedEmbedder, subject: str | None, verdict: str
) -> None:
    letter = talk("C Dear team, I wrote to you on Tuesday as well. Greetings from the seaside", subject=subject)
    assert judged(letter, catalog, embedder).verdict == verdict


def test_a_subject_that_begins_the_message_is_not_said_twice() -> None:
    conversation = talk("C where is my parcel, I paid for express", subject="Where is my parcel...")
    assert stated_text(conversation, stating(conversation)) == "where is my parcel, I paid for express"


def test_another_language_is_not_guessed(catalog: IntentCatalog, embedder: CachedEmbedder) -> None:
    score = judged(talk("C Wo bleibt denn mein Paket, ich warte schon seit einer Woche?"), catalog, embedder)
    assert score.verdict is None
    assert score.value is None
    assert score.reason.startswith("language: ")
    assert score.details["language"] == "de"
    assert isinstance(score.details["novelty"], float)


def test_what_the_customer_says_to_the_human_is_a_last_resort() -> None:
    waited = talk("B Hello!", "C agent", "A Hi, what is it?", "C the parcel is late", events=(HANDED_OFF,))
    assert [m.id for m in stating(waited)] == ["m1"]
    silent = talk("B Hello!", "A Hi, what is it?", "C the parcel is late", events=(HANDED_OFF,))
    assert [m.id for m in stating(silent)] == ["m2"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("C hi", "B Hello!", "C refund?", "B Which one?", "C ok"), "m2"),
        (("C hi", "B Hello!", "C ok", "B Anything else?", "C no"), "m0"),
        (("C a question about my account", "B Which one?", "C 4711", "B And?", "C it is blocked"), "m4"),
    ],
)
def test_where_little_is_said_the_first_that_names_anything_is_taken(lines: tuple[str, ...], message: str) -> None:
    assert [m.id for m in stating(talk(*lines))] == [message]


@given(st.lists(st.tuples(st.sampled_from(list(Role)), st.text(max_size=40)), max_size=6))
def test_any_conversation_is_read_twice_alike(rows: list[tuple[Role, str]]) -> None:
    messages = tuple(Message(f"m{i}", Author(role), text) for i, (role, text) in enumerate(rows))
    stated = stating(Conversation("1", messages))
    assert stated == stating(Conversation("1", messages))
    assert all(message.role is Role.CUSTOMER and message.text.strip() for message in stated)
    assert bool(stated) == any(m.role is Role.CUSTOMER and m.text.strip() for m in messages)
