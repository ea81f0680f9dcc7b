"""Messages of chats and messaging: from the audits' chat history, and from the conversation log where there is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from connectors.email_text import html_text
from connectors.zendesk.authors import Cast
from connectors.zendesk.payloads import AuditEvent, Record, ident, moment, record, records, text
from service.conversation import Author, Message, Role

STARTED = "ChatStartedEvent"
JOINED = "ChatJoin"
MOVED = "ChatDepartmentTransfer"
RATED = "ChatRating"


@dataclass(frozen=True, slots=True)
class ChatMove:
    """Somebody joined a chat, or it went to a department. Undated entries are at the end of what was dated."""

    id: str
    kind: str
    at: datetime | None
    role: Role
    actor_id: str | None
    department: str | None = None


def history(events: Iterable[AuditEvent]) -> Iterator[tuple[AuditEvent, str, Record]]:
    """Every entry of every chat, with its event and an id of its own."""
    for event in events:
        if event.kind != STARTED:
            continue
        value = record(event.data.get("value"))
        entries = list(records(value.get("history"))) or list(records(event.data.get("history")))
        for position, entry in enumerate(sorted(entries, key=_index)):
            yield event, ident(entry.get("message_id")) or f"{event.id}.{position}", entry


def chat_messages(events: Iterable[AuditEvent], cast: Cast) -> list[Message]:
    """What was said in the ticket's chats, in order. Entries of unknown types that hold text count as said."""
    said: list[Message] = []
    for event, name, entry in history(events):
        if text(entry.get("type")) in (JOINED, MOVED, RATED):
            continue
        role, author_id = _actor(event, entry, cast)
        words = _spoken(entry, role)
        files = tuple(filter(None, (text(entry.get("filename")),)))
        if words or files:
            author = Author(role, author_id)
            said.append(Message(id=name, author=author, text=words, at=_when(event, entry), attachments=files))
    return said


def chat_moves(events: Iterable[AuditEvent], cast: Cast) -> list[ChatMove]:
    """Agents joining and departments taking over."""
    moves: list[ChatMove] = []
    for event, name, entry in history(events):
        kind = text(entry.get("type"))
        if kind in (JOINED, MOVED):
            role, actor_id = _actor(event, entry, cast)
            department = text(entry.get("new_department_name")) or text(entry.get("department_name")) or None
            moves.append(ChatMove(name, kind, _when(event, entry), role, actor_id, department))
    return moves


def log_messages(log: Iterable[Record], cast: Cast) -> list[Message]:
    """What the conversation log says was said, comments among it.

    https://developer.zendesk.com/api-reference/ticketing/tickets/conversation_log/ (early access)
    """
    said: list[Message] = []
    for position, entry in enumerate(log):
        role, author_id = cast.log_author(entry)
        words = _content(record(entry.get("content")), customer=role is Role.CUSTOMER)
        files = tuple(text(item.get("file_name")) for item in records(entry.get("attachments")))
        media = text(record(entry.get("content")).get("mediaUrl")).rsplit("/", 1)[-1]
        files = tuple(filter(None, (*files, media)))
        if not words and not files:
            continue
        said.append(
            Message(
                id=_comment_id(entry) or ident(entry.get("id")) or f"log{position}",
                author=Author(role, author_id),
                text=words,
                at=moment(entry.get("created_at")),
                internal=record(entry.get("metadata")).get("public") is False,
                attachments=files,
            )
        )
    return said


def _comment_id(entry: Record) -> str | None:
    """The audit event that a logged comment is, so that it is not read twice."""
    head, _, name = text(entry.get("reference")).rpartition(":")
    return name or None if head == "zen:ticket_event" else None


def _actor(event: AuditEvent, entry: Record, cast: Cast) -> tuple[Role, str | None]:
    return cast.chat_actor(entry, ident(record(event.data.get("value")).get("visitor_id")))


def _when(event: AuditEvent, entry: Record) -> datetime | None:
    original = record(entry.get("original_message"))
    candidates = (entry.get("timestamp"), entry.get("created_at"), original.get("received"))
    return next((found for found in map(moment, candidates) if found), event.at)


def _index(entry: Record) -> int:
    value = entry.get("chat_index")
    return value if isinstance(value, int) else 0


def _spoken(entry: Record, role: Role) -> str:
    plain = text(entry.get("message")).strip()
    return plain or _content(
        record(record(entry.get("original_message")).get("content")), customer=role is Role.CUSTOMER
    )


def _content(content: Record, *, customer: bool) -> str:
    """The words of a structured message: text, HTML, a form's labels or answers, a choice, a list's titles."""
    inner = record(content.get("text"))
    plain = text(content.get("text")) or text(inner.get("text"))
    if not plain:
        plain = html_text(text(content.get("body")) or text(content.get("htmlText")))
    if plain.strip():
        return plain.strip()
    fields = [*records(content.get("fields")), *records(record(content.get("form")).get("fields"))]
    if fields:
        return ", ".join(filter(None, (_field(item, answered=customer) for item in fields)))
    titles = (text(item.get("title")) for item in records(content.get("items")))
    choices = (
        text(record(item.get("reply")).get("text")) or text(item.get("text")) for item in _choices(content, inner)
    )
    return ", ".join(filter(None, (*titles, *choices)))


def _choices(content: Record, inner: Record) -> list[Record]:
    return [*records(content.get("actions")), *records(inner.get("actions"))]


def _field(item: Record, *, answered: bool) -> str:
    """A form's field: its label when the form is shown, label and value when the customer sends it back."""
    label = text(item.get("label")) or text(item.get("name"))
    if not answered:
        return label
    typed = (text(item.get("text")), text(item.get("email")), text(record(item.get("text")).get("text")))
    value = next(filter(None, (*typed, text(record(item.get("email")).get("email")))), "")
    return f"{label}: {value}" if value else ""
