"""A web application over a real database, a queue that remembers what it was told, webhooks as helpdesks sign them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from browsing import browser
from flask import Flask
from flask.testing import FlaskClient
from insight_facts import keep
from outcome_facts import days
from sqlalchemy import select

from connectors.registry import connectors
from service.app import build
from service.card_document import card_document
from service.conversation import (
    Author,
    BotTurn,
    Channel,
    Contact,
    Conversation,
    Event,
    EventKind,
    Feedback,
    Initiator,
    Message,
    Role,
)
from service.document import to_document
from service.scoring.customer import customer_keys
from service.scoring.score import Evidence, Score, Scorecard
from service.settings import Settings
from service.store import api_keys, conversations, people, sessions, sign_in
from service.store.database import Database
from service.store.history import Span, save_keys
from service.store.installations import NewInstallation, add
from service.store.models import Conversation as Row
from service.store.models import Installation, State, WriteState
from service.store.people_models import AuditEntry, Person, Scope
from service.store.people_models import Role as PersonRole
from service.store.results import save_cards
from service.store.secrets import SecretBox
from service.web.parts import REFUSALS, BrokerDown, Parts

ZENDESK_SECRETS = {"client_id": "deskmark", "client_secret": "z-api-secret", "webhook_secret": "z-signing-secret"}
INTERCOM_SECRETS = {"access_token": "i-token", "client_secret": "i-signing-secret"}
SECRETS = {"zendesk": ZENDESK_SECRETS, "intercom": INTERCOM_SECRETS}


@dataclass(frozen=True)
class Sent:
    """One request of a helpdesk."""

    body: bytes
    headers: dict[str, str]


def zendesk(ticket: str, *, at: datetime, secret: str = "z-signing-secret", invocation: str | None = None,
            kind: str = "zen:event-type:ticket.status_changed") -> Sent:  # fmt: skip
    """An event-subscription webhook: a ticket became solved."""
    moment = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    body = json.dumps(
        {
            "type": kind,
            "account_id": 1,
            "id": str(uuid4()),
            "time": moment,
            "zendesk_event_version": "2022-11-06",
            "subject": f"zen:ticket:{ticket}",
            "detail": {"id": ticket, "status": "SOLVED", "actor_id": "31", "via": {"channel": "web"}},
            "event": {"current": "SOLVED", "previous": "OPEN"},
        }
    ).encode()
    signed = base64.b64encode(hmac.new(secret.encode(), moment.encode() + body, hashlib.sha256).digest()).decode()
    headers = {
        "Content-Type": "application/json",
        "X-Zendesk-Webhook-Signature": signed,
        "X-Zendesk-Webhook-Signature-Timestamp": moment,
        "X-Zendesk-Webhook-Invocation-Id": invocation or uuid4().hex,
    }
    return Sent(body, headers)


def intercom(conversation: str, *, at: datetime, secret: str = "i-signing-secret", notification: str | None = None,
             topic: str = "conversation.admin.closed") -> Sent:  # fmt: skip
    """A notification: an admin closed a conversation, or `topic`."""
    item: dict[str, object] = {"type": "conversation", "id": conversation}
    if topic == "ping":
        item = {"type": "ping", "message": "hello"}
    body = json.dumps(
        {
            "type": "notification_event",
            "app_id": "acme",
            "id": notification or f"notif_{uuid4()}",
            "topic": topic,
            "created_at": int(at.timestamp()),
            "delivery_attempts": 1,
            "data": {"type": "notification_event_data", "item": item},
        }
    ).encode()
    signed = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    return Sent(body, {"Content-Type": "application/json", "X-Hub-Signature": f"sha1={signed}"})


BUILDERS = {"zendesk": zendesk, "intercom": intercom}


@pytest.fixture
def signed() -> SimpleNamespace:
    """Builders of signed webhooks, the secrets they sign with, and a request as such."""
    return SimpleNamespace(zendesk=zendesk, intercom=intercom, builders=BUILDERS, secrets=SECRETS, Sent=Sent)


@dataclass
class Remembered:
    """A queue that keeps what it was asked to announce."""

    deliveries: list[int] = field(default_factory=list)
    conversations: list[str] = field(default_factory=list)
    installations: list[str] = field(default_factory=list)

    def ingest(self, delivery_ids: Iterable[int]) -> None:
        self.deliveries.extend(delivery_ids)

    def score(self, conversation_ids: Iterable[str]) -> None:
        self.conversations.extend(conversation_ids)

    def score_history(self, conversation_ids: Iterable[str]) -> None:
        self.conversations.extend(conversation_ids)

    def write_back(self, conversation_ids: Iterable[str]) -> None:
        self.conversations.extend(conversation_ids)

    def ask(self, installation_ids: Iterable[str]) -> None:
        self.installations.extend(installation_ids)


@dataclass
class Web:
    """The application and what lies around it; `broker` is what its queues hold, `None` when it is down."""

    app: Flask
    parts: Parts
    queue: Remembered
    clock: Any
    broker: dict[str, int] | None = field(default_factory=lambda: {"ingest": 0, "score": 2, "writeback": 0})

    def client(self) -> FlaskClient:
        """A visitor nobody knows."""
        return self.app.test_client()

    def link(self) -> str:
        """The path of a fresh sign-in link."""
        with self.parts.database.begin() as session:
            return f"/sign-in/{sign_in.new_token(session, now=self.clock())}"

    def admin(self) -> FlaskClient:
        """A visitor who signed in."""
        client, link = self.client(), self.link()
        answer = client.post(link, data={"csrf_token": self.csrf(client, link)})
        assert answer.status_code == 302
        return client

    def person(
        self,
        role: str = "admin",
        *,
        email: str = "ada@example.com",
        only: Iterable[str] | None = None,
        password: str = "",
    ) -> str:
        """Somebody with an account; their id."""
        with self.parts.database.begin() as session:
            row = people.add(session, email, role=PersonRole(role), installations=only, now=self.clock())
            if password:
                people.set_password(session, row, password)
            return row.id

    def signed_in(self, person_id: str) -> FlaskClient:
        """A browser of that person."""
        client = self.client()
        with self.parts.database.begin() as session:
            row = session.get_one(Person, person_id)
            token = sessions.begin(session, row, now=self.clock(), lasts=timedelta(days=14), browser="Firefox on Linux")
        with client.session_transaction() as cookie:
            cookie["id"] = token
        return client

    def key(self, *scopes: str, only: Iterable[str] | None = None, **given: Any) -> tuple[str, str]:
        """A key of the API: its id, and its text."""
        with self.parts.database.begin() as session:
            row, key = api_keys.make(
                session,
                "for tests",
                scopes=[Scope(scope) for scope in scopes],
                installations=only,
                by="tests",
                now=self.clock(),
                **given,
            )
            return row.id, key

    def audited(self) -> list[tuple[str, str, str, str | None]]:
        """What the audit log holds, oldest first: who, what, to what, on which helpdesk."""
        with self.parts.database.read() as session:
            rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        return [(row.actor, row.action, row.target, row.installation_id) for row in rows]

    def csrf(self, client: FlaskClient, address: str) -> str:
        """The token in the first form of the page at `address`."""
        page = client.get(address).get_data(as_text=True)
        return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]

    def post(self, client: FlaskClient, address: str, *, form_on: str, **fields: str) -> Any:
        """Send a form whose token stands on the page `form_on`."""
        return client.post(address, data={"csrf_token": self.csrf(client, form_on), **fields})

    def installation(self, connector: str, *, secrets: Mapping[str, str] | None = None, **given: Any) -> str:
        """A connected helpdesk; its id."""
        new = NewInstallation(
            connector=connector,
            account=given.pop("account", "acme"),
            base_url="https://helpdesk.example.com",
            secrets=self.parts.box.lock(SECRETS[connector] if secrets is None else secrets),
            prefix="dm__",
            **given,
        )
        with self.parts.database.begin() as session:
            return add(session, new, now=self.clock()).id


@pytest.fixture
def make_web(settings: Settings, clock: Any) -> Iterator[Callable[..., Web]]:
    """Builds applications over a database address; closes them at the end."""
    made: list[Web] = []

    def make(url: str, *, of_parts: Mapping[str, Any] | None = None, **changes: Any) -> Web:
        own = settings.model_copy(update={"database_url": url, "public_url": "", **changes})

        def waiting() -> Mapping[str, int]:
            if web.broker is None:
                raise BrokerDown("made so by the test")
            return web.broker

        queue = Remembered()
        parts = Parts(
            settings=own,
            database=Database(own.database),
            box=SecretBox(own.secret_key.get_secret_value()),
            connectors=connectors(),
            queue=queue,
            waiting=waiting,
            now=clock,
            **(of_parts or {}),
        )
        web = Web(build(parts), parts, queue, clock)
        made.append(web)
        return web

    yield make
    for web in made:
        web.app.extensions[REFUSALS].close()
        web.parts.database.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for a module's tests; each opens its own tab."""
    with browser() as opened:
        yield opened


