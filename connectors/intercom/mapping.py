"""From an Intercom conversation and contact to ours, and to what of ours stands on it. Pure; no vendor word passes.

Words that Intercom may add at any time are looked up in literal tables with a default; nothing here raises.
Sources: the OpenAPI file of version 2.15, and for what it leaves open the observations in each table's comment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from types import MappingProxyType

from connectors import email_text
from connectors.intercom import payloads
from connectors.intercom.timeline import Entry, events, state_word
from service import writeback
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
    Rating,
    Role,
)
from service.writeback import AlreadyThere, FieldValue, WrittenNote, parse_note

ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "user": Role.CUSTOMER,
        "lead": Role.CUSTOMER,
        "contact": Role.CUSTOMER,
        "admin": Role.AGENT,
        "team": Role.AGENT,
        "bot": Role.BOT,
    }
)

CHANNELS: Mapping[str, Channel] = MappingProxyType(
    {
        "conversation": Channel.MESSAGING,
        "push": Channel.MESSAGING,
        "sms": Channel.MESSAGING,
        "email": Channel.EMAIL,
        "phone_call": Channel.PHONE,
        "phone_switch": Channel.PHONE,
        "facebook": Channel.SOCIAL,
        "instagram": Channel.SOCIAL,
        "twitter": Channel.SOCIAL,
        "whatsapp": Channel.SOCIAL,
    }
)

# A campaign is sent in an admin's name, but no human answered anybody with it.
UNATTENDED = frozenset({"automated", "campaigns_initiated"})

INTERNAL_PARTS = frozenset({"note", "note_and_reopen", "note_and_close", "call_summary"})

# Parts that only tell of an event, even where they carry a text; any other part with a text is a message.
SYSTEM_PARTS = frozenset(
    {
        "conversation_attribute_updated_by_admin",
        "conversation_attribute_updated_by_user",
        "conversation_attribute_updated_by_workflow",
        "custom_action_finished",
        "custom_action_started",
        "merged_primary_conversation",
        "operator_workflow_event",
        "ticket_attribute_updated_by_admin",
        "ticket_state_updated_by_admin",
    }
)

# What the customer told Fin's own "did that help?".
FEEDBACK: Mapping[str, Feedback] = MappingProxyType(
    {"confirmed_resolution": Feedback.HELPFUL, "negative_feedback": Feedback.UNHELPFUL}
)

OPERATOR_EMAILS = ("operator+*@intercom.io",)


@dataclass(frozen=True, slots=True)
class Bots:
    """Who is a bot in a workspace beyond what Intercom says: author ids, e-mail patterns (`*`), tags on a part."""

    ids: frozenset[str] = frozenset()
    emails: tuple[str, ...] = OPERATOR_EMAILS
    tags: frozenset[str] = frozenset()

    @classmethod
    def of(cls, options: Mapping[str, object]) -> Bots:
        """From an installation's options `bot_author_ids`, `bot_email_patterns` (added to the default), `bot_tags`."""
        return cls(
            ids=frozenset(_words(options.get("bot_author_ids"))),
            emails=(*OPERATOR_EMAILS, *(pattern.lower() for pattern in _words(options.get("bot_email_patterns")))),
            tags=frozenset(_words(options.get("bot_tags"))),
        )

    def role(self, author: payloads.Person, tags: Iterable[payloads.Tag] = ()) -> Role:
        """The role of an author; `tags` are those of the part."""
        role = ROLES.get(author.type, Role.UNKNOWN)
        if author.from_ai_agent or author.id in self.ids:
            return Role.BOT
        if role is Role.AGENT and (self._operator(author.email) or any(tag.name in self.tags for tag in tags)):
            return Role.BOT
        return role

    def _operator(self, email: str) -> bool:
        return any(fnmatchcase(email.lower(), pattern) for pattern in self.emails)


