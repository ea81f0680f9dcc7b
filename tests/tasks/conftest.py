"""A helpdesk in memory behind the connector interface, and a runtime on real databases with its messages in a list.

The helpdesk has the rules that matter to the work: a stamp that guards against stale writes, or none; conversations
that are gone, opted out, read-only; and answers that can be told to fail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import numpy as np
import pytest
from sandboxed import Rig, rig, running

from connectors.addresses import Hosts, below
from connectors.base import Change, Changes, Client, Delivery, Ended, Installation, Reading, Signal
from connectors.errors import Conflict, ConnectorError, Merged, NotFound, NotWritable
from connectors.http import Http
from connectors.limiter import Limiter
from connectors.names import Kind, Names
from service.conversation import Author, Channel, Contact, Conversation, Event, Message, Role
from service.language.embedding import DIMENSIONS, Vectors
from service.settings import Settings
from service.store import conversations, deliveries, installations
from service.store.database import Database
from service.store.secrets import SecretBox
from service.writeback import FIELDS, AlreadyThere, Plan, Writable, parse_note
from tasks import asking, intake, scoring, writing
from tasks.runtime import Clients, Runtime

ACTOR = "our-user"
FOREIGN = "vip"
HOUR = timedelta(hours=1)


class WordVectors:
    """Bag-of-words vectors: equal texts are equal, texts without a common word are not alike."""

    id = "words"
    issue_id = "words"

    def vectors(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split() or ["nothing"]:
                row[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % DIMENSIONS] += 1
            row /= np.linalg.norm(row)
        return rows

    issue_vectors = vectors


@dataclass
class Ticket:
    """One conversation on the helpdesk and what was written to it."""

    conversation: Conversation
    ended: bool = True
    tags: tuple[str, ...] = (FOREIGN,)
    fields: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(FIELDS))
    notes: list[str] = field(default_factory=list)
    writable: Writable = Writable.FULL
    stamp: int = 1


HOSTS = below("zendesk.com")


@dataclass
class Desk:
    """The helpdesk, the connector and its client in one. `failures` are raised by the next calls, in order."""

    name: str = "zendesk"
    hosts: Hosts = HOSTS
    guarded: bool = True
    tickets: dict[str, Ticket] = field(default_factory=dict)
    failures: list[Exception | None] = field(default_factory=list)
    announced: bool = True
    changes: list[Sequence[Change]] = field(default_factory=list)
    merges: dict[str, str] = field(default_factory=dict)
    gone_into: set[str] = field(default_factory=set)
    reads: int = 0
    asked: int = 0
    pings: int = 0
    told_names: Mapping[Kind, Mapping[str, str]] = field(default_factory=dict)
    asked_names: list[frozenset[str]] = field(default_factory=list)
    writes: int = 0
    after_write: Callable[[], None] = lambda: None

    def verify(self, installation: Installation, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
        raise NotImplementedError

    def delivery(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        raise NotImplementedError

    def client(self, installation: Installation, http: Http) -> Client:
        return self

    def read(self, conversation_id: str) -> Reading:
        self.reads += 1
        self._fail()
        ticket = self.tickets.get(conversation_id)
        if ticket is None:
            raise NotFound(conversation_id)
        if conversation_id in self.gone_into:
            raise Merged(conversation_id)
        there = AlreadyThere(
            tags=ticket.tags,
            fields=dict(ticket.fields),
            notes=tuple(note for text in ticket.notes if (note := parse_note(text))),
            writable=ticket.writable,
            version=str(ticket.stamp) if self.guarded else None,
        )
        return Reading(replace(ticket.conversation, tags=ticket.tags), ended=ticket.ended, there=there, calls=2)

    def write(self, reading: Reading, plan: Plan) -> int:
        self._fail()
        ticket = self.tickets[reading.conversation.id]
        if self.guarded and reading.there.version != str(ticket.stamp):
            raise Conflict("stale")
        if ticket.writable is Writable.NOTHING:
            raise NotWritable("read-only")
        self.writes += 1
        ticket.stamp += 1
        kept = tuple(tag for tag in ticket.tags if tag not in plan.remove_tags)
        ticket.tags = (*kept, *plan.add_tags)
        ticket.fields.update(plan.fields)
        if plan.note is not None:
            ticket.notes.append(plan.note.text)
        self.after_write()
        return 1

    def ended_since(self, moment: datetime) -> Iterator[Ended]:
        self.asked += 1
        self._fail()
        for key, ticket in self.tickets.items():
            ended = ticket.conversation.ended_at
            if ticket.ended and ended is not None and ended >= moment:
                yield Ended(key, ended, self.announced)

    def changed_since(self, moment: datetime, place: str = "") -> Changes:
        self._fail()
        number = int(place or 0)
        more = number + 1 < len(self.changes)
        found = self.changes[number] if self.changes else ()
        return Changes(tuple(found), str(number + 1) if more else None)

    def merged(self, contact_ids: Sequence[str]) -> Mapping[str, str]:
        self._fail()
        return {loser: self.merges[loser] for loser in contact_ids if loser in self.merges}

    def names(self, bots: Collection[str]) -> Names:
        self.asked_names.append(frozenset(bots))
        return self.told_names

    def ping(self) -> None:
        self.pings += 1
        self._fail()

    def own_actor_ids(self) -> frozenset[str]:
        return frozenset({ACTOR})

    def _fail(self) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure

    def verdict(self, key: str) -> str:
        """What our tag on the conversation says came of it."""
        said = [tag for tag in self.tickets[key].tags if tag.startswith("dm__resolution__")]
        assert len(said) <= 1, said
        return said[0].removeprefix("dm__resolution__") if said else ""


@dataclass
class Messages:
    """A queue that only remembers: the test says when a worker takes something."""

    sent: list[tuple[str, Any]] = field(default_factory=list)

    def ingest(self, delivery_ids: Iterable[int]) -> None:
        self.sent.extend(("ingest", each) for each in delivery_ids)

    def score(self, conversation_ids: Iterable[str]) -> None:
        self.sent.extend(("score", each) for each in conversation_ids)

    def score_history(self, conversation_ids: Iterable[str]) -> None:
        self.sent.extend(("score_history", each) for each in conversation_ids)

    def write_back(self, conversation_ids: Iterable[str]) -> None:
        self.sent.extend(("write_back", each) for each in conversation_ids)

    def ask(self, installation_ids: Iterable[str]) -> None:
        self.sent.extend(("ask", each) for each in installation_ids)


@dataclass
class Shop:
    """Everything one test needs."""

    runtime: Runtime
    desk: Desk
    messages: Messages
    clock: Any
    installation_id: str = "i1"
    account: str = "acme"
    numbers: Iterator[int] = field(default_factory=count)

    def webhook(self, key: str, signal: Signal = Signal.ENDED, **more: Any) -> int:
        """A genuine delivery arrives and is announced."""
        number = more.pop("number", f"delivery {next(self.numbers)}")
        received = deliveries.Received(self.installation_id, number, "event", signal, external_id=key, **more)
        with self.runtime.database.single() as session:
            row, new = deliveries.record(session, received, now=self.clock(), hold=self.runtime.settings.hold)
        if new:
            self.messages.ingest([row])
        return row

    def work(self) -> None:
        """Workers take every message until none is left."""
        take = {
            "ingest": intake.take_in,
            "score": scoring.score,
            "score_history": scoring.score,
            "write_back": writing.write_back,
            "ask": asking.ask,
        }
        while self.messages.sent:
            task, argument = self.messages.sent.pop(0)
            take[task](self.runtime, argument)

    def row(self, key: str) -> Any:
        with self.runtime.database.read() as session:
            return conversations.get(session, self.id_of(key))

    def id_of(self, key: str) -> str:
        return conversations.conversation_id(self.desk.name, self.account, key)

    def change(self, installation_id: str = "i1", **values: Any) -> None:
        with self.runtime.database.begin() as session:
            installations.change(session, installation_id, **values)

    def connect(self, name: str, account: str) -> Shop:
        """A second helpdesk on the same database; from now on either's messages are worked on with both."""
        other = Desk(name)
        desks = {self.desk.name: self.desk, name: other}
        both = replace(self.runtime, clients=Clients(desks, Limiter()))
        _install(both, other, "i2", account)
        self.runtime = both
        return Shop(both, other, self.messages, self.clock, "i2", account)


