"""A ticket with everything fetched of it -> one neutral conversation and what of ours is already there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from connectors.base import Installation, Reading
from connectors.zendesk import payloads
from connectors.zendesk.authors import Cast
from connectors.zendesk.changes import ENDED, channel_changes, ticket_events
from connectors.zendesk.channels import ticket_channel
from connectors.zendesk.chat import chat_messages, chat_moves, log_messages
from connectors.zendesk.comments import read_comments
from connectors.zendesk.options import Options
from connectors.zendesk.payloads import AuditEvent, Record, Ticket, User, ident
from connectors.zendesk.satisfaction import read_rating
from service.conversation import Channel, Contact, Conversation, Event, EventKind, Message, Role
from service.writeback import OUTCOMES, AlreadyThere, FieldValue, Writable, WrittenNote, parse_note

DISPUTE = "dispute"
TAG_FIELDS = frozenset({"dm_outcome"})
"""A drop-down: choosing an option puts the option's tag on the ticket, and taking the tag off empties it."""

TRANSCRIPT_LINES = 4
"""Messages by which a comment that holds a whole chat is recognised."""

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that was fetched of one ticket. `log` is `None` where there is no conversation log."""

    ticket: Ticket
    users: Mapping[str, User] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    audits: tuple[Record, ...] = ()
    log: tuple[Record, ...] | None = None
    survey: Record = field(default_factory=dict)
    truncated: bool = False


def read_ticket(material: Material, installation: Installation, options: Options, *, calls: int = 0) -> Reading:
    """The conversation, whether it has ended, and what stands on the ticket already."""
    ticket = material.ticket
    events = list(payloads.audit_events(material.audits))
    cast = Cast(material.users, ticket.requester_id, options)
    comments, notes = read_comments(events, ticket, cast)
    spoken = _transcript(events, material, cast)
    logged = {message.id for message in spoken}
    written = [(m, c) for m, c in comments if m.id not in logged and not _is_transcript(m, spoken)]
    channel = ticket_channel(ticket)
    dated = _in_order([*written, *((message, channel) for message in spoken)])
    messages = _with_teams([message for message, _ in dated], events, cast, material.groups)
    happened = ticket_events(events, list(chat_moves(events, cast)), messages, cast, material.groups)
    switches = channel_changes((m, c.value) for m, c in dated if not m.internal)
    ended = ticket.status in ENDED
    conversation = Conversation(
        id=ticket.id,
        messages=messages,
        helpdesk=installation.connector,
        account=installation.account,
        contact=_contact(ticket, material.users),
        account_group=installation.account_group,
        channel=channel,
        brand=ticket.brand_id,
        inbox=material.groups.get(ticket.group_id or "", ticket.group_id),
        subject=ticket.subject,
        truncated=material.truncated,
        opened_at=_opened(ticket, messages),
        closed_at=_closed(happened) if ended else None,
        events=_merged(happened, switches),
        rating=read_rating(events, ticket.satisfaction, material.survey),
        tags=_others_tags(ticket, events, options.prefix),
        attributes=MappingProxyType(_attributes(ticket, options)),
    )
    return Reading(conversation, ended, already_there(ticket, notes, options), calls)


def already_there(ticket: Ticket, notes: Iterable[WrittenNote], options: Options) -> AlreadyThere:
    """What of ours is on the ticket. A field that the ticket does not list is inactive and is not written."""
    fields: dict[str, FieldValue] = {}
    for name, number in options.field_ids.items():
        if str(number) in ticket.custom_fields:
            value = ticket.custom_fields[str(number)]
            fields[name] = value if isinstance(value, str | int) else None
    if isinstance(tag := fields.get("dm_outcome"), str):
        fields["dm_outcome"] = tag.removeprefix(f"{options.prefix}resolution__")
    return AlreadyThere(
        tags=ticket.tags,
        fields=MappingProxyType(fields),
        notes=tuple(notes),
        writable=_writable(ticket, options),
        version=ticket.updated_at,
        tag_fields=TAG_FIELDS & fields.keys(),
    )


def option_tag(outcome: FieldValue, prefix: str) -> str:
    """The drop-down option of an outcome: the same text as our tag; empty for none."""
    return f"{prefix}resolution__{outcome}" if outcome in OUTCOMES else ""


def _writable(ticket: Ticket, options: Options) -> Writable:
    if ticket.status == "closed":
        return Writable.TAGS_ONLY
    if ticket.status in ("deleted", "archived", "scrubbed") or not options.read_only_tags.isdisjoint(ticket.tags):
        return Writable.NOTHING
    return Writable.FULL


def _transcript(events: Sequence[AuditEvent], material: Material, cast: Cast) -> list[Message]:
    """Messaging as the conversation log has it, else as the audits' chat history has it."""
    logged = log_messages(material.log, cast) if material.log else []
    return [m for m in logged if parse_note(m.text) is None] or chat_messages(events, cast)


