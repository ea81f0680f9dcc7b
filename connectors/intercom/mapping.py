"""From an Intercom conversation and contact to ours. Pure; no vendor word passes.

Words that Intercom may add at any time are looked up in literal tables with a default; nothing here raises.
Sources: the OpenAPI file of version 2.15, and for what it leaves open the observations in each table's comment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from connectors import email_text
from connectors.intercom import payloads
from connectors.intercom.authors import Bots
from connectors.intercom.parts import in_order, internal, plain, says
from connectors.intercom.timeline import Entry, events, state_word
from connectors.intercom.written import parsed_note
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

# What the customer told Fin's own "did that help?".
FEEDBACK: Mapping[str, Feedback] = MappingProxyType(
    {"confirmed_resolution": Feedback.HELPFUL, "negative_feedback": Feedback.UNHELPFUL}
)


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
    source, parts = payload.source, [_named(part, teams) for part in in_order(payload)]
    bots = bots.learning([source.author, *(part.author for part in parts)])
    channel = CHANNELS.get(source.type, Channel.UNKNOWN)
    state = resolution_state(payload)
    first = _first_message(payload, bots)
    truncated = (payload.conversation_parts.total_count or 0) > len(parts)
    spoken = _with_teams([_message(part, bots, channel) for part in parts if says(part)], payload, parts, teams)
    roles = {message.id: message.role for message in spoken}
    entries = [_entry(part, bots, roles) for part in parts]
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
        subject=plain(source.subject or payload.title) or None,
        truncated=truncated,
        opened_at=payload.created_at,
        closed_at=_closed_at(payload, happened),
        events=happened + _rated(payload),
        rating=_rating(payload),
        tags=tuple(tag.name for tag in payload.tags if tag.name not in own_tags),
        attributes=MappingProxyType(_attributes(payload)),
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


def _named(part: payloads.Part, teams: Mapping[str, str]) -> payloads.Part:
    """From 2.x on an assignment names its team by id only."""
    name = teams.get(part.assigned_to.id or "") if part.assigned_to.type == "team" else None
    return part.model_copy(update={"assigned_to": part.assigned_to.model_copy(update={"name": name})}) if name else part


def _with_teams(
    messages: Sequence[Message],
    payload: payloads.Conversation,
    parts: Sequence[payloads.Part],
    teams: Mapping[str, str],
) -> list[Message]:
    """Agents' messages with the team whose inbox the conversation was in then: since its last assignment to a team,
    the only team that is named where no assignment is; unknown before the first one."""
    given = [(part.created_at, part.assigned_to) for part in parts if part.assigned_to.type == "team"]
    only = None if given else payload.team_assignee_id

    def team(message: Message) -> str | None:
        then = (to for at, to in reversed(given) if at is not None and message.at is not None and at <= message.at)
        to = next(then, None)
        return teams.get(only, only) if only else (to.name or to.id) if to else None

    return [replace(m, author=replace(m.author, group=team(m))) if m.role is Role.AGENT else m for m in messages]


def _entry(part: payloads.Part, bots: Bots, roles: Mapping[str, Role]) -> Entry:
    """A part for the timeline, with the role its message was given: an answering machine is not the customer."""
    role = roles.get(part.id or "", bots.role(part.author, part.tags))
    to_bot = bool(part.assigned_to.type) and bots.role(part.assigned_to) is Role.BOT
    return Entry(part, role, says(part) and not internal(part), to_bot)


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
    text, role = "" if part.redacted else plain(part.body), bots.role(part.author, part.tags)
    if not internal(part) and (channel is Channel.EMAIL or part.email_message_metadata):
        if role is Role.CUSTOMER and email_text.is_automatic(text, subject):
            role = Role.SYSTEM
        text = email_text.written_text(text)
    return Message(
        id=part.id or "",
        author=Author(role, part.author.id),
        text=text,
        at=part.created_at,
        internal=internal(part),
        attachments=tuple(a.name or a.url for a in part.attachments),
    )


def _ours(message: Message) -> bool:
    return message.internal and parsed_note(message.text) is not None


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


def _attributes(payload: payloads.Conversation) -> dict[str, object]:
    """The conversation's attributes without ours, and what Intercom says of Fin under `ai_agent.*`."""
    kept = {k: v for k, v in payload.custom_attributes.items() if k not in writeback.FIELDS}
    fin = payload.ai_agent
    told = {"resolution_state": fin.resolution_state, "last_answer_type": fin.last_answer_type, "rating": fin.rating}
    return kept | {f"ai_agent.{name}": value for name, value in told.items() if value not in ("", None)}
