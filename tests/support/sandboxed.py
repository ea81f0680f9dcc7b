"""A runtime against the stand-in helpdesks: conversations are played in, and workers take every message at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from connectors.intercom import install as intercom
from connectors.intercom.sandbox import Sandbox as IntercomSandbox
from connectors.limiter import Limiter
from connectors.registry import connectors
from connectors.zendesk import install as zendesk
from connectors.zendesk.sandbox import Sandbox as ZendeskSandbox
from service.conversation import Contact
from service.store import conversations, deliveries, installations
from service.store.models import Conversation, Installation
from service.writeback import FIELDS
from tasks import errands, intake, scoring, upkeep, writing
from tasks.runtime import Clients, Runtime

ENDPOINT = "https://deskmark.example/webhooks/{name}/{name}"
FOREIGN = "vip"
ACCOUNT = "sandbox"


@dataclass
class Rig:
    """One helpdesk of each kind, the installation of one of them, and a runtime that talks to it."""

    runtime: Runtime
    desk: Any
    name: str
    clock: Any
    kit: Any
    keys: list[str] = field(default_factory=list)

    @property
    def installation(self) -> Installation:
        with self.runtime.database.read() as session:
            return session.get_one(Installation, self.name)

    @property
    def client(self) -> Any:
        return self.runtime.client(self.installation)

    def change(self, **values: Any) -> None:
        with self.runtime.database.begin() as session:
            installations.change(session, self.name, **values)

    def make(self) -> None:
        """What connecting makes on the helpdesk; its ids are kept with the installation."""
        endpoint = ENDPOINT.format(name=self.name)
        if self.name == "zendesk":
            made = zendesk.make(self.client, endpoint, by_trigger=True)
            self.desk.field_ids = {name: int(made.options[name]) for name in FIELDS}
        else:
            made = intercom.make(self.client, prefix="dm__")
        secrets = self.runtime.secrets
        row = self.installation
        kept = secrets.lock({**secrets.unlock(row.secrets), **made.secrets})
        self.change(options={**row.options, **made.options}, secrets=kept)

    def seed(self, number: int, turns: Sequence[Any] | None = None, *, closed: bool = False) -> str:
        """A new customer's conversation in which the bot failed, ended and tagged by somebody else; its id there."""
        name = f"{self.name}-{number}"
        told = self.kit.conversation(
            name, self.clock() - timedelta(hours=1), turns or self.kit.unhelpful, helpdesk=self.name, closed_at=None,
            events=(), contact=Contact(id=name, email=f"{name}@example.com", email_verified=True),
        )  # fmt: skip
        key: str = self.desk.seed(told, ended=False)
        self.desk.tag(key, FOREIGN)
        self.desk.end(key)
        if closed:
            self.desk.close(key)
        self.keys.append(key)
        return key

    def arrive(self, *keys: str) -> None:
        """Webhooks of these come, and everything that follows is done."""
        for key in keys:
            received = deliveries.Received(self.name, f"{key} {self.clock()}", "event", "ended", external_id=key)
            with self.runtime.database.single() as session:
                row, _ = deliveries.record(session, received, now=self.clock(), hold=self.runtime.settings.hold)
            self.runtime.queue.ingest([row])
        self.work()

    def work(self) -> None:
        """Workers take every message until none is left."""
        take = {"ingest": intake.take_in, "score": scoring.score, "write_back": writing.write_back}
        sent = self.runtime.queue.sent  # type: ignore[attr-defined]
        while sent:
            task, argument = sent.pop(0)
            if task in take:
                take[task](self.runtime, argument)

    def errands(self, times: int = 40) -> None:
        """Beat asks for the steps of errands, and for whatever else is due, a few seconds apart."""
        for _ in range(times):
            errands.work(self.runtime)
            upkeep.sweep(self.runtime)
            self.work()
            self.clock.forward(seconds=4)

    def row(self, key: str) -> Conversation:
        with self.runtime.database.read() as session:
            found = conversations.get(session, conversations.conversation_id(self.name, ACCOUNT, key))
            assert found is not None
            return found

    def forget_limits(self) -> None:
        """As if the time had passed for which limits make everybody wait: they count in real seconds."""
        self.runtime = replace(self.runtime, clients=Clients(connectors(), Limiter(), local=True))

    def calls(self) -> list[Any]:
        """API requests since the last look, without those for a token."""
        found = [each for each in self.desk.requests_log if each.path != "/oauth/tokens"]
        self.desk.requests_log.clear()
        return found


def rig(name: str, shop: Any, clock: Any, kit: Any, **sandbox: Any) -> Rig:
    """A rig for one helpdesk; its sandbox is started and has to be stopped."""
    if name == "zendesk":
        desk: Any = ZendeskSandbox(clock=clock, with_fields=False, **sandbox).start()
    else:
        desk = IntercomSandbox(clock=clock, **sandbox).start()
    runtime: Runtime = replace(shop.runtime, clients=Clients(connectors(), Limiter(), local=True))
    new = installations.NewInstallation(
        connector=name, account=ACCOUNT, base_url=desk.base_url, secrets=runtime.secrets.lock(dict(desk.secrets)),
        prefix="dm__", writing=True, id=name,
    )  # fmt: skip
    with runtime.database.begin() as session:
        installations.add(session, new, now=clock())
    return Rig(runtime, desk, name, clock, kit)


@contextmanager
def running(made: Rig) -> Iterator[Rig]:
    """A rig whose sandbox is stopped in the end."""
    try:
        yield made
    finally:
        made.desk.stop()
