"""The file contract: a conversation document (JSON) to `Conversation` and back.

Pydantic checks the shape at this border and nowhere else. Required are `id`, at least one message, and of each message
`id`, `author.role` and `text`; everything else may be absent or null. Unknown keys are ignored, unknown event kinds
kept. Times are ISO 8601 with an offset and become UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from service.conversation import (
    Author,
    BotTurn,
    Channel,
    Contact,
    Conversation,
    Event,
    Feedback,
    Initiator,
    Message,
    Rating,
    Role,
)


class DocumentError(ValueError):
    """A document that is not valid; the message says where and why, without quoting its text."""


def _or(default: object) -> BeforeValidator:
    """An explicit null means the same as an absent key."""
    return BeforeValidator(lambda value: default if value is None else value)


Utc = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
Id = Annotated[str, Field(min_length=1)]
Texts = Annotated[list[str], _or([])]


class Shape(BaseModel):
    """What documents have in common: unknown keys are ignored, numbers taken for names."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class AuthorDocument(Shape):
    """Who wrote a message."""

    role: Role
    id: str | None = None
    group: str | None = None


class BotDocument(Shape):
    """What the bot reported about its answer."""

    intent: str | None = None
    confidence: Annotated[float | None, Field(ge=0, le=1)] = None
    sources: Texts = []


class MessageDocument(Shape):
    """One message."""

    id: Id
    at: Utc | None = None
    author: AuthorDocument
    text: str
    bot: BotDocument | None = None
    feedback: Feedback | None = None
    internal: Annotated[bool, _or(False)] = False
    attachments: Texts = []


class EventDocument(Shape):
    """One event beside the messages."""

    id: Id
    at: Utc | None = None
    kind: Id
    by: Initiator | None = None
    origin: str | None = Field(default=None, alias="from")
    target: str | None = Field(default=None, alias="to")


class ContactDocument(Shape):
    """The customer."""

    id: str | None = None
    external_id: str | None = None
    email: str | None = None
    email_verified: Annotated[bool, _or(False)] = False


class RatingDocument(Shape):
    """A CSAT or CES answer."""

    score: float | str | None = None
    scale: str | None = None
    ces: float | None = None
    comment: str | None = None
    at: Utc | None = None


class ConversationDocument(Shape):
    """A conversation as one JSON object on one line."""

    model_config = ConfigDict(
        extra="ignore", coerce_numbers_to_str=True, title="Deskmark conversation document", populate_by_name=True
    )

    helpdesk: Annotated[Id, _or("unknown")] = "unknown"
    account: Annotated[Id, _or("default")] = "default"
    id: Id
    contact: Annotated[ContactDocument, _or({})] = ContactDocument()
    account_group: str | None = None
    channel: Annotated[Channel, _or("unknown")] = Channel.UNKNOWN
    brand: str | None = None
    inbox: str | None = None
    language: str | None = None
    subject: str | None = None
    truncated: Annotated[bool, _or(False)] = False
    opened_at: Utc | None = None
    closed_at: Utc | None = None
    messages: Annotated[list[MessageDocument], Field(min_length=1)]
    events: Annotated[list[EventDocument], _or([])] = []
    rating: RatingDocument | None = None
    intent_corrected: str | None = None
    tags: Texts = []
    attributes: Annotated[dict[str, Any], _or({})] = {}

    @model_validator(mode="after")
    def _ids_are_unique(self) -> ConversationDocument:
        seen: set[str] = set()
        for message in self.messages:
            if message.id in seen:
                raise ValueError(f"message id {message.id!r} stands twice")
            seen.add(message.id)
        return self


def from_json(line: str | bytes) -> Conversation:
    """The conversation that one line of JSON holds; raises `DocumentError`."""
    try:
        return _conversation(ConversationDocument.model_validate_json(line))
    except ValidationError as error:
        raise DocumentError(why(error)) from error


def from_document(document: Mapping[str, Any]) -> Conversation:
    """The conversation that a parsed document holds; raises `DocumentError`."""
    try:
        return _conversation(ConversationDocument.model_validate(document))
    except ValidationError as error:
        raise DocumentError(why(error)) from error


def why(error: ValidationError) -> str:
    """At most three faults, each with the place where it stands."""
    faults = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False)[:3]:
        where = ".".join(str(part) for part in fault["loc"])
        faults.append(f"{where}: {fault['msg']}" if where else fault["msg"])
    more = error.error_count() - len(faults)
    return "; ".join(faults) + (f"; and {more} more" if more else "")


def _conversation(shape: ConversationDocument) -> Conversation:
    simple = {name: getattr(shape, name) for name in _SIMPLE}
    return Conversation(
        **simple,
        contact=Contact(**shape.contact.model_dump()),
        messages=tuple(_message(m) for m in shape.messages),
        events=tuple(Event(**event.model_dump()) for event in shape.events),
        rating=Rating(**shape.rating.model_dump()) if shape.rating else None,
        tags=tuple(shape.tags),
        attributes=MappingProxyType(dict(shape.attributes)),
    )


_SIMPLE = (
    "helpdesk", "account", "id", "account_group", "channel", "brand", "inbox", "language", "subject", "truncated",
    "opened_at", "closed_at", "intent_corrected",
)  # fmt: skip


def _message(shape: MessageDocument) -> Message:
    bot = shape.bot
    return Message(
        id=shape.id,
        author=Author(**shape.author.model_dump()),
        text=shape.text,
        at=shape.at,
        bot=BotTurn(bot.intent, bot.confidence, tuple(bot.sources)) if bot else None,
        feedback=shape.feedback,
        internal=shape.internal,
        attachments=tuple(shape.attachments),
    )


def to_document(conversation: Conversation) -> dict[str, Any]:
    """The document of a conversation: JSON types only, `from_document` gives an equal conversation back."""
    c = conversation
    return {
        **{name: plain(getattr(c, name)) for name in _SIMPLE},
        "contact": {
            "id": c.contact.id,
            "external_id": c.contact.external_id,
            "email": c.contact.email,
            "email_verified": c.contact.email_verified,
        },
        "messages": [_message_document(m) for m in c.messages],
        "events": [
            {"id": e.id, "at": plain(e.at), "kind": e.kind, "by": e.by, "from": e.origin, "to": e.target}
            for e in c.events
        ],
        "rating": _rating_document(c.rating),
        "tags": list(c.tags),
        "attributes": dict(c.attributes),
    }


def _message_document(message: Message) -> dict[str, Any]:
    author = message.author
    document: dict[str, Any] = {
        "id": message.id,
        "at": plain(message.at),
        "author": {"role": author.role.value, "id": author.id, "group": author.group},
        "text": message.text,
        "internal": message.internal,
        "attachments": list(message.attachments),
    }
    if message.bot is not None:
        bot = message.bot
        document["bot"] = {"intent": bot.intent, "confidence": bot.confidence, "sources": list(bot.sources)}
    if message.feedback is not None:
        document["feedback"] = message.feedback.value
    return document


def _rating_document(rating: Rating | None) -> dict[str, Any] | None:
    if rating is None:
        return None
    return {
        "score": rating.score,
        "scale": rating.scale,
        "ces": rating.ces,
        "comment": rating.comment,
        "at": plain(rating.at),
    }


def plain(value: object) -> object:
    """A value as JSON has it: moments as ISO 8601 in UTC with a Z."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value


def schema(shape: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a document, as shipped in `docs/`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **shape.model_json_schema(by_alias=True)}
