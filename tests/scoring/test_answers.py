"""Which bot messages are answers, what replies say of them, and the signs that feedback and behaviour give."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.conversation import Author, Conversation, Event, EventKind, Feedback, Message, Role
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.language.statements import Outcome
from service.scoring.answer_signs import ASKED_AGAIN, SAID_BEFORE, Sign, Source, read_signs
from service.scoring.answers import Kind, answers
from service.scoring.bot_part import read_bot_part
from service.scoring.replies import reply_outcomes

ROLES = {"C": Role.CUSTOMER, "B": Role.BOT, "A": Role.AGENT}
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
EMBEDDER = CachedEmbedder(MiniLM(), MemoryCache())


def talk(*lines: str, events: tuple[Event, ...] = (), thumbs: dict[int, Feedback] | None = None) -> Conversation:
    messages = tuple(
        Message(f"m{i}", Author(ROLES[line[0]]), line[2:], START + timedelta(minutes=i), feedback=(thumbs or {}).get(i))
        for i, line in enumerate(lines)
    )
    return Conversation("1", messages, events=events)


def event(kind: EventKind, minute: float | None = None, target: str | None = None) -> Event:
    return Event("e", kind, None if minute is None else START + timedelta(minutes=minute), target=target)


def signs(conversation: Conversation, *, words: bool = True) -> dict[str, Sign]:
    part = read_bot_part(conversation.public, EMBEDDER)
    return dict(read_signs(conversation, part, answers(part), words=words))


QUESTION = "C How do I clean the filter of my air purifier?"
ANSWER = "B Take the filter out, tap the dust off and rinse it with cold water."


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Take the filter out, tap the dust off and rinse it with cold water.", Kind.ANSWER),
        ("To clean it, open Settings > Care and tap Clean filter.", Kind.ANSWER),
        ("Filters last between nine and twelve months.", Kind.ANSWER),
        ("Your new filter has been ordered.", Kind.ANSWER),
        ("Sorry, I could not find an answer to your question.", Kind.NO_ANSWER),
        ("I can't answer that, sorry.", Kind.NO_ANSWER),
        ("Sorry, I didn't understand. Could you put it in other words?", Kind.NO_ANSWER),
        ("Which model do you have?", Kind.QUESTION),
        ("Have you tried rinsing it with cold water?", Kind.ANSWER),
        ("I'm sorry to hear that. What is the serial number?", Kind.QUESTION),
        ("I'm connecting you with a colleague.", Kind.HANDOFF),
        ("I don't know that, sorry. I'm connecting you with a colleague.", Kind.NO_ANSWER),
        ("Something went wrong and I could not load your order. Please try again later.", Kind.FAILURE),
        ("I'm sorry, I am not able to change a running order.", Kind.REFUSAL),
        ("You're welcome!", Kind.COURTESY),
        ("Have a nice day!", Kind.COURTESY),
        ("Is there anything else I can do for you?", Kind.COURTESY),
        ("", Kind.COURTESY),
    ],
)
def test_kinds(text: str, kind: Kind) -> None:
    part = read_bot_part(talk(QUESTION, f"B {text}").public, EMBEDDER)
    assert [answer.kind for answer in answers(part)] == [kind]


def test_a_greeting_before_the_customer_is_no_answer_and_questions_are_remembered() -> None:
    part = read_bot_part(
        talk("B Hi!", QUESTION, "C the big one", "B Which model?", "C the P400", ANSWER, ANSWER).public, EMBEDDER
    )
    first, second, third = answers(part)
    assert [m.id for m in first.asked] == ["m1", "m2"]
    assert not first.before
    assert [m.id for m in second.asked] == ["m4"] == [m.id for m in third.asked]
    assert [m.id for m in second.before] == ["m1", "m2"]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("That worked", Outcome.WORKS),
        ("that did it, the noise is gone", Outcome.WORKS),
        ("cleaned it, works again", Outcome.WORKS),
        ("rinsing solved it", Outcome.WORKS),
        ("perfect, it fits", Outcome.WORKS),
        ("thanks", Outcome.ACCEPTS),
        ("perfect", Outcome.ACCEPTS),
        ("that's not what I asked", Outcome.REJECTS),
        ("that's not it", Outcome.REJECTS),
        ("I don't want to buy one, I want to clean mine", Outcome.REJECTS),
        ("the filter, not the lamp", Outcome.REJECTS),
        ("did that, still dirty", Outcome.FAILS),
        ("it still does not work", Outcome.FAILS),
        ("ok I'll try", Outcome.TRIES),
        ("never mind", Outcome.GIVES_UP),
        ("and how often?", None),
    ],
)
def test_what_a_reply_says(reply: str, outcome: Outcome | None) -> None:
    conversation = talk(QUESTION, ANSWER, f"C {reply}")
    part = read_bot_part(conversation.public, EMBEDDER)
    assert reply_outcomes(conversation.public, part.customer).get(2) is outcome


def test_an_opening_says_nothing_of_an_answer() -> None:
    conversation = talk("C my filter is gone and that did it", ANSWER)
    part = read_bot_part(conversation.public, EMBEDDER)
    assert reply_outcomes(conversation.public, part.customer) == {}


@pytest.mark.parametrize(
    ("conversation", "source", "relevant"),
    [
        (talk(QUESTION, ANSWER, thumbs={1: Feedback.HELPFUL}), Source.FEEDBACK, True),
        (talk(QUESTION, ANSWER, thumbs={1: Feedback.UNHELPFUL}), Source.FEEDBACK, False),
        (talk(QUESTION, ANSWER, events=(event(EventKind.FEEDBACK, 2, "Down"),)), Source.FEEDBACK, False),
        (talk(QUESTION, ANSWER, events=(event(EventKind.FEEDBACK, None, "up"),)), Source.FEEDBACK, True),
        (talk(QUESTION, ANSWER, "C works now, thanks"), Source.FEEDBACK, True),
        (talk(QUESTION, ANSWER, "C not what I asked"), Source.FEEDBACK, False),
        (talk(QUESTION, ANSWER, "C works now", thumbs={1: Feedback.UNHELPFUL}), Source.FEEDBACK, False),
        (talk(QUESTION, ANSWER, events=(event(EventKind.LINK_CLICKED, 1.5),)), Source.BEHAVIOUR, True),
        (talk(QUESTION, ANSWER, "C agent please"), Source.BEHAVIOUR, False),
        (talk(QUESTION, ANSWER, "C never mind, I give up"), Source.BEHAVIOUR, False),
        (talk(QUESTION, "B We sell filters.", "C " + QUESTION[2:]), Source.BEHAVIOUR, False),
        (talk(QUESTION, "B We sell filters.", "C filter?"), Source.BEHAVIOUR, False),
    ],
)
def test_feedback_comes_before_behaviour(conversation: Conversation, source: Source, relevant: bool) -> None:
    sign = signs(conversation)["m1"]
    assert sign.source is source
    assert (sign.relevance > 0.5) is relevant


@pytest.mark.parametrize(
    "conversation",
    [
        talk(QUESTION, ANSWER),
        talk(QUESTION, ANSWER, "C thanks"),
        talk(QUESTION, ANSWER, "C and how do I clean the fan?"),
        talk(QUESTION, ANSWER, events=(event(EventKind.FEEDBACK, 2, "survey"), event(EventKind.RATED, 2, "up"))),
        talk(QUESTION, ANSWER, events=(event(EventKind.FEEDBACK, 0.5, "up"), event(EventKind.LINK_CLICKED, 0.2))),
        talk(QUESTION, ANSWER, "A It is in the manual as well.", "C works now"),
    ],
)
def test_no_sign_where_nobody_speaks_of_the_answer(conversation: Conversation) -> None:
    assert "m1" not in signs(conversation)


def test_a_rejected_answer_given_again_is_known_to_be_wrong() -> None:
    found = signs(talk(QUESTION, ANSWER, "C that is not what I asked!", ANSWER))
    assert (found["m3"].source, found["m3"].shows.shows) == (Source.BEHAVIOUR, SAID_BEFORE)
    assert found["m3"].shows.message == "m1"
    assert "m3" not in signs(talk(QUESTION, ANSWER, "C ok", ANSWER))
    assert "m3" not in signs(talk(QUESTION, ANSWER, "C not what I asked", "B Open the lid first, then pull it."))


def test_without_words_only_buttons_and_links_count() -> None:
    said = talk(QUESTION, ANSWER, "C not what I asked", events=(event(EventKind.LINK_CLICKED, 1.5),))
    assert signs(said, words=False)["m1"].relevance > 0.5
    assert signs(said)["m1"].relevance < 0.5
    again = talk(QUESTION, "B We sell filters.", QUESTION)
    assert signs(again)["m1"].shows.shows == ASKED_AGAIN
    assert signs(again, words=False) == {}
