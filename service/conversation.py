"""A support conversation as the core sees it: who said what, when, and what happened around it.

Frozen dataclasses over the standard library; nothing here knows JSON, a helpdesk or a database.
Times are aware UTC datetimes; a time that is not known is `None` and order is then the position.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """Who wrote a message; told from the author record, never from the wording."""

    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class Channel(StrEnum):
    """Where the conversation took place."""

    MESSAGING = "messaging"
    EMAIL = "email"
    WEB = "web"
    PHONE = "phone"
    SOCIAL = "social"
    API = "api"
    UNKNOWN = "unknown"


class EventKind(StrEnum):
    """Events the scores read. Other kinds are kept as plain strings and ignored."""

    HANDOFF = "handoff"
    ASSIGNED = "assigned"
    CLOSED = "closed"
    REOPENED = "reopened"
    RATED = "rated"
    FEEDBACK = "feedback"
    LINK_CLICKED = "link_clicked"
    ACTION_COMPLETED = "action_completed"
    ACTION_FAILED = "action_failed"
    TRANSFERRED = "transferred"
    CHANNEL_CHANGED = "channel_changed"
    REDACTED = "redacted"


class Initiator(StrEnum):
    """Who caused an event."""

    BOT = "bot"
    CUSTOMER = "customer"
    AGENT = "agent"
    RULE = "rule"


class Feedback(StrEnum):
    """What the customer said of one bot answer with a button."""

    HELPFUL = "helpful"
    UNHELPFUL = "unhelpful"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message. `group` is the agent's team where the helpdesk tells it."""

    role: Role
    id: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class BotTurn:
    """What the bot itself reported about one answer; `confidence` is 0..1."""

    intent: str | None = None
    confidence: float | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `internal` messages are agents' notes and are never shown to the customer."""

    id: str
    author: Author
    text: str
    at: datetime | None = None
    bot: BotTurn | None = None
    feedback: Feedback | None = None
    internal: bool = False
    attachments: tuple[str, ...] = ()

    @property
    def role(self) -> Role:
        """Who wrote it."""
        return self.author.role


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened beside the messages. `origin` and `target` are groups, channels or agents."""

    id: str
    kind: str
    at: datetime | None = None
    by: Initiator | None = None
    origin: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """The customer. An e-mail identifies a person across helpdesks only when it is verified."""

    id: str | None = None
    external_id: str | None = None
    email: str | None = None
    email_verified: bool = False


@dataclass(frozen=True, slots=True)
class Rating:
    """A CSAT answer as the helpdesk gave it (`scale` says how to read `score`), and a survey's CES (1-7) if any."""

    score: float | str | None = None
    scale: str | None = None
    ces: float | None = None
    comment: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation with everything that was read of it, messages in the order they were sent."""

    id: str
    messages: tuple[Message, ...]
    helpdesk: str = "unknown"
    account: str = "default"
    contact: Contact = field(default_factory=Contact)
    account_group: str | None = None
    channel: Channel = Channel.UNKNOWN
    brand: str | None = None
    inbox: str | None = None
    language: str | None = None
    subject: str | None = None
    truncated: bool = False
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    events: tuple[Event, ...] = ()
    rating: Rating | None = None
    intent_corrected: str | None = None
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def key(self) -> tuple[str, str, str]:
        """What names this conversation across helpdesks and accounts."""
        return (self.helpdesk, self.account, self.id)

    @property
    def started_at(self) -> datetime | None:
        """When it was opened, else the time of its first dated message."""
        return self.opened_at or next((m.at for m in self.messages if m.at), None)

    @property
    def ended_at(self) -> datetime | None:
        """When it was closed, else the time of its last dated message."""
        return self.closed_at or next((m.at for m in reversed(self.messages) if m.at), None)

    @property
    def public(self) -> tuple[Message, ...]:
        """The messages the customer could see, in order."""
        return tuple(m for m in self.messages if not m.internal)

    def by(self, role: Role) -> tuple[Message, ...]:
        """The public messages of one kind of author, in order."""
        return tuple(m for m in self.public if m.role is role)


def handoff_position(conversation: Conversation) -> int | None:
    """Index into `conversation.public` of the first message at or after the handoff from bot to human.

    The first `handoff` event decides, by time; where it has no time, or there is none, the first agent message that
    follows a bot message does. `None` when no bot took part before it, or nothing was handed off. The index equals
    `len(conversation.public)` when nobody wrote after the handoff.
    """
    messages = conversation.public
    first_bot = next((i for i, m in enumerate(messages) if m.role is Role.BOT), None)
    if first_bot is None:
        return None
    answered = next((i for i, m in enumerate(messages) if i > first_bot and m.role is Role.AGENT), None)
    event = next((e for e in conversation.events if e.kind == EventKind.HANDOFF), None)
    if event is None:
        return answered
    if event.at is None:
        return len(messages) if answered is None else answered
    moment = event.at
    after = next((i for i, m in enumerate(messages) if m.at is not None and m.at >= moment), len(messages))
    return after if answered is None else min(after, answered)


def episodes(conversation: Conversation) -> tuple[Conversation, ...]:
    """The conversation cut at each `reopened` event; the last one is the latest episode.

    Every message, event and rating belongs to the episode it happened in. Only the latest episode may still be open.
    A `reopened` event without a time, or before any message, cuts nothing.
    """
    cuts = sorted(e.at for e in conversation.events if e.kind == EventKind.REOPENED and e.at is not None)
    pieces: list[Conversation] = []
    rest = conversation
    for cut in cuts:
        before, after = _cut(rest, cut)
        if before is None or after is None:
            continue
        pieces.append(before)
        rest = after
    return (*pieces, rest)


def _cut(conversation: Conversation, moment: datetime) -> tuple[Conversation | None, Conversation | None]:
    """Both sides of `moment`; a customer message that reopened the conversation opens the second side."""

    def early(at: datetime | None) -> bool:
        return at is None or at < moment

    head = tuple(m for m in conversation.messages if early(m.at))
    tail = tuple(m for m in conversation.messages if not early(m.at))
    if not head or not tail:
        return None, None
    head_events = tuple(e for e in conversation.events if early(e.at))
    tail_events = tuple(e for e in conversation.events if not early(e.at))
    closed = next((e.at for e in reversed(head_events) if e.kind == EventKind.CLOSED), None)
    rating = conversation.rating
    rated_early = rating is not None and rating.at is not None and rating.at < moment
    before = replace(
        conversation,
        messages=head,
        events=head_events,
        closed_at=closed or head[-1].at,
        rating=rating if rated_early else None,
    )
    after = replace(
        conversation,
        messages=tail,
        events=tail_events,
        opened_at=moment,
        rating=None if rated_early else rating,
    )
    return before, after