@pytest.fixture
def web(sqlite_url: str, make_web: Callable[..., Web]) -> Web:
    """An application over SQLite."""
    return make_web(sqlite_url)


@pytest.fixture
def keep_days(web: Web) -> Callable[..., str]:
    """Keeps so many `outcome_facts.days` at a new installation; the installation's id."""

    def keeping(number: int, **given: Any) -> str:
        installation_id = web.installation("zendesk")
        keep(web, installation_id, list(days(number, **given)))
        return installation_id

    return keeping


SNEAKY = "<script>alert('hello')</script> my order is ORD-4821, & nothing came"


def told(number: str = "4711", **given: Any) -> Conversation:
    """A customer, a bot and an agent who asks again, with mark-up in the customer's words."""
    start = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)

    def message(n: int, role: Role, text: str, **more: Any) -> Message:
        return Message(id=f"m{n}", author=Author(role, f"{role}-1"), text=text, at=start + timedelta(minutes=n), **more)

    conversation = Conversation(
        id=number,
        helpdesk="zendesk",
        account="acme",
        contact=Contact(id="c-1", email="ada@example.com", email_verified=True),
        channel=Channel.MESSAGING,
        subject="Where is <b>my order</b>?",
        opened_at=start,
        closed_at=start + timedelta(minutes=9),
        messages=(
            message(0, Role.CUSTOMER, SNEAKY, attachments=("receipt.pdf",)),
            message(1, Role.BOT, "Orders take five days.", bot=BotTurn(confidence=0.41), feedback=Feedback.UNHELPFUL),
            message(4, Role.AGENT, "Hello! What is\n  your order number?"),
            message(5, Role.AGENT, "asked twice, sorry", internal=True),
        ),
        events=(
            Event("e0", EventKind.HANDOFF, start + timedelta(minutes=2), by=Initiator.BOT, target="tier 1"),
            Event("e1", "something_new", start + timedelta(minutes=2)),
            Event("e2", EventKind.CLOSED, start + timedelta(minutes=9)),
        ),
    )
    return replace(conversation, **given)