def conversation(
    payload: payloads.Conversation,
    contact: payloads.Contact | None,
    *,
    bots: Bots,
    account: str,
    account_group: str | None = None,
    email_verified: bool = False,
    prefix: str = writeback.PREFIX,
    teams: Mapping[str, str] = MappingProxyType({}),
) -> Conversation:
    """The conversation as the core reads it. What we wrote ourselves (tags, attributes, notes) is left out.

    `teams` are team names by id; a team that is not among them goes by its id.
    """
    source, parts = payload.source, [_named(part, teams) for part in _in_order(payload)]
    channel = CHANNELS.get(source.type, Channel.UNKNOWN)
    state = resolution_state(payload)
    first = _first_message(payload, bots)
    truncated = (payload.conversation_parts.total_count or 0) > len(parts)
    spoken = [_message(part, bots, channel) for part in parts if _says(part)]
    entries = [Entry(p, bots.role(p.author, p.tags), _says(p) and not _internal(p), _to_bot(p, bots)) for p in parts]
    happened = events(first.role if first else None, entries, state=state, truncated=truncated)
    own_tags = {prefix + key for key in writeback.OWN_KEYS}
    return Conversation(
        id=payload.id or "",
        helpdesk="intercom",
        account=account,
        account_group=account_group,
        messages=_with_answer(([first] if first else []) + [m for m in spoken if not _ours(m)], payload, parts, state),
        contact=_contact(payload, contact, email_verified),
        channel=channel,
        inbox=teams.get(payload.team_assignee_id or "", payload.team_assignee_id),
        subject=email_text.html_text(source.subject or payload.title) or None,
        truncated=truncated,
        opened_at=payload.created_at,
        closed_at=_closed_at(payload, happened),
        events=happened + _rated(payload),
        rating=_rating(payload),
        tags=tuple(tag.name for tag in payload.tags if tag.name not in own_tags),
        attributes=MappingProxyType(_attributes(payload, prefix)),
    )


def already_there(
    payload: payloads.Conversation, attributes: Collection[str], *, prefix: str = writeback.PREFIX
) -> AlreadyThere:
    """What of ours stands on the conversation. `attributes` are those that exist in the workspace; only they count.

    Intercom leaves attributes without a value out of the conversation, so an absent one reads as `None`.
    """
    values = {
        name: _value(payload.custom_attributes.get(name))
        for name in attributes
        if name.startswith(field_prefix(prefix))
    }
    return AlreadyThere(
        tags=tuple(tag.name for tag in payload.tags if tag.name),
        fields=MappingProxyType(values),
        notes=notes(payload),
        version=None if payload.updated_at is None else str(payload.updated_at),
    )


def notes(payload: payloads.Conversation) -> tuple[WrittenNote, ...]:
    """Our notes on the conversation, in order of posting."""
    found = (parse_note(text) for text in note_texts(payload))
    return tuple(note for note in found if note is not None)


def note_texts(payload: payloads.Conversation) -> tuple[str, ...]:
    """The plain text of every internal note, in order of posting."""
    return tuple(email_text.html_text(part.body) for part in _in_order(payload) if _internal(part))


def spoken_ids(payload: payloads.Conversation) -> frozenset[str]:
    """Ids of the parts that the customer could read: what tells that a conversation went on."""
    return frozenset(
        part.id or "" for part in payload.conversation_parts.conversation_parts if _says(part) and not _internal(part)
    )


def resolution_state(payload: payloads.Conversation) -> str:
    """Fin's resolution state as one word, from its own object or else from the attribute that Intercom sets."""
    return state_word(payload.ai_agent.resolution_state) or state_word(
        payload.custom_attributes.get("Fin AI Agent resolution state")
    )


def names_a_team(payload: payloads.Conversation) -> bool:
    """Whether the conversation is, or once was, in a team's inbox."""
    parts = payload.conversation_parts.conversation_parts
    return payload.team_assignee_id is not None or any(part.assigned_to.type == "team" for part in parts)


def field_prefix(prefix: str) -> str:
    """Our attributes start with the tag prefix and a single underscore: `dm__` gives `dm_`."""
    return prefix.rstrip("_") + "_"


def _in_order(payload: payloads.Conversation) -> list[payloads.Part]:
    """Parts by time, then by position; a part without a time stays behind the one before it."""
    latest = datetime.min.replace(tzinfo=UTC)
    keyed: list[tuple[datetime, int, payloads.Part]] = []
    for position, part in enumerate(payload.conversation_parts.conversation_parts):
        latest = part.created_at or latest
        keyed.append((latest, position, part))
    return [part for _, _, part in sorted(keyed, key=lambda item: item[:2])]


def _named(part: payloads.Part, teams: Mapping[str, str]) -> payloads.Part:
    """From 2.x on an assignment names its team by id only."""
    name = teams.get(part.assigned_to.id or "") if part.assigned_to.type == "team" else None
    return part.model_copy(update={"assigned_to": part.assigned_to.model_copy(update={"name": name})}) if name else part


def _says(part: payloads.Part) -> bool:
    return part.part_type not in SYSTEM_PARTS and bool(part.body.strip() or part.attachments or part.redacted)


def _internal(part: payloads.Part) -> bool:
    return part.part_type in INTERNAL_PARTS


def _to_bot(part: payloads.Part, bots: Bots) -> bool:
    return bool(part.assigned_to.type) and bots.role(part.assigned_to) is Role.BOT