def _is_transcript(comment: Message, spoken: Sequence[Message]) -> bool:
    """Whether a comment only repeats a chat that is read message by message anyway: its first lines, in order."""
    lines = [m.text for m in spoken if m.text][:TRANSCRIPT_LINES]
    place = 0
    for line in lines:
        place = comment.text.find(line, place) + len(line)
        if place < len(line):
            return False
    return len(lines) > 1 and len(comment.text) > sum(map(len, lines)) + len(lines)


def _in_order(dated: list[tuple[Message, Channel]]) -> list[tuple[Message, Channel]]:
    """By time; what has none stays behind what it followed."""
    last, keyed = _BEGINNING, []
    for position, item in enumerate(dated):
        last = item[0].at or last
        keyed.append((last, position, item))
    return [item for _, _, item in sorted(keyed, key=lambda key: key[:2])]


def _with_teams(
    messages: Sequence[Message], events: Sequence[AuditEvent], cast: Cast, groups: Mapping[str, str]
) -> tuple[Message, ...]:
    """Agents' messages with their team: the ticket's group at that time, else the agent's default group."""
    changes = [
        (event.at, ident(event.data.get("value")))
        for event in events
        if event.at is not None and event.data.get("field_name") == "group_id"
    ]

    def team(message: Message) -> str | None:
        at, known = message.at, cast.users.get(message.author.id or "")
        group = next((name for moment, name in reversed(changes) if at is not None and moment <= at), None)
        name = group or (known.group_id if known else None)
        return groups.get(name, name) if name else None

    return tuple(replace(m, author=replace(m.author, group=team(m))) if m.role is Role.AGENT else m for m in messages)


def _merged(*many: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(sorted((event for events in many for event in events), key=lambda event: event.at or _BEGINNING))


def _opened(ticket: Ticket, messages: Sequence[Message]) -> datetime | None:
    """A chat's messages may be older than the ticket that it became."""
    return min(filter(None, (ticket.created_at, *(m.at for m in messages))), default=None)


def _closed(events: Iterable[Event]) -> datetime | None:
    return max((e.at for e in events if e.kind == EventKind.CLOSED and e.at), default=None)


def _contact(ticket: Ticket, users: Mapping[str, User]) -> Contact:
    known = users.get(ticket.requester_id or "")
    if known is None:
        return Contact(id=ticket.requester_id)
    return Contact(known.id, known.external_id, known.email, email_verified=known.verified and bool(known.email))


def _others_tags(ticket: Ticket, events: Sequence[AuditEvent], prefix: str) -> tuple[str, ...]:
    """The ticket's tags without ours; a dispute stays unless a follow-up ticket inherited it."""
    inherited = {
        tag
        for event in events
        if ticket.followup_of and event.kind == "Create" and event.data.get("field_name") == "tags"
        for tag in _tag_list(event.data.get("value"))
    }
    dispute = prefix + DISPUTE
    return tuple(t for t in ticket.tags if not t.startswith(prefix) or (t == dispute and t not in inherited))


def _tag_list(value: object) -> tuple[str, ...]:
    return tuple(value.split()) if isinstance(value, str) else payloads.words(value)


def _attributes(ticket: Ticket, options: Options) -> dict[str, object]:
    """Custom fields that are set and are not ours, by id, the form, and the ticket that this one follows up."""
    ours = {str(name) for name in options.field_ids.values()}
    kept: dict[str, object] = {
        f"field:{name}": value
        for name, value in ticket.custom_fields.items()
        if name not in ours and value not in (None, "", [])
    }
    if ticket.form_id:
        kept["form"] = ticket.form_id
    if ticket.followup_of:
        kept["followup_of"] = ticket.followup_of
    return kept
