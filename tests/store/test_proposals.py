"""Possible new intents in the store: the same group stays the same, what was dismissed comes back only when it grew."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from service.language.intents import Example
from service.store import conversations, intents, proposals
from service.store.database import Database
from service.store.intents import Learned
from service.store.models import Conversation, Installation
from service.store.proposal_models import IntentProposal, ProposalMember, ProposalState
from service.store.proposals import Found

OPEN = ProposalState.OPEN


@pytest.fixture
def ids(database: Database, installation: Installation, now: datetime) -> list[str]:
    """Twelve conversations that were read."""
    with database.begin() as session:
        found = [conversations.announce(session, installation, str(n), at=now, now=now) for n in range(12)]
        for number, row_id in enumerate(found):
            row = session.get_one(Conversation, row_id)
            row.document, row.ended_at = {"id": row_id}, now + timedelta(hours=number)
    return found


def save(database: Database, now: datetime, *groups: Found) -> list[tuple[str, int]]:
    """What is open after a search found these groups."""
    with database.begin() as session:
        proposals.ask_search(session, "i1", now=now)
        proposals.save(session, "i1", groups, novel=12, now=now)
        return [(row.label, row.size) for row in proposals.listed(session, "i1", OPEN)]


def test_a_group_stays_itself_however_it_is_called(database: Database, ids: list[str], now: datetime) -> None:
    assert save(database, now, Found("hire", ids[:4]), Found("paddle", ids[4:10])) == [("paddle", 6), ("hire", 4)]
    with database.read() as session:
        before = {row.label: row.id for row in proposals.listed(session, "i1", OPEN)}
    later = now + timedelta(days=1)
    assert save(database, later, Found("hiring", ids[:3] + ids[10:])) == [("hiring", 5)], "what is no more is gone"
    with database.read() as session:
        (row,) = proposals.listed(session, "i1", OPEN)
        assert (row.id, row.created_at, row.found_at) == (before["hire"], now, later)
        shown = proposals.members(session, row.id, limit=2)
        assert [each.id for each in shown] == [ids[11], ids[10]], "the latest first"
        search = proposals.search(session, "i1")
        assert search is not None
        assert (search.done_at, search.novel) == (later, 12)


def test_what_was_dismissed_comes_back_when_it_has_doubled(database: Database, ids: list[str], now: datetime) -> None:
    save(database, now, Found("hire", ids[:3]))
    with database.begin() as session:
        (row,) = proposals.listed(session, "i1", OPEN)
        proposals.decide(row, ProposalState.DISMISSED, intent=None, now=now)
    assert save(database, now, Found("hire", ids[:5])) == []
    assert save(database, now) == [], "and is remembered when it is not found for a while"
    assert save(database, now, Found("hire", ids[:6])) == [("hire", 6)]


def test_an_undone_decision_takes_its_examples_along(database: Database, ids: list[str], now: datetime) -> None:
    save(database, now, Found("hire", ids[:3]))
    with database.begin() as session:
        intents.add(session, "i1", [Example("hire", "do you hire")], now=now)
        (row,) = proposals.listed(session, "i1", OPEN)
        at = now + timedelta(minutes=1)
        proposals.decide(row, ProposalState.MERGED, intent="hire", now=at)
        intents.learn(session, "i1", [Learned(Example("hire", f"job {n}"), ids[n]) for n in range(3)], now=at)
        session.get_one(Conversation, ids[0]).document = None
        assert proposals.score_anew(session, row.id, now=at) == sorted(ids[1:3])
    with database.begin() as session:
        (row,) = proposals.listed(session, "i1", ProposalState.MERGED)
        revision = intents.revision(session, "i1")
        assert intents.remove_some(session, "i1", proposals.taken_over(row), now=now) == 3
        assert intents.revision(session, "i1") != revision
        assert intents.remove_some(session, "i1", proposals.taken_over(row), now=now) == 0
        proposals.undo(row)
        assert (row.state, row.intent, row.decided_at) == (OPEN, None, None)
        assert intents.counts(session, "i1") == {"hire": {"imported": 1}}
        due = session.scalars(select(Conversation.id).where(Conversation.due_at == now + timedelta(minutes=1))).all()
        assert set(ids[1:3]) <= set(due)


def test_a_search_is_one_workers(database: Database, installation: Installation, now: datetime) -> None:
    def begins(after: timedelta) -> bool:
        with database.begin() as session:
            return proposals.begin_search(session, installation.id, now=now + after)

    assert begins(timedelta())
    assert not begins(timedelta(minutes=29)), "somebody has it"
    assert begins(timedelta(minutes=30)), "whoever had it died"
    with database.begin() as session:
        proposals.save(session, installation.id, (), novel=0, now=now + timedelta(minutes=31))
    assert not begins(timedelta(hours=20))
    with database.begin() as session:
        proposals.ask_search(session, installation.id, now=now + timedelta(hours=20))
    assert begins(timedelta(hours=20))
    assert begins(timedelta(days=3))


def test_conversations_that_are_erased_leave_no_trace(database: Database, ids: list[str], now: datetime) -> None:
    save(database, now, Found("hire", ids[:3]))
    with database.begin() as session:
        session.delete(session.get_one(Conversation, ids[0]))
        session.flush()
        assert ids[0] not in session.scalars(select(ProposalMember.conversation_id)).all()
        assert session.scalars(select(IntentProposal.size)).one() == 3
        (row,) = proposals.listed(session, "i1", OPEN)
        assert proposals.get(session, row.id, lock=True) is row
        assert proposals.get(session, 99) is None