def _first_message(payload: payloads.Conversation, bots: Bots) -> Message | None:
    source = payload.source
    if not (source.body.strip() or source.attachments or source.redacted):
        return None
    as_part = payloads.Part.model_construct(
        id="source",
        body=source.body,
        created_at=payload.created_at,
        author=source.author,
        attachments=source.attachments,
        redacted=source.redacted,
    )
    message = _message(as_part, bots, CHANNELS.get(source.type, Channel.UNKNOWN), subject=source.subject)
    if message.role is Role.AGENT and source.delivered_as in UNATTENDED:
        return replace(message, author=replace(message.author, role=Role.SYSTEM))
    return message


def _message(part: payloads.Part, bots: Bots, channel: Channel, subject: str = "") -> Message:
    """One message. A redacted one keeps its place and loses its text, which is Intercom's placeholder by then."""
    text, role = "" if part.redacted else email_text.html_text(part.body), bots.role(part.author, part.tags)
    if not _internal(part) and (channel is Channel.EMAIL or part.email_message_metadata):
        if role is Role.CUSTOMER and email_text.is_automatic(text, subject):
            role = Role.SYSTEM
        text = email_text.written_text(text)
    return Message(
        id=part.id or "",
        author=Author(role, part.author.id),
        text=text,
        at=part.created_at,
        internal=_internal(part),
        attachments=tuple(a.name or a.url for a in part.attachments),
    )


def _ours(message: Message) -> bool:
    return message.internal and parse_note(message.text) is not None


def _with_answer(
    messages: Sequence[Message], payload: payloads.Conversation, parts: Sequence[payloads.Part], state: str
) -> tuple[Message, ...]:
    """`messages` with what Intercom tells of Fin put on Fin's last answer.

    The sources and the feedback are given for the whole conversation; the last answer is the one that
    `last_answer_type` and the resolution state speak of.
    """
    fin = {part.id for part in parts if part.author.from_ai_agent}
    answers = {part.id for part in parts if part.author.is_ai_answer and part.id in fin} or fin
    last = next((i for i in reversed(range(len(messages))) if messages[i].id in answers), None)
    if last is None:
        return tuple(messages)
    sources = tuple(s.url or s.title for s in payload.ai_agent.content_sources if s.url or s.title)
    answer = replace(messages[last], bot=BotTurn(sources=sources), feedback=FEEDBACK.get(state))
    return (*messages[:last], answer, *messages[last + 1 :])


def _contact(payload: payloads.Conversation, contact: payloads.Contact | None, verified: bool) -> Contact:
    named = payload.contacts[0] if payload.contacts else payloads.ContactReference()
    if contact is None:
        return Contact(id=named.id, external_id=named.external_id)
    email = contact.email.strip().lower() or None
    return Contact(contact.id or named.id, contact.external_id or named.external_id, email, bool(email) and verified)


def _closed_at(payload: payloads.Conversation, happened: Sequence[Event]) -> datetime | None:
    if payload.state != "closed":
        return None
    closed = next((event.at for event in reversed(happened) if event.kind == EventKind.CLOSED and event.at), None)
    return closed or payload.statistics.last_close_at


def _rating(payload: payloads.Conversation) -> Rating | None:
    """The rating of the conversation, else the one given to Fin; a request that was not answered is none."""
    rated, fin = payload.conversation_rating, payload.ai_agent
    if rated.rating is not None:
        return Rating(rated.rating, "1-5", comment=rated.remark or None, at=rated.updated_at or rated.created_at)
    if fin.rating is not None:
        return Rating(fin.rating, "1-5", comment=fin.rating_remark or None, at=fin.updated_at or fin.created_at)
    return None


def _rated(payload: payloads.Conversation) -> tuple[Event, ...]:
    rating = _rating(payload)
    return (Event("rating", EventKind.RATED, rating.at, Initiator.CUSTOMER),) if rating else ()


def _attributes(payload: payloads.Conversation, prefix: str) -> dict[str, object]:
    """The conversation's attributes without ours, and what Intercom says of Fin under `ai_agent.*`."""
    kept = {k: v for k, v in payload.custom_attributes.items() if not k.startswith(field_prefix(prefix))}
    fin = payload.ai_agent
    told = {"resolution_state": fin.resolution_state, "last_answer_type": fin.last_answer_type, "rating": fin.rating}
    return kept | {f"ai_agent.{name}": value for name, value in told.items() if value not in ("", None)}


def _value(value: object) -> FieldValue:
    """One of our attributes as read back: Intercom may give a whole number as a float, and "" for an emptied one."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or value == "":
        return None
    return value if isinstance(value, str | int) and not isinstance(value, bool) else str(value)


def _words(value: object) -> tuple[str, ...]:
    """A list of words from an installation's options; numbers count as words, one word as a list of one."""
    if isinstance(value, str):
        return tuple(value.replace(",", " ").split())
    return tuple(str(item) for item in value) if isinstance(value, list | tuple | set | frozenset) else ()
