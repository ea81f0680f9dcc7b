"""A stateful local stand-in for Zendesk over real HTTP on 127.0.0.1, for the demo, `deskmark sandbox` and tests.

Nothing outside them imports this package. It enforces the rules of Zendesk that hurt, and plays our conversations in
the shape that Zendesk gives them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from connectors.stand_in import LoggedRequest
from connectors.zendesk import own
from connectors.zendesk.sandbox import shapes
from connectors.zendesk.sandbox.access import Access
from connectors.zendesk.sandbox.account import Account
from connectors.zendesk.sandbox.admin import HOOKS, new_hook
from connectors.zendesk.sandbox.answers import Features
from connectors.zendesk.sandbox.api import create_api
from connectors.zendesk.sandbox.departing import Departing, departures
from connectors.zendesk.sandbox.hooks import TIMEOUT, Hooks
from connectors.zendesk.sandbox.seeding import FIRST_TEAM, Player
from connectors.zendesk.sandbox.server import Limited
from connectors.zendesk.sandbox.shapes import Record, via
from connectors.zendesk.sandbox.triggers import fired
from connectors.zendesk.sandbox.updates import play
from service.conversation import Conversation, Event, Message, Rating

ACCOUNT_ID = 18_000_001
RETRY_DELAY = 1.0
TOKEN_LIFETIME = 1_800.0


class Snapshot(NamedTuple):
    """What stands on a ticket: tags, custom fields by our names and in our words, the text of private comments."""

    tags: tuple[str, ...]
    fields: dict[str, Any]
    notes: tuple[str, ...]


class Sandbox(Departing, Limited):
    """One Zendesk account. `start` serves it at `base_url`; everything may be called from any thread.

    `clock` gives the aware time that new updates get; `retry_delay` caps the seconds a webhook waits for a retry;
    `conversation_log` opens the early-access endpoint; `with_fields` creates our custom fields beforehand.
    `secrets` and `options` are what an installation connected to it stores.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        retry_delay: float = RETRY_DELAY,
        webhook_timeout: float = TIMEOUT,
        token_lifetime: float = TOKEN_LIFETIME,
        conversation_log: bool = False,
        with_fields: bool = True,
    ) -> None:
        self.secrets: Mapping[str, str] = {
            "client_id": "deskmark",
            "client_secret": secrets.token_hex(16),
            "webhook_secret": secrets.token_urlsafe(32),
        }
        self.hooks = Hooks(clock, account_id=ACCOUNT_ID, retry_delay=retry_delay, timeout=webhook_timeout)
        self.account = Account(clock=clock, emit=self._emit)
        self.own_id: int = self.account.add_user("admin", name="Deskmark", email="deskmark@agents.example")["id"]
        self.access = Access(
            self.secrets["client_id"], self.secrets["client_secret"], own_id=self.own_id, lifetime=token_lifetime
        )
        self.field_ids: dict[str, int] = self._create_fields() if with_fields else {}
        self._player = Player(self.account)
        self.features = Features(conversation_log)
        app = create_api(self.account, self.access, self.features)
        app.extensions[HOOKS] = self.hooks
        self.account_id = ACCOUNT_ID
        app.register_blueprint(departures)
        super().__init__(app, self.hooks)

    def start(self, port: int = 0) -> Self:
        """Serve on 127.0.0.1, on a free port unless one is named."""
        super().start(port)
        self.account.base = self.base_url
        return self

    @property
    def options(self) -> dict[str, object]:
        """The options of an installation: our custom fields' ids."""
        return dict(self.field_ids)

    def connect_webhook(self, url: str, mode: str = "events") -> str:
        """Connect `url` as our install guide says, in mode "events" or "trigger"; the webhook's id.

        It signs with `secrets["webhook_secret"]`, so an installation can be made before its webhook.
        """
        asked = own.new_webhook(url, by_trigger=mode == "trigger")
        with self._lock:
            assert asked.json is not None
            hook = new_hook(
                self.account, asked.json["webhook"], created_by=self.own_id, secret=self.secrets["webhook_secret"]
            )
            name = str(hook.record["id"])
            if mode == "trigger":
                trigger = own.new_trigger(name).json
                assert trigger is not None
                number = self.account.next_id()
                self.account.triggers[number] = {"id": number, "active": True, **trigger["trigger"]}
            return name

    def seed(self, conversation: Conversation, *, ended: bool = True, read_only: bool = False) -> str:
        """Play a conversation in, with its webhooks, and solve it if `ended`; the ticket's id.

        `read_only` makes it a ticket that only an AI agent holds: nothing can be written until `escalate`.
        """
        with self._lock:
            ticket = self._player.begin(conversation)
            if read_only:
                self.account.read_only.add(ticket["id"])
            if ended:
                self._player.solve(ticket, conversation.closed_at)
            return str(ticket["id"])

    def with_ids(self, conversation: Conversation) -> Conversation:
        """The conversation as it is read back: its brand and bots under the ids that they have here."""
        with self._lock:
            return self._player.with_ids(conversation)

    def end(self, conversation_id: str, at: datetime | None = None) -> None:
        """Solve a ticket at `at`, by default now."""
        with self._lock:
            self._player.solve(self._ticket(conversation_id), at or self.account.clock())

    def continue_(
        self,
        conversation_id: str,
        messages: Iterable[Message] = (),
        events: Iterable[Event] = (),
        *,
        rating: Rating | None = None,
        ended: bool = True,
        at: datetime | None = None,
    ) -> str:
        """Play more into a ticket, then solve it at `at` if `ended`; the id of the ticket that it went to.

        A customer who writes to a solved ticket opens it; a closed one gets a follow-up ticket instead.
        """
        with self._lock:
            ticket, said = self._ticket(conversation_id), list(messages)
            if ticket["status"] == "closed" and said:
                ticket = self._player.follow_up(ticket, said[0].at or self.account.clock())
            self._player.go_on(ticket, said, events)
            if rating is not None:
                self._player.rate(ticket, rating)
            if ended:
                self._player.solve(ticket, at)
            return str(ticket["id"])

    def close(self, conversation_id: str, at: datetime | None = None) -> None:
        """The automation that closes solved tickets for good, some days later."""
        with self._lock:
            rule = via("rule", rel="automation")
            play(self.account, self._ticket(conversation_id), {"status": "closed"}, -1, at=at, through=rule)

    def escalate(self, conversation_id: str, at: datetime | None = None, *, team: str = FIRST_TEAM) -> None:
        """The AI agent hands its ticket over: it becomes a normal, writable one."""
        with self._lock:
            ticket = self._ticket(conversation_id)
            self.account.read_only.discard(ticket["id"])
            group = self.account.group(team)["id"]
            play(self.account, ticket, {"group_id": group}, -1, at=at, through=via("native_messaging"))

    def delete(self, conversation_id: str) -> None:
        """A ticket is deleted; it cannot be read any more."""
        with self._lock:
            ticket = self._ticket(conversation_id)
            ticket |= {"status": "deleted", "updated_at": shapes.stamp(self.account.clock())}
            self._emit("soft_deleted", ticket, None, {}, ticket["updated_at"])

    def tag(self, conversation_id: str, name: str) -> None:
        """An agent puts a tag on a ticket."""
        with self._lock:
            ticket = self._ticket(conversation_id)
            play(self.account, ticket, {"tags": [*ticket["tags"], name]}, None, through=via("web"))

    def tag_customer(self, conversation_id: str, name: str) -> None:
        """An agent puts a tag on a ticket's requester."""
        with self._lock:
            self.account.users[self._ticket(conversation_id)["requester_id"]]["tags"].append(name)

    def set_organization(self, conversation_id: str, name: str, tags: Iterable[str] = ()) -> None:
        """The requester belongs to an organisation, which may be tagged."""
        with self._lock:
            ticket, number = self._ticket(conversation_id), self.account.next_id()
            made = shapes.organization(self.account.base, number, name, list(tags))
            self.account.organizations[number] = made
            ticket["organization_id"] = number

    def snapshot(self, conversation_id: str) -> Snapshot:
        """What stands on a ticket now."""
        with self._lock:
            ticket = self._ticket(conversation_id)
            values = {item["id"]: item["value"] for item in ticket["custom_fields"]}
            fields = {name: _neutral(values.get(ident)) for name, ident in self.field_ids.items()}
            events = [event for audit in self.account.audits[ticket["id"]] for event in audit["events"]]
            notes = (e["body"] for e in events if e["type"] == "Comment" and e["public"] is False)
            return Snapshot(tuple(ticket["tags"]), fields, tuple(notes))

    def status(self, conversation_id: str) -> str:
        """The ticket's status: what we must never change."""
        return str(self._ticket(conversation_id)["status"])

    def refuse_next(self, requests: int, *, seconds: float = 10.0) -> None:
        """Answer the next API requests with 429 and this Retry-After."""
        self.limits.refuse_next(requests, seconds)

    def withhold(self, *scopes: str) -> None:
        """Give these scopes to no token any more, those given out included."""
        self.access.withheld.update(scopes)
        self.access.tokens.clear()

    def set_clock_off(self, by: timedelta) -> None:
        """Let Zendesk's clock go wrong (or ours: it is the same): answers and signed times are off by so much."""
        self.skew = self.hooks.skew = by

    def expire_tokens(self) -> None:
        """Let no access token given out so far be good any more."""
        self.access.tokens.clear()

    def flush(self, timeout: float = 30.0) -> bool:
        """Wait until no webhook is under way any more."""
        return self.hooks.flush(timeout)

    def _create_fields(self) -> dict[str, int]:
        made: dict[str, int] = {}
        for name in own.KINDS:
            asked = own.create_field(name, "dm__").json
            assert asked is not None
            made[name] = self.account.add_field(asked["ticket_field"])["id"]
        return made

    def _ticket(self, conversation_id: str) -> Record:
        return self.account.tickets[int(conversation_id)]

    def _emit(self, name: str, ticket: Record, actor_id: int | None, change: Record, at: str) -> None:
        """Webhooks of one change, whoever made it: our own writes come back too."""
        with_actor = {**ticket, "actor_id": actor_id}
        for ident, hook in self.account.hooks.items():
            if f"zen:event-type:ticket.{name}" in hook.record["subscriptions"]:
                body = shapes.envelope(ACCOUNT_ID, name, with_actor, change, ident=secrets.token_hex(16), at=at)
                self.hooks.send(ident, hook.record["endpoint"], hook.secret, body)
        active = [trigger for trigger in self.account.triggers.values() if trigger.get("active")]
        for ident, rendered in fired(active, name, ticket, actor_id, change):
            if (connected := self.account.hooks.get(ident)) is not None:
                self.hooks.send(ident, connected.record["endpoint"], connected.secret, rendered)


def _neutral(value: Any) -> Any:
    """A field's value without Zendesk's ways: whole numbers as such, the outcome without its tag's beginning."""
    words = str(value)
    return None if value is None else int(words) if words.isdecimal() else words.rpartition("resolution__")[2]


__all__ = ["LoggedRequest", "Sandbox", "Snapshot"]
