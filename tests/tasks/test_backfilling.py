"""Backfills on real databases against the stand-in helpdesks over HTTP: what comes out is what live would have made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.base import Signal
from connectors.exported import Why
from connectors.intercom import actions as intercom_actions
from connectors.intercom.sandbox import Sandbox as IntercomSandbox
from connectors.limiter import Limiter
from connectors.registry import connectors
from connectors.zendesk import actions as zendesk_actions
from connectors.zendesk.sandbox import Sandbox as ZendeskSandbox
from service.conversation import Author, Channel, Contact, Conversation, Message, Rating, Role
from service.demo.story import stories
from service.settings import Settings
from service.store import backfills, conversations, facts, handing_out, installations
from service.store.backfill_models import Backfill, BackfillPart, BackfillState
from service.store.backfills import BackfillRefused, LeaseLost
from service.store.database import Database
from service.store.figure_models import FactRow
from service.store.models import Conversation as Row
from service.store.models import Scorecard, State, WriteState
from service.store.work import SCORING
from tasks import backfilling, retention, scoring
from tasks.runtime import Clients, Runtime

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SINCE = NOW - timedelta(days=20)
SANDBOXES = {"zendesk": ZendeskSandbox, "intercom": IntercomSandbox}


@dataclass
class Past:
    """A connected helpdesk with a history, and what backfills it."""

    runtime: Runtime
    desk: Any
    kind: str
    clock: Any
    messages: Any
    id: str = "i1"

    def begin(self, *, since: datetime = SINCE, until: datetime | None = None, share: int = 100) -> None:
        with self.runtime.database.begin() as session:
            backfills.begin(session, self.id, since=since, until=until or self.clock(), share=share, now=self.clock())

    def run(self, seconds: float = 20.0) -> Backfill:
        """Work on it until it stops; with 0 seconds, somebody else takes each step."""
        while backfilling.work_on(self.runtime, self.id, seconds=seconds):
            row = self.row()
            if row.wait_until is not None:
                self.clock.now = max(self.clock.now, row.wait_until)
        return self.row()

    def row(self) -> Backfill:
        with self.runtime.database.read() as session:
            found = backfills.get(session, self.id)
            assert found is not None
            return found

    def score(self) -> int:
        return backfilling.score_waiting(self.runtime, self.id)

    def conversation(self, external_id: str) -> Row | None:
        with self.runtime.database.read() as session:
            return conversations.get(session, conversations.conversation_id(self.kind, "past", external_id))

    def cards(self) -> dict[str, Any]:
        """Every card that speaks now, by the conversation."""
        with self.runtime.database.read() as session:
            rows = session.execute(
                select(Row.external_id, Scorecard.episode, Scorecard.card).join(
                    Row, Row.id == Scorecard.conversation_id
                )
            )
            return {f"{name} {episode}": card for name, episode, card in rows}

    def count(self, *where: Any) -> int:
        with self.runtime.database.read() as session:
            return session.scalar(select(func.count()).select_from(Row).where(*where)) or 0


@pytest.fixture(params=["zendesk", "intercom"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(database: Database, settings: Settings, clock: Any, shop: Any) -> Iterator[Callable[[str], Past]]:
    """Connects a stand-in helpdesk in a database of its own kind; `shop` brings vectors and a list of messages."""
    running: list[Any] = []

    def connect(kind: str, **more: Any) -> Past:
        desk = SANDBOXES[kind](clock=clock, **more).start()
        running.append(desk)
        if kind == "zendesk":
            desk.limits.incremental = 1000
        runtime = replace(shop.runtime, clients=Clients(connectors(), Limiter(), local=True))
        new = installations.NewInstallation(
            connector=kind,
            account="past",
            base_url=desk.base_url,
            secrets=runtime.secrets.lock(dict(desk.secrets)),
            options={**getattr(desk, "options", {}), "incremental_rate": "1000/minute"},
            prefix="dm__",
            id=f"{kind}-1",
        )
        with runtime.database.begin() as session:
            installations.add(session, new, now=clock())
        return Past(runtime, desk, kind, clock, shop.messages, new.id)

    yield connect
    for desk in running:
        desk.stop()


@pytest.fixture
def past(make: Callable[[str], Past], kind: str) -> Past:
    return make(kind)


def told(
    key: str, start: datetime, *texts: str, channel: Channel = Channel.EMAIL, who: str = "c1", **more: Any
) -> Conversation:
    """Customer and agent in turn, a minute apart; e-mail by default, which Zendesk exports with its words."""
    roles = (Role.CUSTOMER, Role.AGENT)
    messages = tuple(
        Message(f"{key}-{n}", Author(roles[n % 2], roles[n % 2].value), text, start + timedelta(minutes=n))
        for n, text in enumerate(texts)
    )
    closed = start + timedelta(minutes=len(texts))
    contact = Contact(id=who, email=f"{who}@example.com", email_verified=True)
    return Conversation(id=key, messages=messages, contact=contact, channel=channel, closed_at=closed, **more)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def test_backfill_is_what_live_would_have_made(make: Callable[[str], Past], kind: str, shop: Any) -> None:
    """The demo's conversations through webhooks into one database, and out of the history into the same again."""
    past = make(kind)
    told_stories = [s for s in stories(days_ago(3)) if s.conversation.helpdesk == kind]
    numbers = [past.desk.seed(story.conversation) for story in told_stories]
    live = Past(past.runtime, past.desk, kind, past.clock, past.messages, past.id)
    for number in numbers:
        with past.runtime.database.begin() as session:
            row = installations.get(session, past.id)
            assert row is not None
            past.messages.score([conversations.announce(session, row, number, at=NOW, now=NOW)])
    shop.runtime = past.runtime
    shop.work()
    made, counted = live.cards(), _facts(past)
    _empty(past)

    past.begin()
    row = past.run()
    past.score()

    assert row.state == BackfillState.DONE
    assert past.cards() == made
    assert _facts(past) == counted
    assert len(made) >= len(numbers) - 1
    assert past.count(Row.write_state.not_in([WriteState.OFF, WriteState.NONE])) == 0


