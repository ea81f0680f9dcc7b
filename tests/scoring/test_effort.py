"""Effort on conversations of our own, and what must hold for any conversation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from no_vectors import NoVectors

from service.conversation import Author, Conversation, Event, EventKind, Feedback, Message, Rating, Role
from service.scoring.effort import Effort, effort
from service.scoring.score import Case, History, Policy, Score

ROLES = {"C": Role.CUSTOMER, "B": Role.BOT, "A": Role.AGENT}
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def talk(*lines: str, **fields: object) -> Conversation:
    messages = tuple(Message(f"m{i}", Author(ROLES[line[0]]), line[2:]) for i, line in enumerate(lines))
    return Conversation("1", messages, **fields)


def judged(conversation: Conversation, policy: Policy | None = None, **so_far: Score) -> Score:
    return effort(Case(conversation, History(), policy or Policy(), NoVectors(), MappingProxyType(so_far)))


ANSWER = "B You can print the label under My orders > Returns > Print label."
ASK = "B What is your order number?"
BLANK = "B Sorry, I didn't get that. Could you put it differently?"


@pytest.mark.parametrize(
    ("conversation", "useful", "value"),
    [
        (talk("C Where is my return label?", ANSWER), 1, 7.0),
        (talk("C Where is my return label?", ASK, "C 4711", ANSWER), 2, 6.5),
        (talk("C my lamp is broken", ASK), None, 4.5),
        (talk("C my lamp is broken", ASK, "C 4711", BLANK), None, 4.0),
        (talk("B Hi, I can help with orders. You can track them under My orders.", "C broken lamp", ASK), None, 4.5),
    ],
)
def test_messages_until_useful(conversation: Conversation, useful: int | None, value: float) -> None:
    score = judged(conversation)
    assert score.details["messages_until_useful"] == useful
    assert score.value == value


def test_the_same_question_three_times_is_high_effort() -> None:
    score = judged(
        talk(
            "C the confirmation mail never arrives",
            BLANK,
            "C your confirmation mail does not arrive",
            BLANK,
            "C as I said, no confirmation mail",
            BLANK,
        )
    )
    assert score.verdict == Effort.HIGH
    assert score.details["rephrasings"] == 2
    assert [e.message for e in score.evidence if e.shows == "asks again"] == ["m2", "m4"]
    assert "2 times" in score.reason


@pytest.mark.parametrize(
    "reply",
    [
        "C 4711",
        "C the return label for the lamp",
        "C ok thanks for the return label",
        "C where is another return label?",
    ],
)
def test_answers_thanks_and_further_wishes_are_no_rephrasing(reply: str) -> None:
    answer = ASK if reply.endswith("lamp") else ANSWER
    assert judged(talk("C Where is my return label?", answer, reply)).details["rephrasings"] == 0


def test_what_counts_as_asking_again() -> None:
    first = "C Where is my return label?"
    assert judged(talk(first, ANSWER, "C no, I mean the label for returns")).details["rephrasings"] == 1
    assert judged(talk(first, ANSWER, "C not the order. my return label")).details["rephrasings"] == 1
    assert judged(talk(first, ANSWER, "C where is my return label")).details["rephrasings"] == 1
    assert judged(talk("C give me an agent", ANSWER, "C I want to talk to a human!")).details["rephrasings"] == 1
    assert judged(talk(first, "C where is the return label??", ANSWER)).details["rephrasings"] == 0


def test_a_rejected_answer_was_not_useful() -> None:
    question = "C why was I charged twice?"
    assert judged(talk(question, ANSWER, "C that's not what I asked")).details["messages_until_useful"] is None
    conversation = talk(question, ANSWER)
    unhelpful = replace(conversation.messages[1], feedback=Feedback.UNHELPFUL)
    rated = replace(conversation, messages=(conversation.messages[0], unhelpful))
    assert judged(rated).details["messages_until_useful"] is None


def test_only_the_automated_part_counts() -> None:
    score = judged(talk("C broken lamp", ASK, "C 4711", "A Hi, a new lamp is on its way.", "C great", "C thanks"))
    assert score.details["customer_messages"] == 2
    assert score.details["messages_until_useful"] is None


def test_switches_re_asks_and_the_survey() -> None:
    switched = Event("e", EventKind.CHANNEL_CHANGED)
    conversation = talk("C Where is my return label?", ANSWER, events=(switched,), rating=Rating(ces=6))
    score = judged(conversation, context_repeat=Score("repeated", 2.0))
    assert score.details["channel_switches"] == 1
    assert score.details["re_asks"] == 2
    assert score.details["survey_ces"] == 6
    assert score.details["survey_difference"] == round(6 - (score.value or 0), 2)
    off_the_scale = judged(replace(conversation, rating=Rating(ces=80)))
    assert (off_the_scale.details["survey_ces"], off_the_scale.details["survey_difference"]) == (80, None)
    assert score.value == 7 - 0.75 - 1.5
    assert judged(conversation, context_repeat=Score("preserved", 0.0)).details["re_asks"] == 0


def at(conversation: Conversation, *minutes: int) -> Conversation:
    dated = (replace(m, at=START + timedelta(minutes=n)) for m, n in zip(conversation.messages, minutes, strict=True))
    return replace(conversation, messages=tuple(dated))


def test_waiting_is_added_up_and_capped() -> None:
    conversation = talk("C hi", "C Where is my return label?", ANSWER)
    assert judged(conversation).details["waiting_seconds"] is None
    assert judged(at(conversation, 0, 1, 30)).details["waiting_seconds"] == 1800
    assert judged(at(conversation, 0, 1, 30)).value == 6.0
    assert judged(at(conversation, 0, 1, 6000)).value == 5.0


def test_thresholds_are_the_accounts() -> None:
    conversation = talk("C my lamp is broken", ASK)
    assert judged(conversation).verdict == Effort.MEDIUM
    assert judged(conversation, Policy(high_effort=4.5)).verdict == Effort.HIGH
    assert judged(conversation, Policy(low_effort=4.5)).verdict == Effort.LOW


@pytest.mark.parametrize("conversation", [talk("C hi", "A hello"), talk("B Hello, I'm here to help."), talk()])
def test_none_when_the_customer_wrote_to_no_bot(conversation: Conversation) -> None:
    score = judged(conversation)
    assert score.verdict is None
    assert score.value is None
    assert score.details["messages_until_useful"] is None


@given(
    st.lists(st.tuples(st.sampled_from("CBA"), st.text(max_size=60), st.booleans(), st.integers(0, 99)), max_size=6),
    st.booleans(),
)
def test_any_conversation_is_judged_and_always_the_same(lines: list[tuple[str, str, bool, int]], dated: bool) -> None:
    messages = tuple(
        Message(f"m{i}", Author(ROLES[kind]), text, START + timedelta(minutes=n) if dated else None, internal=note)
        for i, (kind, text, note, n) in enumerate(lines)
    )
    conversation = Conversation("1", messages)
    score = judged(conversation)
    assert score == judged(conversation)
    assert score.verdict in (*Effort, None)
    assert score.value is None or 1 <= score.value <= 7
    assert {e.message for e in score.evidence} <= {m.id for m in messages}
