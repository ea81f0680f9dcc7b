"""What Intercom sends, as typed shapes: REST bodies of version 2.14 to 2.17 and webhook envelopes back to 1.x.

Reading never fails: a missing, null or wrongly typed value becomes the empty value of its type, and unknown keys and
words pass. Intercom's own examples disagree with its specification (ids as numbers, null objects), so nothing here is
strict. What the words mean is `mapping`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field


def _identifier(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _flag(value: object) -> bool:
    return value is True


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


def _moment(value: object) -> datetime | None:
    seconds = _number(value)
    if seconds is None or seconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _listed(key: str) -> Callable[[object], list[Mapping[str, Any]]]:
    """Intercom wraps a list in an object whose key names it (`{"tags": [...]}`) or gives it bare."""

    def unwrap(value: object) -> list[Mapping[str, Any]]:
        return _objects(value.get(key)) if isinstance(value, Mapping) else _objects(value)

    return unwrap


def _options(value: object) -> list[str]:
    """Options come as plain words in one version and as objects with `value` or `label` in others."""
    found: list[str] = []
    for item in value if isinstance(value, list) else []:
        word = item.get("value") or item.get("label") if isinstance(item, Mapping) else item
        if isinstance(word, str):
            found.append(word)
    return found


Identifier = Annotated[str | None, BeforeValidator(_identifier)]
Text = Annotated[str, BeforeValidator(_text)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Number = Annotated[int | None, BeforeValidator(_number)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
Loose = Annotated[dict[str, Any], BeforeValidator(_object)]


class Shape(BaseModel):
    """Base of every shape: immutable, unknown keys ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


ShapeT = TypeVar("ShapeT", bound=Shape)


def rows(body: object, key: str, shape: type[ShapeT]) -> list[ShapeT]:
    """The list under `key` of a response, each item read as `shape`."""
    return [shape.model_validate(item) for item in _listed(key)(body)]


class Person(Shape):
    """Who wrote or caused something. The AI flags come with version 2.14; the seat is told of a teammate only."""

    type: Text = ""
    id: Identifier = None
    name: Text = ""
    email: Text = ""
    from_ai_agent: Flag = False
    is_ai_answer: Flag = False
    has_inbox_seat: Flag = False


class Tag(Shape):
    """A tag; on a contact only its id is given."""

    id: Identifier = None
    name: Text = ""


class Attachment(Shape):
    """A file on a message."""

    name: Text = ""
    url: Text = ""


Someone = Annotated[Person, BeforeValidator(_object)]
Attachments = Annotated[tuple[Attachment, ...], BeforeValidator(_objects)]


class Part(Shape):
    """One conversation part: a message, a note or an event. `state` is the conversation's when the part was made."""

    id: Identifier = None
    part_type: Text = ""
    body: Text = ""
    created_at: Moment = None
    updated_at: Moment = None
    assigned_to: Someone = Person()
    author: Someone = Person()
    attachments: Attachments = ()
    redacted: Flag = False
    state: Text = ""
    tags: Annotated[tuple[Tag, ...], BeforeValidator(_listed("tags"))] = ()
    event_details: Loose = Field(default_factory=dict)
    email_message_metadata: Loose = Field(default_factory=dict)


class Parts(Shape):
    """The newest 500 parts at most; `total_count` says how many there are."""

    conversation_parts: Annotated[tuple[Part, ...], BeforeValidator(_objects)] = ()
    total_count: Number = None


class Source(Shape):
    """The first message, which is not among the parts."""

    type: Text = ""
    id: Identifier = None
    delivered_as: Text = ""
    subject: Text = ""
    body: Text = ""
    author: Someone = Person()
    attachments: Attachments = ()
    redacted: Flag = False


class Rating(Shape):
    """The customer's rating of the conversation, 1 to 5."""

    rating: Number = None
    remark: Text = ""
    created_at: Moment = None
    updated_at: Moment = None


class ContentSource(Shape):
    """What the AI agent drew an answer from."""

    content_type: Text = ""
    url: Text = ""
    title: Text = ""


class AiAgent(Shape):
    """What Intercom says of its AI agent's part; the times are those of the rating."""

    last_answer_type: Text = ""
    resolution_state: Text = ""
    rating: Number = None
    rating_remark: Text = ""
    created_at: Moment = None
    updated_at: Moment = None
    content_sources: Annotated[tuple[ContentSource, ...], BeforeValidator(_listed("content_sources"))] = ()


