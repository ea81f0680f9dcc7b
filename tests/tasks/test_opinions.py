"""What people say of a verdict, all the way to the ticket and back; what an agent says there by the dispute tag."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from connectors.base import Signal
from service.store import disputes, opinions
from service.store.figure_models import FactRow
from service.store.gap_models import GapMessage
from service.store.models import Conversation, Scorecard
from service.store.opinion_models import Source
from service.store.rescoring import Scope
from service.store.reviews import Said
from tasks import opinions as work
from tasks import rescoring


@pytest.fixture
def failed(shop: Any, kit: Any) -> str:
    """A conversation that the bot did not serve, scored and written to the ticket; our id of it."""
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", shop.clock() - timedelta(hours=3), kit.unhelpful))
    shop.webhook("1")
    shop.work()
    assert shop.desk.verdict("1") in ("unresolved", "abandoned")
    assert len(shop.desk.tickets["1"].notes) == 1
    return str(shop.id_of("1"))


def express(shop: Any, row_id: str, verdict: str, reviewer: str = "r1", score: str = "containment") -> bool:
    said = Said("i1", row_id, 1, score, verdict, reviewer, shop.clock(), "They told us.", Source.PAGE)
    with shop.runtime.database.begin() as session:
        pending = work.express(shop.runtime, session, [said])
    if pending:
        shop.messages.write_back([row_id])
    return pending


def stands(shop: Any, row_id: str) -> dict[str, Any]:
    with shop.runtime.database.read() as session:
        card = session.scalars(select(Scorecard).where(Scorecard.conversation_id == row_id, Scorecard.latest)).one()
        fact = session.scalars(select(FactRow.fact).where(FactRow.conversation_id == row_id)).one()
    return {"card": card, "fact": fact}


def test_a_disagreement_reaches_the_ticket_and_a_correction_is_posted_once(shop: Any, failed: str) -> None:
    assert express(shop, failed, "confirmed")
    shop.work()
    ticket = shop.desk.tickets["1"]
    assert shop.desk.verdict("1") == "confirmed"
    assert len(ticket.notes) == 2
    assert "Deskmark correction of ref" in ticket.notes[1]
    assert "They told us" not in "".join(ticket.notes), "a reviewer's own words stay here"
    assert stands(shop, failed)["fact"]["containment"] == "confirmed"
    assert not express(shop, failed, "confirmed"), "said again it changes nothing"


def test_scoring_anew_keeps_what_people_said(shop: Any, failed: str) -> None:
    express(shop, failed, "confirmed")
    shop.work()
    shop.webhook("1")
    shop.work()
    assert shop.desk.verdict("1") == "confirmed"
    rescoring.rescore(shop.runtime, Scope("2"), write_back=True)
    found = stands(shop, failed)
    assert found["card"].stands["scores"]["containment"]["verdict"] == "confirmed"
    assert found["card"].card["scores"]["containment"]["verdict"] != "confirmed"
    assert found["fact"]["containment"] == "confirmed"


def test_taken_back_the_ticket_says_again_what_deskmark_found(shop: Any, failed: str) -> None:
    before = shop.desk.verdict("1")
    express(shop, failed, "confirmed")
    shop.work()
    with shop.runtime.database.begin() as session:
        pending = work.take_back(shop.runtime, session, failed, episode=1, score="containment", reviewer="r1")
        assert work.take_back(shop.runtime, session, failed, episode=1, score="effort", reviewer="r1") is None
    assert pending
    shop.messages.write_back([failed])
    shop.work()
    assert shop.desk.verdict("1") == before
    assert stands(shop, failed)["card"].corrected is None


def test_two_who_contradict_each_other_change_nothing_on_the_ticket(shop: Any, failed: str) -> None:
    express(shop, failed, "confirmed", "r1")
    shop.work()
    express(shop, failed, "unresolved", "r2")
    shop.work()
    found = stands(shop, failed)["card"]
    assert found.stands["scores"]["containment"]["details"]["disputed"] == ["confirmed", "unresolved"]
    assert shop.desk.verdict("1") == found.card["scores"]["containment"]["verdict"]
    assert found.risk >= 1


def test_nothing_is_written_where_writing_is_off_or_the_text_is_gone(shop: Any, failed: str) -> None:
    shop.change(writing=False)
    writes = shop.desk.writes
    assert not express(shop, failed, "confirmed")
    shop.work()
    assert shop.desk.writes == writes
    with shop.runtime.database.begin() as session:
        row = session.get_one(Conversation, failed)
        assert row.plan is not None
        assert row.plan["add_tags"] == ["dm__resolution__confirmed"]
        row.document = None
    shop.change(writing=True)
    assert not express(shop, failed, "likely")
    assert stands(shop, failed)["fact"]["containment"] == "likely", "figures need no text"


def test_a_gap_that_is_none_leaves_the_board(shop: Any, failed: str) -> None:
    def waiting() -> int:
        with shop.runtime.database.read() as session:
            return len(session.scalars(select(GapMessage)).all())

    assert waiting() == 1
    express(shop, failed, "none", score="knowledge_gap")
    assert waiting() == 0


def test_the_dispute_tag_on_a_ticket_opens_a_dispute_and_stays_on_the_ticket(shop: Any, failed: str) -> None:
    ticket = shop.desk.tickets["1"]

    def seen() -> list[tuple[str, bool]]:
        shop.webhook("1", Signal.ACTIVITY, actor_id="an agent")
        shop.work()
        with shop.runtime.database.read() as session:
            return [(row.source, row.settled_at is None) for row in disputes.of_conversation(session, failed)]

    assert seen() == []
    ticket.tags = (*ticket.tags, "dm__dispute")
    ticket.stamp += 1
    assert seen() == [("tag", True)]
    assert "dm__dispute" in ticket.tags
    express(shop, failed, "confirmed")
    shop.work()
    assert "dm__dispute" in ticket.tags
    assert seen() == [("tag", False)], "it was looked at, and says nothing new"
    ticket.tags = tuple(tag for tag in ticket.tags if tag != "dm__dispute")
    ticket.stamp += 1
    assert seen() == []


def test_cards_of_an_earlier_release_are_corrected_too(shop: Any, failed: str) -> None:
    with shop.runtime.database.begin() as session:
        card = session.scalars(select(Scorecard)).one()
        card.card = {**card.card, "scores": {"containment": card.card["scores"]["containment"]}}
    assert not express(shop, failed, "confirmed"), "written once it is scored anew"
    with shop.runtime.database.read() as session:
        assert session.scalar(select(opinions.verdict_of("containment"))) == "confirmed"
