"""Backfills on real databases against the stand-in helpdesks over HTTP: what comes out is what live would have made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.intercom.sandbox import Sandbox as IntercomSandbox
from connectors.limiter import Limiter
from connectors.registry import connectors
from connectors.zendesk.sandbox import Sandbox as ZendeskSandbox
from service.conversation import Author, Channel, Contact, Conversation, Message, Role
from service.demo.story import stories
from service.settings import Settings
from service.store import backfills, conversations, facts, installations, work
from service.store.backfill_models import Backfill, BackfillPart, BackfillState
from service.store.backfills import BackfillRefused, LeaseLost
from service.store.database import Database
from service.store.figure_models import FactRow
from service.store.models import Conversation as Row
from service.store.models import Scorecard, State, WriteState
from service.store.secrets import SecretBox
from tasks import backfilling, intake, scoring, upkeep
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

    def run(self) -> Backfill:
        """Work on it until it stops."""
        while backfilling.work_on(self.runtime, self.id):
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
                select(Row.external_id, Scorecard.episode, Scorecard.card).join(Row, Row.id == Scorecard.conversation_id)
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
            options=getattr(desk, "options", {}),
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


def told(key: str, start: datetime, *texts: str, channel: Channel = Channel.EMAIL, who: str = "c1", **more: Any) -> Conversation:
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