class Statistics(Shape):
    """Intercom's own reporting times."""

    last_close_at: Moment = None


class Company(Shape):
    """The company of a conversation or contact, with its tags where they are given."""

    id: Identifier = None
    tags: Annotated[tuple[Tag, ...], BeforeValidator(_listed("tags"))] = ()


class ContactReference(Shape):
    """A contact as a conversation names it."""

    id: Identifier = None
    external_id: Identifier = None


class Conversation(Shape):
    """GET /conversations/{id}; webhook items of version 1.x call the first message `conversation_message`."""

    id: Identifier = None
    title: Text = ""
    created_at: Moment = None
    updated_at: Number = None
    state: Text = ""
    team_assignee_id: Identifier = None
    source: Annotated[Source, BeforeValidator(_object)] = Field(
        default=Source(), validation_alias=AliasChoices("source", "conversation_message")
    )
    contacts: Annotated[tuple[ContactReference, ...], BeforeValidator(_listed("contacts"))] = ()
    company: Annotated[Company, BeforeValidator(_object)] = Company()
    tags: Annotated[tuple[Tag, ...], BeforeValidator(_listed("tags"))] = ()
    conversation_rating: Annotated[Rating, BeforeValidator(_object)] = Rating()
    custom_attributes: Loose = Field(default_factory=dict)
    statistics: Annotated[Statistics, BeforeValidator(_object)] = Statistics()
    ai_agent: Annotated[AiAgent, BeforeValidator(_object)] = AiAgent()
    conversation_parts: Annotated[Parts, BeforeValidator(_object)] = Parts()


class Addressed(Shape):
    """Up to ten references that a contact carries; `has_more` says that there are others."""

    data: Annotated[tuple[Tag, ...], BeforeValidator(_objects)] = ()
    has_more: Flag = False


class Contact(Shape):
    """GET /contacts/{id}. Its tags and companies are bare ids."""

    id: Identifier = None
    external_id: Identifier = None
    email: Text = ""
    role: Text = ""
    tags: Annotated[Addressed, BeforeValidator(_object)] = Addressed()
    companies: Annotated[Addressed, BeforeValidator(_object)] = Addressed()


class App(Shape):
    """The workspace: its id, its region (US, EU, AU) and whether identity verification is enforced."""

    id_code: Identifier = None
    name: Text = ""
    region: Text = ""
    identity_verification: Flag = False


class Me(Shape):
    """GET /me: the teammate that the access token belongs to."""

    id: Identifier = None
    name: Text = ""
    email: Text = ""
    has_inbox_seat: Flag = False
    app: Annotated[App, BeforeValidator(_object)] = App()


class Pages(Shape):
    """Where a list goes on; `next` is an object with a cursor, or null."""

    next: Loose = Field(default_factory=dict)
    total_pages: Number = None

    @property
    def starting_after(self) -> str | None:
        """The cursor of the next page, `None` on the last one."""
        return _identifier(self.next.get("starting_after"))


class ConversationPage(Shape):
    """POST /conversations/search: conversations without their parts."""

    conversations: Annotated[tuple[Conversation, ...], BeforeValidator(_objects)] = ()
    pages: Annotated[Pages, BeforeValidator(_object)] = Pages()


class DeletedConversation(Shape):
    """A conversation that is gone: its id, and since when."""

    id: Identifier = None
    deleted_at: Moment = None


class DeletedPage(Shape):
    """GET /conversations/deleted (2.16)."""

    conversations: Annotated[tuple[DeletedConversation, ...], BeforeValidator(_objects)] = ()
    pages: Annotated[Pages, BeforeValidator(_object)] = Pages()


class MergedContact(Shape):
    """A contact that was merged away."""

    source_contact_id: Identifier = None


class MergeHistory(Shape):
    """GET /contacts/{id}/merge_history (2.16)."""

    data: Annotated[tuple[MergedContact, ...], BeforeValidator(_objects)] = ()


class DataAttribute(Shape):
    """A conversation attribute as GET /data_attributes lists it."""

    name: Text = ""
    data_type: Text = ""
    archived: Flag = False
    options: Annotated[tuple[str, ...], BeforeValidator(_options)] = ()


class NotificationData(Shape):
    """What a notification is about; `item` is read further by topic."""

    item: Loose = Field(default_factory=dict)


class Notification(Shape):
    """The envelope of every webhook."""

    id: Identifier = None
    topic: Text = ""
    created_at: Moment = None
    data: Annotated[NotificationData, BeforeValidator(_object)] = NotificationData()
