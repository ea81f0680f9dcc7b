"""Work is claimed by one, tried so often and no more, and never lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from service.store import conversations, handing_out, work
from service.store.database import Database
from service.store.models import Conversation, Installation, State, WriteState
from service.store.work import SCORING, WRITING, Claim, LeaseLost

LEASE = timedelta(seconds=180)
HOLD = timedelta(seconds=60)
Announce = Callable[..., str]


@pytest.fixture
def announce(database: Database, installation: Installation, now: datetime) -> Announce:
    def one(external_id: str = "4711", *, after: float = 0, reread: bool = True) -> str:
        with database.begin() as session:
            at = now + timedelta(seconds=after)
            return conversations.announce(session, installation, external_id, at=at, now=now, reread=reread)

    return one


def claim(database: Database, row: str, at: datetime, kind: work.Work = SCORING, tries: int = 3) -> Claim | None:
    with database.begin() as session:
        return work.claim(session, kind, row, now=at, lease=LEASE, max_attempts=tries)


def stored(database: Database, row: str) -> Conversation:
    with database.read() as session:
        found = conversations.get(session, row)
        assert found is not None
        return found


def test_deliveries_of_one_conversation_are_one_piece_of_work(
    database: Database, announce: Announce, now: datetime
) -> None:
    row = announce(after=300)
    assert announce(after=360) == row
    assert announce(after=320) == row, "reordered: the latest end counts"
    assert stored(database, row).due_at == now + timedelta(seconds=360)
    assert claim(database, row, now + timedelta(seconds=359)) is None
    held = claim(database, row, now + timedelta(seconds=360))
    assert held is not None
    with database.begin() as session:
        work.finish(session, SCORING, held, state=State.SCORED)
    assert stored(database, row).due_at is None
    assert claim(database, row, now + timedelta(days=1)) is None


def test_only_one_wins(database: Database, announce: Announce, now: datetime) -> None:
    row = announce()
    with ThreadPoolExecutor(8) as pool:
        held = [claimed for claimed in pool.map(lambda _: claim(database, row, now), range(24)) if claimed]
    assert len(held) == 1


def test_a_dead_worker_s_work_is_taken_over_and_then_given_up(
    database: Database, announce: Announce, now: datetime
) -> None:
    row = announce()
    at = now
    for attempt in (1, 2, 3):
        held = claim(database, row, at)
        assert held is not None
        assert held.attempts == attempt
        assert claim(database, row, at + LEASE - timedelta(seconds=1)) is None
        at += LEASE
    assert claim(database, row, at) is None, "tried often enough"
    with database.begin() as session:
        assert handing_out.hand_out(session, SCORING, now=at, hold=HOLD, max_attempts=3) == []
        assert work.park_exhausted(session, SCORING, now=at, max_attempts=3) == [row]
    dead = stored(database, row)
    assert (dead.state, dead.due_at, dead.error) == (State.DEAD, None, "the worker died each time")
    with database.begin() as session:
        assert work.replay(session, SCORING, row, now=at)
        assert not work.replay(session, SCORING, row, now=at)
    assert claim(database, row, at) is not None


def test_who_lost_the_lease_saves_nothing(database: Database, announce: Announce, now: datetime) -> None:
    row = announce()
    first = claim(database, row, now)
    second = claim(database, row, now + LEASE)
    assert first is not None
    assert second is not None
    for call in (
        lambda session: work.finish(session, SCORING, first, state=State.SCORED),
        lambda session: work.postpone(session, SCORING, first, until=now, error="x"),
        lambda session: work.park(session, SCORING, first, error="x"),
        lambda session: work.check(session, SCORING, first),
    ):
        with pytest.raises(LeaseLost), database.begin() as session:
            call(session)
    with database.begin() as session:
        work.check(session, SCORING, second)
    assert stored(database, row).state == State.NEW


def test_asked_again_while_it_was_worked_on(database: Database, announce: Announce, now: datetime) -> None:
    row = announce()
    held = claim(database, row, now)
    assert held is not None
    announce(after=10)
    with database.begin() as session:
        work.finish(session, SCORING, held, state=State.SCORED)
    assert stored(database, row).due_at == now + timedelta(seconds=10)


def test_put_off_and_given_up(database: Database, announce: Announce, now: datetime) -> None:
    row = announce()
    held = claim(database, row, now)
    assert held is not None
    until = now + timedelta(minutes=5)
    with database.begin() as session:
        work.postpone(session, SCORING, held, until=until, error="busy", counted=False)
    assert claim(database, row, now) is None
    again = claim(database, row, until)
    assert again is not None
    assert again.attempts == 1
    with database.begin() as session:
        work.park(session, SCORING, again, error="refused")
    assert (stored(database, row).state, stored(database, row).error) == (State.DEAD, "refused")
    announce()
    assert stored(database, row).state == State.NEW, "a new end starts it anew"


def test_what_is_due_is_handed_out_once_in_a_while(database: Database, announce: Announce, now: datetime) -> None:
    late, early, future = announce("1", after=2), announce("2", after=1), announce("3", after=600)
    at = now + timedelta(seconds=5)

    def hand_out(at: datetime, limit: int = 10) -> list[str]:
        with database.begin() as session:
            return handing_out.hand_out(session, SCORING, now=at, hold=HOLD, max_attempts=3, limit=limit)

    assert hand_out(at, limit=1) == [early]
    assert hand_out(at) == [late]
    assert hand_out(at) == []
    assert hand_out(at + HOLD) == [early, late]
    claim(database, early, at)
    assert hand_out(at + HOLD + HOLD) == [late]
    assert hand_out(at + timedelta(hours=1)) == [early, late, future]


def test_write_back_is_work_of_its_own(database: Database, announce: Announce, now: datetime) -> None:
    row = announce()
    assert claim(database, row, now, WRITING) is None
    with database.begin() as session:
        assert not work.ask(session, SCORING, row, at=now, only=State.SCORED)
        assert not work.ask(session, WRITING, "nobody", at=now)
        assert work.ask(session, WRITING, row, at=now)
    held = claim(database, row, now, WRITING)
    assert held is not None
    with database.begin() as session:
        work.ask(session, WRITING, row, at=now)
        state = work.unless_asked_again(WRITING, held, WriteState.WRITTEN)
        work.finish(session, WRITING, held, write_state=state)
    assert stored(database, row).write_state == WriteState.NONE
    assert stored(database, row).write_due_at == now
    assert claim(database, row, now) is not None, "scoring was untouched"


def test_locking_in_one_order(database: Database, announce: Announce) -> None:
    rows = [announce("1"), announce("2")]
    with database.begin() as session:
        work.lock(session, reversed(rows))
