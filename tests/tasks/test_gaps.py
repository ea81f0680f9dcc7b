"""Questions that the bot could not serve: kept with the scores, grouped later, and never counted twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.errors import OptedOut
from service.conversation import Contact, Role
from service.reports.gap_names import questions
from service.reports.gaps import lived, report, talked_in
from service.store import gaps as store
from service.store import improvements
from service.store.gap_models import GapMessage, ImprovementKind, KnowledgeGap
from service.store.models import Conversation
from tasks import gaps

NO_IDEA = "Sorry, I have no information about that."
ASKED = (
    "Can I wash the wool blanket in the machine?",
    "Is it ok to wash the wool blanket in the machine?",
    "Which plug does the travel charger need in Peru?",
)


@pytest.fixture
def asked(shop: Any, kit: Any, clock: Any) -> Any:
    """Three customers whose question the bot had no answer for."""
    for number, text in enumerate(ASKED):
        turns = [(Role.CUSTOMER, text), (Role.BOT, NO_IDEA)]
        contact = Contact(id=f"c{number}")
        shop.desk.tickets[str(number)] = kit.ticket(
            kit.conversation(str(number), clock() - timedelta(hours=2 - number / 10), turns, contact=contact)
        )
        shop.webhook(str(number))
    shop.work()
    return shop


def listed(shop: Any) -> list[dict[str, Any]]:
    with shop.runtime.database.read() as session:
        return report(session, "i1", as_of=shop.clock())


def test_questions_are_grouped_once(asked: Any, clock: Any) -> None:
    assert listed(asked) == []
    assert gaps.group(asked.runtime) == 3
    found = listed(asked)
    assert sum(gap["messages"] for gap in found) == 3
    clock.forward(days=1)
    assert {gap["state"] for gap in found} == {"open"}
    assert gaps.group(asked.runtime) == 0
    asked.webhook("0")
    asked.work()
    assert gaps.group(asked.runtime) == 0
    assert listed(asked) == found, "scored again: the same question in the same group"


def test_questions_know_how_well_they_speak_for_their_group(asked: Any) -> None:
    gaps.group(asked.runtime)
    with asked.runtime.database.read() as session:
        fits = [row.fit for row in session.query(GapMessage).order_by(GapMessage.at)]
        named = {one.text for one in questions(session, session.query(KnowledgeGap).all()).values()}
    assert all(0 < fit <= 1 for fit in fits)
    assert named <= set(ASKED)
    assert named & set(ASKED[:2])


def test_a_question_that_was_answered_after_all_is_taken_back(asked: Any, kit: Any, clock: Any) -> None:
    gaps.group(asked.runtime)
    ticket = asked.desk.tickets["2"]
    turns = [(Role.CUSTOMER, ASKED[2]), (Role.AGENT, "Type A or C, the charger comes with both.")]
    ticket.conversation = kit.conversation("2", clock() - timedelta(days=1), turns, contact=Contact(id="c2"))
    clock.forward(days=1)
    asked.webhook("2")
    asked.work()
    assert sum(gap["messages"] for gap in listed(asked)) == 2


def test_what_is_gone_stays_counted_and_what_opted_out_does_not(asked: Any, clock: Any) -> None:
    gaps.group(asked.runtime)
    clock.forward(days=1)
    del asked.desk.tickets["0"]
    asked.webhook("0")
    asked.work()
    assert sum(gap["messages"] for gap in listed(asked)) == 3
    asked.desk.failures.append(OptedOut("1"))
    asked.webhook("1")
    asked.work()
    assert sum(gap["messages"] for gap in listed(asked)) == 2


def test_a_question_whose_text_is_gone_is_dropped(asked: Any) -> None:
    for key in ("0", "1", "2"):
        document = dict(asked.row(key).document)
        document["messages"] = [{**message, "text": " "} for message in document["messages"]]
        with asked.runtime.database.begin() as session:
            session.get_one(Conversation, asked.id_of(key)).document = document
    assert gaps.group(asked.runtime) == 3
    assert listed(asked) == []
    assert gaps.group(asked.runtime) == 0


def test_groups_of_another_text_model_stay_and_new_ones_get_new_numbers(asked: Any) -> None:
    gaps.group(asked.runtime)
    before = listed(asked)
    with asked.runtime.database.begin() as session:
        stored = store.groups(session, "i1")
        assert stored is not None
        older = stored.replace('"words"', '"older"', 1)
        store.save_groups(session, "i1", older, labels={}, merged={}, assigned=[], now=asked.clock())
        again = [store.Question(episode, "0-0", "no_answer", False, asked.clock()) for episode in (1, 2)]
        store.keep_questions(session, "i1", asked.id_of("0"), again)
    assert gaps.group(asked.runtime) == 1
    after = listed(asked)
    assert len(after) == len(before) + 1
    assert sum(gap["messages"] for gap in after) == 4


def test_a_fix_and_its_effect(asked: Any, clock: Any) -> None:
    gaps.group(asked.runtime)
    with asked.runtime.database.begin() as session:
        first = store.listed(session)[0]
        now, other = clock(), ImprovementKind.OTHER
        improvements.improved(session, "i1", other, "washing hints", at=now, now=now, gaps=[first.row.id])
    found = next(gap for gap in listed(asked) if gap["id"] == first.row.id)
    assert found["state"] == "fixed"
    assert found["effect"]["messages_before"] == first.messages
    assert found["effect"]["bot_conversations_before"] == 3
    with asked.runtime.database.read() as session:
        assert len(lived(store.listed(session), talked_in(session), as_of=clock())) == len(listed(asked))
