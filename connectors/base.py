"""What a connector is: the one interface behind which a helpdesk's words end.

A connector is a folder (`connectors/<name>/`) and a line in `connectors/registry.py`. It reads webhooks without a
framework, maps payloads to `Conversation` without I/O, talks HTTP in its client only, and turns planned actions into
API requests without sending them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from connectors.addresses import Hosts
from connectors.http import Http
from connectors.names import Names
from connectors.tokens import Tokens
from service.conversation import Conversation
from service.writeback import AlreadyThere, Plan

if TYPE_CHECKING:
    from connectors.history import History
    from connectors.limiter import Share


@dataclass(frozen=True, slots=True)
class Installation:
    """One connected helpdesk account, secrets decrypted: what a connector needs to know of it.

    `id` is Deskmark's own (it also stands in the webhook URL). `base_url` has no trailing slash. `secrets` and
    `options` hold what the connector's README names, e.g. Zendesk's `client_id`, `client_secret`, `webhook_secret`,
    Intercom's `access_token`, `client_secret`; options hold bot authors, field ids, admin id.
    """

    id: str
    connector: str
    account: str
    base_url: str
    secrets: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    options: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    account_group: str | None = None
    prefix: str = "dm__"
    tokens: Tokens | None = field(default=None, compare=False)
    """Where tokens that replace each other are kept. `None`: they are used as long as they are good."""


CONTACT = "contact:"
"""What a delivery speaks of, when that is no conversation but contacts, begins so."""


class Signal(StrEnum):
    """What a webhook says about a conversation. It is a hint only: the conversation is always read again.

    `improved` speaks of no conversation: an article of the help centre was published. Nor do `contact_merged` and
    `contact_deleted`: they speak of a customer.
    """

    ENDED = "ended"
    ACTIVITY = "activity"
    DELETED = "deleted"
    REDACTED = "redacted"
    CONTACT_MERGED = "contact_merged"
    CONTACT_DELETED = "contact_deleted"
    IMPROVED = "improved"
    PING = "ping"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One genuine webhook, reduced to ids.

    `key` is the same for every retry of one delivery. `actor_id` is who caused the event, to tell our own echoes.
    `conversation_id` is `None` only for pings, ignored events, improvements, which have an `article_id`, and what
    speaks of contacts, which has `contact_ids`: of a merge whichever of the two are named. `reason` says why an event
    is ignored.
    """

    key: str
    event: str
    signal: Signal
    conversation_id: str | None = None
    actor_id: str | None = None
    occurred_at: datetime | None = None
    reason: str = ""
    article_id: str | None = None
    contact_ids: tuple[str, ...] = ()

    @property
    def about(self) -> str | None:
        """What it speaks of: a conversation's id as the helpdesk gives it, `article:` or `contact:` and their ids."""
        if self.contact_ids:
            return CONTACT + ",".join(self.contact_ids)
        return self.conversation_id or (f"article:{self.article_id}" if self.article_id else None)


@dataclass(frozen=True, slots=True)
class Reading:
    """One conversation as read from the helpdesk, with what our write-back needs to know of it.

    `ended` says whether the helpdesk calls it solved or closed now. `there` holds what of ours is already on it, how
    far it can be written, and the version that guards against writing over a change.
    """

    conversation: Conversation
    ended: bool
    there: AlreadyThere
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """A conversation that a helpdesk lists as ended.

    `at` is when it ended, or when it last changed after that; `None` when the list does not say. `announced`: the
    helpdesk sends a webhook for every such end, so that none means it was lost.
    """

    id: str
    at: datetime | None = None
    announced: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """Something that a helpdesk lists as deleted, redacted or merged: what a lost webhook would have said.

    `signal` is `deleted`, `redacted` or `ended` (merged away: look again) with a conversation's id, else
    `contact_deleted` with a contact's.
    """

    signal: Signal
    id: str


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of such a list. `place` leads to the next page; `None` on the last."""

    found: tuple[Change, ...]
    place: str | None


class Client(Protocol):
    """A helpdesk's API for one installation. Every method raises `connectors.errors` only."""

    def read(self, conversation_id: str) -> Reading:
        """Fetch one conversation with everything that the mapping reads; raises `OptedOut` before content is read."""
        ...

    def write(self, reading: Reading, plan: Plan) -> int:
        """Send what `plan` says to the conversation that `reading` holds; the number of requests sent."""
        ...

    def ended_since(self, moment: datetime) -> Iterator[Ended]:
        """Conversations that ended at or after `moment`, for webhooks that never came."""
        ...

    def changed_since(self, moment: datetime, place: str = "") -> Changes:
        """A page of what was deleted, redacted or merged at or after `moment`, as far as the helpdesk lists it.

        The same thing may come again. What the token may not list is left out.
        """
        ...

    def merged(self, contact_ids: Sequence[str]) -> Mapping[str, str]:
        """Contacts that were merged away, each with the one it went into, as far as the helpdesk tells.

        `contact_ids` are those that a merge named, whichever they are.
        """
        ...

    def names(self, bots: Collection[str]) -> Names:
        """How the account calls its brands, teams and bots; `bots` are ids under which bots were seen to write.

        What the token may not read is left out, and so is whoever may be a person.
        """
        ...

    def ping(self) -> None:
        """One cheap question that only a good token gets an answer to; nothing of it is kept."""
        ...

    def own_actor_ids(self) -> frozenset[str]:
        """Ids under which our own writes come back as webhooks."""
        ...


class Connector(Protocol):
    """A helpdesk that Deskmark can be plugged into."""

    name: str
    hosts: Hosts
    """Where its API is, and nowhere else."""

    def verify(self, installation: Installation, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
        """Raise `InvalidSignature` unless `body` was signed with this installation's secret (empty secret: always)."""
        ...

    def delivery(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """What a verified webhook says. Never raises: a kind or body we cannot use has the signal `IGNORED`."""
        ...

    def client(self, installation: Installation, http: Http) -> Client:
        """A client for one installation."""
        ...

    def history(self, installation: Installation, http: Http, share: Share) -> History:
        """The past of one installation, read with `share` of its limits; `http` was made with that limiter."""
        ...
