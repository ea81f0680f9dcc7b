"""What goes away in a helpdesk goes here, against the stand-ins over HTTP: by signed webhooks, and by asking alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import select, text

from connectors.base import Connector, Signal
from connectors.intercom.sandbox import Sandbox as IntercomSandbox
from connectors.limiter import Limiter
from connectors.registry import connectors
from connectors.zendesk.sandbox import Sandbox as ZendeskSandbox
from service.conversation import Contact
from service.store import conversations, deliveries, late
from service.store.database import Database
from service.store.figure_models import FactRow
from service.store.models import Conversation, Installation, Scorecard, State
from tasks import asking, intake, scoring, upkeep
from tasks.runtime import Clients, Runtime

HOUR = timedelta(hours=1)
SECRET = "Zanzibar"


class Inbox(ThreadingHTTPServer):
    """Takes webhooks and keeps them as they came."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.send_response(200)
                self.end_headers()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.came.append((dict(self.headers.items()), body))
                self.do_HEAD()

            def log_message(self, *_: object) -> None: ...

        super().__init__(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server_port}/hook"

    def stop(self) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()


@dataclass
class Place:
    """A helpdesk, its installation, and a runtime; `webhooks`: they arrive."""

    runtime: Runtime
    desk: Any
    connector: Connector
    inbox: Inbox
    clock: Any
    kit: Any
    messages: Any
    webhooks: bool
    seen: int = 0
    numbers: list[str] = field(default_factory=list)

    def take(self) -> None:
        """Genuine webhooks are recorded and worked on."""
        assert self.desk.flush()
        came, self.seen = self.inbox.came[self.seen :], len(self.inbox.came)
        with self.runtime.database.read() as session:
            known = self.runtime.installation(session.get_one(Installation, "i1"))
        for headers, body in came if self.webhooks else []:
            self.connector.verify(known, headers, body, now=self.clock())
            said = self.connector.delivery(headers, body)
            if said.about is None or said.signal in (Signal.IGNORED, Signal.PING):
                continue
            received = deliveries.Received(
                "i1", said.key, said.event, said.signal, external_id=said.about, actor_id=said.actor_id,
                occurred_at=said.occurred_at,
            )  # fmt: skip
            with self.runtime.database.single() as session:
                row, _ = deliveries.record(session, received, now=self.clock(), hold=self.runtime.settings.hold)
            self.messages.ingest([row])
        self.work()

    def work(self) -> None:
        take = {"ingest": intake.take_in, "score": scoring.score, "ask": asking.ask}
        while self.messages.sent:
            task, argument = self.messages.sent.pop(0)
            if task in take:
                take[task](self.runtime, argument)

    def later(self, minutes: float = 6) -> None:
        """Time passes; the beat has everything asked and swept."""
        self.take()
        for _ in range(int(minutes / 6)):
            self.clock.forward(minutes=6)
            upkeep.poll(self.runtime)
            self.work()
            upkeep.sweep(self.runtime)
            self.work()

    def told(self, customer: str, ago: timedelta) -> str:
        """A conversation in which a customer names a secret ended so long ago."""
        turns = [(role, f"{said} My word is {SECRET}.") for role, said in self.kit.unhelpful]
        made = self.kit.conversation(
            "x", self.clock() - ago, turns, contact=Contact(id=customer, email=f"{customer}@example.com"),
            helpdesk=self.connector.name,
        )  # fmt: skip
        key: str = self.desk.seed(made)
        self.numbers.append(key)
        return key

    def row(self, key: str) -> Conversation:
        with self.runtime.database.read() as session:
            found = conversations.get(session, conversations.conversation_id(self.connector.name, "acme", key))
        assert found is not None
        return found

    def verdict(self, key: str) -> str:
        with self.runtime.database.read() as session:
            mine = (Scorecard.conversation_id == self.row(key).id, Scorecard.latest)
            return str(
                session.scalars(select(Scorecard.card).where(*mine)).one()["scores"]["repeat_contact"]["verdict"]
            )

    def stored(self) -> str:
        with self.runtime.database.read() as session:
            tables = ("conversation", "scorecard", "writeback", "intent_example", "fact", "delivery")
            rows = [row for name in tables for row in session.execute(text(f"SELECT * FROM {name}"))]
        return json.dumps([" ".join(map(str, row)) for row in rows])

    def facts(self) -> int:
        with self.runtime.database.read() as session:
            return session.query(FactRow).count()