def conversation(key: str, started: datetime, turns: Sequence[tuple[Role, str]], **more: Any) -> Conversation:
    """A conversation with a message a minute, closed a minute after the last."""
    minute = timedelta(minutes=1)
    messages = tuple(
        Message(id=f"{key}-{number}", author=Author(role, role.value), text=text, at=started + number * minute)
        for number, (role, text) in enumerate(turns)
    )
    closed = started + len(messages) * minute
    fields: dict[str, Any] = {
        "contact": Contact(id="c1", email="pat@example.com", email_verified=True),
        "channel": Channel.MESSAGING,
        "opened_at": started,
        "closed_at": closed,
        "events": (Event(id=f"{key}-closed", kind="closed", at=closed),),
        "helpdesk": "zendesk",
        "account": "acme",
    }
    return Conversation(id=key, messages=messages, **{**fields, **more})


QUESTION = "The blue kettle I bought leaks from its bottom, what can I do?"
UNHELPFUL: tuple[tuple[Role, str], ...] = (
    (Role.CUSTOMER, QUESTION),
    (Role.BOT, "Sorry, I did not understand that. Could you rephrase?"),
    (Role.CUSTOMER, "My blue kettle leaks from its bottom. What can I do?"),
    (Role.BOT, "Sorry, I did not understand that. Could you rephrase?"),
)
HELPFUL: tuple[tuple[Role, str], ...] = (
    (Role.CUSTOMER, QUESTION),
    (Role.BOT, "Sorry to hear that. I have ordered a replacement kettle for you; it arrives on Thursday."),
    (Role.CUSTOMER, "Great, that solves it. Thank you!"),
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def shop(database: Database, settings: Settings, desk: Desk, clock: Any) -> Shop:
    """A connected helpdesk with writing switched on."""
    messages = Messages()
    runtime = Runtime(
        settings=settings,
        database=database,
        secrets=SecretBox(settings.secret_key.get_secret_value()),
        clients=Clients({desk.name: desk}, Limiter()),
        embedder=WordVectors(),
        queue=messages,
        clock=clock,
    )
    _install(runtime, desk, "i1", "acme")
    return Shop(runtime, desk, messages, clock)


def _install(runtime: Runtime, desk: Desk, installation_id: str, account: str) -> None:
    new = installations.NewInstallation(
        connector=desk.name,
        account=account,
        base_url="https://acme.example",
        secrets=runtime.secrets.lock({"token": "t"}),
        prefix="dm__",
        writing=True,
        id=installation_id,
    )
    with runtime.database.begin() as session:
        installations.add(session, new, now=runtime.clock())


@dataclass(frozen=True)
class Kit:
    """What test modules need of this file: they cannot import a conftest."""

    conversation: Callable[..., Conversation] = conversation
    ticket: type[Ticket] = Ticket
    helpful: tuple[tuple[Role, str], ...] = HELPFUL
    unhelpful: tuple[tuple[Role, str], ...] = UNHELPFUL
    actor: str = ACTOR
    error: type[ConnectorError] = ConnectorError


@pytest.fixture
def kit() -> Kit:
    return Kit()


@pytest.fixture
def zendesk(shop: Shop, clock: Any, kit: Kit) -> Iterator[Rig]:
    """The shop's runtime against a stand-in Zendesk."""
    with running(rig("zendesk", shop, clock, kit)) as made:
        yield made


@pytest.fixture
def intercom(shop: Shop, clock: Any, kit: Kit) -> Iterator[Rig]:
    """The same against a stand-in Intercom."""
    with running(rig("intercom", shop, clock, kit)) as made:
        yield made


@pytest.fixture(params=["zendesk", "intercom"])
def either(request: pytest.FixtureRequest, shop: Shop, clock: Any, kit: Kit) -> Iterator[Rig]:
    """Against either of them."""
    with running(rig(request.param, shop, clock, kit)) as made:
        yield made