def scored(conversation: Conversation, *, episode: int = 1, **scores: Score) -> Scorecard:
    """A scorecard whose proof is the re-ask, what was asked for, and a return elsewhere."""
    asked = Evidence("m4", "Hello! What is your order number?", "asks for the order number", answered_in="m0")
    return Scorecard(
        helpdesk=conversation.helpdesk,
        account=conversation.account,
        id=conversation.id,
        episode=episode,
        scores={
            "containment": Score("escalated", 0.31, 0.9, "A person took over."),
            "context_repeat": Score("repeated", 1, 0.93, "The order number was asked for <again>.", (asked,)),
            "repeat_contact": Score(
                "returned",
                0.88,
                0.88,
                "Came back.",
                (Evidence("m0", "still nothing", "came back", conversation="9120"),),
            ),
            "satisfaction": Score(None, reason="not computed"),
            **scores,
        },
    )


@dataclass
class Seed:
    """Puts conversations into the store as the workers would leave them."""

    web: Web
    installations: dict[str, str] = field(default_factory=dict)

    def __call__(self, conversation: Conversation | None = None, *cards: Scorecard, **columns: Any) -> str:
        """Store a conversation with its cards (one of its own when none is given); our id of it."""
        c = told() if conversation is None else conversation
        if c.helpdesk not in self.installations:
            self.installations[c.helpdesk] = self.web.installation(c.helpdesk, account=c.account)
        now = self.web.clock()
        with self.web.parts.database.begin() as session:
            installation = session.get_one(Installation, self.installations[c.helpdesk])
            row_id = conversations.announce(session, installation, c.id, at=now, now=now)
            save_cards(session, row_id, [card_document(card) for card in cards or (scored(c),)], now=now)
            span = Span(row_id, customer_keys(c), c.started_at or now, c.ended_at or now)
            save_keys(session, self.web.parts.box, span, now=now)
            row = session.get_one(Row, row_id)
            row.document, row.channel, row.opened_at, row.ended_at = to_document(c), c.channel, c.opened_at, c.closed_at
            row.state, row.write_state, row.scored_at, row.due_at = State.SCORED, WriteState.WRITTEN, now, None
            for name, value in columns.items():
                setattr(row, name, value)
        return row_id


@pytest.fixture
def seed(web: Web) -> Seed:
    """Puts conversations into the store of `web`."""
    return Seed(web)


@pytest.fixture
def shapes() -> SimpleNamespace:
    """Builders of a conversation and a scorecard."""
    return SimpleNamespace(told=told, scored=scored, sneaky=SNEAKY)