@pytest.fixture(params=["zendesk", "intercom"])
def helpdesk(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[True, False], ids=["webhooks", "asking"])
def webhooks(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def place(shop: Any, clock: Any, kit: Any, helpdesk: str, webhooks: bool) -> Iterator[Place]:
    make = {"zendesk": ZendeskSandbox, "intercom": IntercomSandbox}[helpdesk]
    desk, inbox = make(clock=clock, retry_delay=0.02).start(), Inbox()
    runtime = replace(shop.runtime, clients=Clients(connectors(), Limiter(), local=True))
    shop.change(
        connector=helpdesk,
        base_url=desk.base_url,
        secrets=runtime.secrets.lock(desk.secrets),
        options=getattr(desk, "options", {}),
        writing=False,
    )
    desk.connect_webhook(inbox.url)
    yield Place(runtime, desk, connectors()[helpdesk], inbox, clock, kit, shop.messages, webhooks)
    desk.stop()
    inbox.stop()


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    opened.close()


def test_ended(place: Place) -> None:
    """Found within fifteen minutes of its end, without a single webhook."""
    key = place.told("ann", timedelta(minutes=6))
    began = place.clock()
    place.later(6)
    assert place.row(key).state == State.SCORED
    assert place.clock() - began <= timedelta(minutes=15)
    place.later(18)
    with place.runtime.database.read() as session:
        share = late.share(session, "i1", now=place.clock())
    assert (share.ended, share.missed) == (1, 0 if place.webhooks else 1)


def test_a_deleted_conversation(place: Place) -> None:
    key = place.told("ann", HOUR / 6)
    place.later(6)
    assert SECRET in place.stored()
    place.desk.delete(key)
    place.later(6 if place.webhooks else 30)
    assert place.row(key).state == State.GONE
    assert SECRET not in place.stored()
    assert place.facts() == 1


def test_a_merged_conversation(place: Place) -> None:
    first, second = place.told("ann", HOUR / 3), place.told("ann", HOUR / 6)
    place.later(6)
    assert place.verdict(first) == "returned"
    if place.connector.name == "intercom" and not place.webhooks:
        pytest.skip("no list of Intercom's tells of merged conversations")
    place.desk.merge(second, first)
    place.later(6 if place.webhooks else 30)
    assert place.row(second).state == State.MERGED
    assert place.facts() == 1
    if place.row(first).state == State.SCORED:
        assert place.verdict(first) != "returned"


def test_redacted_words(place: Place) -> None:
    key = place.told("ann", HOUR / 6)
    place.later(6)
    assert SECRET in place.stored()
    if place.connector.name == "zendesk":
        place.desk.redact(key, SECRET)
    elif place.webhooks:
        for message in place.runtime.client(_installation(place)).read(key).conversation.messages:
            place.desk.redact(key, message.id)
    else:
        pytest.skip("no list of Intercom's tells of redactions")
    place.later(12 if place.webhooks else 30)
    assert SECRET not in place.stored()
    assert place.row(key).state == State.SCORED


def test_a_deleted_customer(place: Place) -> None:
    key = place.told("ann", HOUR / 6)
    place.later(6)
    if place.connector.name == "intercom" and not place.webhooks:
        pytest.skip("no list of Intercom's tells of deleted contacts")
    place.desk.delete_customer(place.desk.customer(key))
    place.later(6 if place.webhooks else 30)
    assert place.row(key).state == State.GONE
    assert SECRET not in place.stored()
    assert place.facts() == 1


def test_merged_customers(place: Place) -> None:
    """Two strangers who turn out to be one: the second conversation is a return of the first."""
    first, second = place.told("ann", HOUR / 3), place.told("bob", HOUR / 6)
    place.later(6)
    assert place.verdict(first) != "returned"
    if place.connector.name == "intercom" and not place.webhooks:
        pytest.skip("no list of Intercom's tells of merged contacts")
    place.desk.merge_customers(place.desk.customer(first), place.desk.customer(second))
    place.later(12 if place.webhooks else 36)
    assert place.verdict(first) == "returned"
    assert {place.row(key).document["contact"]["id"] for key in (first, second)} == {place.desk.customer(second)}


def _installation(place: Place) -> Installation:
    with place.runtime.database.read() as session:
        return session.get_one(Installation, "i1")


@pytest.mark.parametrize("webhooks", [False], indirect=True)
def test_an_agents_token_sees_deleted_tickets_only(place: Place) -> None:
    """What may not be listed is left out, and nothing else suffers."""
    if place.connector.name == "intercom":
        pytest.skip("Intercom's tokens list what they may or nothing")
    key = place.told("ann", HOUR / 6)
    place.later(6)
    place.desk.account.users[place.desk.own_id]["role"] = "agent"
    place.desk.delete(key)
    place.later(30)
    assert place.row(key).state == State.GONE
