"""The effort counted along the way is the one that the score adds up at the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from service.conversation import Author, Conversation, Event, EventKind, Message, Role
from service.language.model import MiniLM
from service.scoring.effort_trail import Step, effort_trail
from service.scoring.score import Evidence, History, Policy, Score
from service.scoring.scorecard import judged_episodes, score_conversation

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
TURNS = (
    (Role.BOT, "Hello, how can I help?"),
    (Role.CUSTOMER, "My parcel has not arrived, where is it?"),
    (Role.BOT, "Sorry, I did not understand that. Could you rephrase?"),
    (Role.CUSTOMER, "Where is my parcel? It has not arrived."),
    (Role.BOT, "Sorry, I did not understand that. Could you rephrase?"),
    (Role.CUSTOMER, "I want a human"),
    (Role.AGENT, "Hello, what is your order number?"),
)


def told(*, timed: bool = True) -> Conversation:
    messages = tuple(
        Message(f"m{n}", Author(role, role.value), text, START + timedelta(minutes=n) if timed else None)
        for n, (role, text) in enumerate(TURNS)
    )
    closed = Event("e", EventKind.CLOSED, START + timedelta(hours=1))
    return Conversation("1", messages, events=(closed,), closed_at=START + timedelta(hours=1))


def test_it_ends_where_the_score_does() -> None:
    (card,) = score_conversation(told(), History(), Policy(), MiniLM())
    (piece,) = judged_episodes(told(), Policy())
    effort = card.scores["effort"]
    steps = effort_trail(piece, effort, card.scores["context_repeat"])
    assert max(step.message for step in steps.values()) == effort.details["customer_messages"]
    assert max(step.rephrasing for step in steps.values()) == effort.details["rephrasings"] > 0
    assert steps["m5"].waited == effort.details["waiting_seconds"] == 120
    assert "m0" not in steps


def test_re_asks_and_the_useful_answer_are_marked() -> None:
    effort = Score("low", evidence=(Evidence("m2", "Sorry", "first useful answer"),))
    context = Score("repeated", 1, evidence=(Evidence("m6", "what is", "asks again for the number"),))
    steps = effort_trail(told(timed=False), effort, context)
    assert steps["m2"] == Step(useful=True)
    assert steps["m6"] == Step(re_ask=1)
    assert steps["m5"].waited is None
    assert "m6" not in effort_trail(told(), effort, Score("preserved", evidence=context.evidence))