def _facts(past: Past) -> list[Any]:
    with past.runtime.database.read() as session:
        rows = session.execute(select(FactRow.conversation_id, FactRow.episode, FactRow.day, FactRow.fact))
        return sorted((row[0], row[1], str(row[2]), str(row[3])) for row in rows)


def _empty(past: Past) -> None:
    with past.runtime.database.begin() as session:
        for row in session.scalars(select(Row)):
            facts.drop(session, row.id, now=NOW)
            session.delete(row)


def test_every_page_and_portion_by_somebody_else(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of three events overlap by a second; whoever works does one step only."""
    monkeypatch.setattr(zendesk_actions, "EXPORTED", 3)
    monkeypatch.setattr(intercom_actions, "PAGE", 3)
    monkeypatch.setattr(backfilling, "READ_AT_ONCE", 2)
    numbers = [past.desk.seed(told(f"t{n}", days_ago(9 - n / 2), "Hello", "Hi", "Thanks")) for n in range(12)]
    past.begin()

    row = past.run(seconds=0)

    assert (row.state, row.counts["found"], row.counts["stored"]) == (BackfillState.DONE, 12, 12)
    assert past.count(Row.backfilled) == 12
    for number in numbers:
        found = past.conversation(number)
        assert found is not None
        assert [m["text"] for m in found.document["messages"]] == ["Hello", "Hi", "Thanks"]
    with past.runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(BackfillPart)) == 0
    assert past.score() == 12
    assert past.count(Row.state == State.SCORED) == 12


def test_only_what_ended_in_time_and_has_not_opted_out(past: Past) -> None:
    early = past.desk.seed(told("early", days_ago(12), "Hello", "Hi", who="c2"))
    wanted = past.desk.seed(told("wanted", days_ago(6), "Hello", "Hi"))
    late = past.desk.seed(told("late", days_ago(2), "Hello", "Hi", who="c3"))
    unended = past.desk.seed(told("open", days_ago(5), "Hello", "Hi"), ended=False)
    ignored = past.desk.seed(told("ignored", days_ago(5), "A secret", "Hi", tags=("dm__ignore",)))
    gone = past.desk.seed(told("gone", days_ago(5), "Hello", "Hi"))
    past.desk.delete(gone)
    past.begin(since=days_ago(8), until=days_ago(4))

    row = past.run()

    assert row.state == BackfillState.DONE
    assert row.counts["stored"] == 1
    assert past.conversation(wanted) is not None
    assert [past.conversation(n) for n in (early, late, unended, ignored, gone)] == [None] * 5
    assert row.counts[f"left out: {Why.OPTED_OUT}"] == 1


def test_what_opted_out_is_never_put_aside(make: Callable[[str], Past]) -> None:
    """By its tag, its customer's or its organisation's, before a word of it is kept."""
    past = make("zendesk")
    tagged = past.desk.seed(told("a", days_ago(5), "A secret", "Hi", tags=("dm__ignore",)))
    customer = past.desk.seed(told("b", days_ago(5), "A secret", "Hi", who="c2"))
    organisation = past.desk.seed(told("c", days_ago(5), "A secret", "Hi", who="c3"))
    requesters = past.desk.seed(told("d", days_ago(5), "A secret", "Hi", who="c4"))
    past.desk.tag_customer(customer, "dm__ignore")
    past.desk.set_organization(organisation, "Shy", ["dm__ignore"])
    past.desk.set_organization(requesters, "Shy too", ["dm__ignore"])
    ticket = past.desk.account.tickets[int(requesters)]
    past.desk.account.users[ticket["requester_id"]]["organization_id"] = ticket["organization_id"]
    ticket["organization_id"] = None
    past.begin()

    backfilling.work_on(past.runtime, past.id, seconds=0)

    with past.runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(BackfillPart)) == 0
    assert past.run().counts == {"found": 0, "calls": 2, f"left out: {Why.OPTED_OUT}": 4}
    assert past.conversation(tagged) is None


def test_what_was_read_live_meanwhile_stays(past: Past) -> None:
    """The export says less than the live conversation, and comes later."""
    number = past.desk.seed(told("live", days_ago(5), "Hello", "Hi", "Is anybody there?"))
    past.begin()
    backfilling.work_on(past.runtime, past.id, seconds=0)  # It is listed.
    with past.runtime.database.begin() as session:
        row = installations.get(session, past.id)
        assert row is not None
        past.messages.score([conversations.announce(session, row, number, at=NOW, now=NOW)])
    scoring.score(past.runtime, past.messages.sent.pop()[1])
    before = past.conversation(number)

    came = past.run()

    after = past.conversation(number)
    assert before is not None and after is not None
    assert came.counts["known"] == 1
    assert (after.backfilled, after.due_at, after.read_at, after.document) == (
        False,
        None,
        before.read_at,
        before.document,
    )


def test_a_webhook_that_waits_wins(past: Past) -> None:
    number = past.desk.seed(told("live", days_ago(5), "Hello", "Hi"))
    with past.runtime.database.begin() as session:
        row = installations.get(session, past.id)
        assert row is not None
        conversations.announce(session, row, number, at=NOW + timedelta(hours=1), now=NOW)
    past.begin()

    assert past.run().counts["known"] == 1
    found = past.conversation(number)
    assert found is not None
    assert (found.document, found.reread, found.due_at) == (None, True, NOW + timedelta(hours=1))


def test_what_changed_after_it_was_read_live_is_read_again_live(past: Past, clock: Any) -> None:
    """A webhook was missed: the history knows of a later message."""
    number = past.desk.seed(told("missed", days_ago(5), "Hello", "Hi"))
    clock.now = days_ago(4)
    with past.runtime.database.begin() as session:
        row = installations.get(session, past.id)
        assert row is not None
        row_id = conversations.announce(session, row, number, at=clock.now, now=clock.now)
    scoring.score(past.runtime, row_id)
    again = Message("m9", Author(Role.CUSTOMER, "c1"), "It broke again", days_ago(3))
    past.desk.continue_(number, [again], at=days_ago(2.9))
    clock.now = NOW
    past.begin()

    assert past.run().counts["again"] == 1
    found = past.conversation(number)
    assert found is not None
    assert (found.backfilled, found.reread, found.due_at) == (False, True, NOW)
    scoring.score(past.runtime, row_id)
    found = past.conversation(number)
    assert found is not None
    assert found.document["messages"][-1]["text"] == "It broke again"


def test_a_second_backfill_replaces_only_what_changed(past: Past, clock: Any) -> None:
    first = past.desk.seed(told("first", days_ago(5), "Hello", "Hi"))
    past.desk.seed(told("same", days_ago(5), "Hello", "Hi", who="c2"))
    clock.now = days_ago(4)
    past.begin(since=SINCE, until=days_ago(4.01))
    past.run()
    past.score()
    past.desk.continue_(
        first, [Message("m9", Author(Role.CUSTOMER, "c1"), "It broke again", days_ago(3))], at=days_ago(2)
    )
    clock.now = NOW
    past.begin()

    row = past.run()

    assert (row.counts["stored"], row.counts["known"]) == (1, 1)
    found = past.conversation(first)
    assert found is not None
    assert found.document["messages"][-1]["text"] == "It broke again"
    assert (found.backfilled, past.score()) == (True, 1)


def test_a_customer_who_comes_back_makes_a_live_conversation_of_it(past: Past, clock: Any) -> None:
    number = past.desk.seed(told("back", days_ago(5), "Hello", "Hi"))
    past.begin()
    past.run()
    past.score()
    past.desk.continue_(number, [Message("m9", Author(Role.CUSTOMER, "c1"), "It broke again", NOW)], at=NOW)
    clock.forward(minutes=5)
    with past.runtime.database.begin() as session:
        row = installations.get(session, past.id)
        assert row is not None
        row_id = conversations.announce(session, row, number, at=clock.now, now=clock.now)
    found = past.conversation(number)
    assert found is not None
    assert found.backfilled
    with past.runtime.database.begin() as session:
        handed = handing_out.hand_out(session, SCORING, now=clock.now, hold=timedelta(minutes=1), max_attempts=3)
        assert handed == [row_id]
    scoring.score(past.runtime, row_id)
    found = past.conversation(number)
    assert found is not None
    assert not found.backfilled


def test_chats_ratings_and_early_beginnings_are_read_singly(make: Callable[[str], Past]) -> None:
    past = make("zendesk")
    written = told("mail", days_ago(5), "Hello", "Hi")
    past.desk.seed(written)
    past.desk.seed(told("chat", days_ago(5), "Hello", "Hi", channel=Channel.MESSAGING, who="c2"))
    rated = replace(told("rated", days_ago(5), "Hello", "Hi", who="c3"), rating=Rating("good", "good/bad"))
    past.desk.seed(rated)
    past.desk.seed(told("early", days_ago(8.01), *["Hello", "Hi"] * 20, who="c4"))
    surveyed = replace(told("survey", days_ago(5), "Hello", "Hi", who="c5"), rating=Rating(4.0, "1-5"))
    past.desk.seed(surveyed)
    past.begin(since=days_ago(8))

    row = past.run()

    single = {name: number for name, number in row.counts.items() if name.startswith("read singly")}
    assert single == {
        "read singly: chat": 1, "read singly: rating": 1, "read singly: began before the asked time": 1
    }  # fmt: skip
    # Two lists, the people who answered, their groups, three tickets, one survey.
    assert (row.counts["stored"], row.counts["calls"]) == (5, 8)
    with past.runtime.database.read() as session:
        documents = session.scalars(select(Row.document)).all()
    assert {str(d["rating"]["score"]) for d in documents if d and d["rating"]} == {"4.0", "good"}


def test_a_ticket_that_changed_since_it_was_listed_is_read_as_it_is(make: Callable[[str], Past], clock: Any) -> None:
    past = make("zendesk")
    number = past.desk.seed(told("moves", days_ago(5), "Hello", "Hi"))
    past.begin()
    backfilling.work_on(past.runtime, past.id, seconds=0)
    past.desk.continue_(number, [Message("m9", Author(Role.CUSTOMER, "c1"), "Again", days_ago(1))], ended=False)

    row = past.run()

    assert row.counts[f"left out: {Why.OPEN}"] == 1
    assert past.conversation(number) is None


def test_without_an_admin_it_fails_and_goes_on_when_mended(make: Callable[[str], Past]) -> None:
    past = make("zendesk")
    past.desk.seed(told("a", days_ago(5), "Hello", "Hi"))
    own = past.desk.account.users[past.desk.own_id]
    own["role"] = "agent"
    past.begin()

    row = past.run()

    assert row.state == BackfillState.FAILED
    assert "admin" in (row.error or "")
    own["role"] = "admin"
    with past.runtime.database.begin() as session:
        backfills.resume(session, past.id, now=past.clock())
    assert past.run().counts["stored"] == 1


def test_a_limit_lets_it_wait_and_nothing_is_lost(past: Past) -> None:
    for number in range(3):
        past.desk.seed(told(f"t{number}", days_ago(5), "Hello", "Hi", channel=Channel.MESSAGING))
    past.begin()
    backfilling.work_on(past.runtime, past.id, seconds=0)
    past.desk.refuse_next(1, seconds=7)

    assert backfilling.work_on(past.runtime, past.id)

    row = past.row()
    assert (row.state, row.lease) == (BackfillState.RUNNING, None)
    assert row.wait_until is not None
    assert row.wait_until > past.clock()
    assert not backfilling.work_on(past.runtime, past.id)


def test_pausing_resuming_and_giving_up(past: Past) -> None:
    past.desk.seed(told("a", days_ago(5), "Hello", "Hi"))
    past.begin()
    with pytest.raises(BackfillRefused, match="under way"):
        past.begin()
    backfilling.work_on(past.runtime, past.id, seconds=0)
    with past.runtime.database.begin() as session:
        backfills.pause(session, past.id, now=past.clock())
    assert not backfilling.work_on(past.runtime, past.id)
    with past.runtime.database.begin() as session, pytest.raises(BackfillRefused, match="paused"):
        backfills.pause(session, past.id, now=past.clock())
    with past.runtime.database.begin() as session:
        backfills.resume(session, past.id, now=past.clock())
    assert past.run().state == BackfillState.DONE
    with past.runtime.database.begin() as session, pytest.raises(BackfillRefused, match="nothing is left"):
        backfills.resume(session, past.id, now=past.clock())
    with past.runtime.database.begin() as session:
        assert backfills.drop(session, past.id)
        assert not backfills.drop(session, past.id)
        with pytest.raises(BackfillRefused, match="no backfill"):
            backfills.pause(session, past.id, now=past.clock())
    assert past.count(Row.backfilled) == 1


def test_who_lost_the_lease_keeps_nothing(past: Past, clock: Any) -> None:
    past.desk.seed(told("a", days_ago(5), "Hello", "Hi"))
    past.begin()
    lease = timedelta(minutes=1)
    with past.runtime.database.begin() as session:
        slow = backfills.claim(session, past.id, now=clock(), lease=lease)
    assert slow is not None
    clock.forward(minutes=2)
    assert past.run().state == BackfillState.DONE
    with past.runtime.database.begin() as session, pytest.raises(LeaseLost):
        backfills.checked(session, slow, now=clock(), lease=lease)
    with past.runtime.database.begin() as session:
        backfills.let_go(session, slow, state=BackfillState.FAILED)
    assert past.row().state == BackfillState.DONE


def test_it_waits_while_the_installation_is_switched_off(past: Past) -> None:
    past.desk.seed(told("a", days_ago(5), "Hello", "Hi"))
    past.begin()
    with past.runtime.database.begin() as session:
        installations.change(session, past.id, enabled=False)
    backfilling.work_on_all(past.runtime)
    assert past.row().wait_until is not None
    assert past.row().counts == {}


def test_one_customers_conversations_are_not_scored_again_and_again(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixty of one customer within hours, scored after each portion of ten: each at most a few times, and rightly."""
    monkeypatch.setattr(backfilling, "READ_AT_ONCE", 10)
    for number in range(60):
        past.desk.seed(told(f"t{number}", days_ago(6) + number * timedelta(minutes=20), "My kettle leaks", "Hm"))
    past.begin()
    scored, scorings = 0, [1]
    while backfilling.work_on(past.runtime, past.id, seconds=0) or scorings[-1]:
        scorings.append(past.score())
        scored += scorings[-1]

    assert past.count(Row.backfilled) == 60
    assert scored <= 60 * 5, scored
    verdicts = [card["scores"]["repeat_contact"]["verdict"] for card in past.cards().values()]
    assert verdicts.count("returned") >= 59 or "pending" not in verdicts


def test_history_is_handed_out_apart_and_not_all_at_once(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        past.desk.seed(told(f"t{number}", days_ago(5), "Hello", "Hi", who=f"c{number}"))
    past.begin()
    past.run()
    monkeypatch.setattr(handing_out, "HISTORY_AT_ONCE", 3)
    minute = timedelta(minutes=1)
    with past.runtime.database.begin() as session:
        assert handing_out.hand_out(session, SCORING, now=NOW, hold=minute, max_attempts=3) == []
        assert len(handing_out.hand_out_history(session, now=NOW, hold=minute, max_attempts=3)) == 3
        assert handing_out.hand_out_history(session, now=NOW, hold=minute, max_attempts=3) == []
        assert len(handing_out.hand_out_history(session, now=NOW + minute, hold=minute, max_attempts=3)) == 3


def test_alone_it_reads_waits_and_scores(past: Past, clock: Any) -> None:
    for number in range(3):
        past.desk.seed(told(f"t{number}", days_ago(5), "Hello", "Hi", who=f"c{number}"))
    past.begin()
    past.desk.refuse_next(1, seconds=1)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        clock.forward(seconds=seconds)

    backfilling.alone(past.runtime, past.id, wait=wait)

    assert past.row().state == BackfillState.DONE
    assert waits
    assert past.count(Row.state == State.SCORED) == 3


def test_what_the_helpdesk_tells_of_meanwhile_is_read_as_it_is(make: Callable[[str], Past], shop: Any) -> None:
    """A comment was redacted and a ticket deleted after their words were put aside: neither is stored from there."""
    past = make("zendesk")
    redacted = past.desk.seed(told("redacted", days_ago(5), "My card is 4111", "Hi"))
    deleted = past.desk.seed(told("deleted", days_ago(5), "A secret", "Hi"))
    past.begin()
    for _ in range(2):
        backfilling.work_on(past.runtime, past.id, seconds=0)
    assert past.row().cursor is None
    comment = next(e for a in past.desk.account.audits[int(redacted)] for e in a["events"] if e["type"] == "Comment")
    comment |= {"body": "My card is ▇▇▇▇", "html_body": "", "plain_body": ""}
    past.desk.delete(deleted)
    here = type(shop)(past.runtime, past.desk, past.messages, past.clock, past.id, "past")
    here.webhook(redacted, Signal.ACTIVITY)
    here.webhook(deleted, Signal.DELETED)
    here.work()

    row = past.run()

    assert (row.counts["stored"], row.counts[f"left out: {Why.DELETED}"]) == (1, 1)
    found = past.conversation(redacted)
    assert found is not None
    assert found.document["messages"][0]["text"] == "My card is ▇▇▇▇"
    with past.runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(BackfillPart)) == 0


def test_texts_older_than_the_installation_keeps_go_once_they_are_scored(past: Past) -> None:
    number = past.desk.seed(told("old", days_ago(10), "Where is my parcel?", "On its way"))
    with past.runtime.database.begin() as session:
        installations.change(session, past.id, retention_days=3)
    past.begin()
    past.run()
    assert retention.drop_old(past.runtime) == 0
    past.score()
    assert retention.drop_old(past.runtime) == 1

    found = past.conversation(number)
    assert found is not None
    assert (found.state, found.document) == (State.SCORED, None)
    assert len(past.cards()) == 1
    assert len(_facts(past)) == 1
