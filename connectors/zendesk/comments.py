"""A ticket's comments as messages, and our own notes among them, which are no part of the conversation."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.email_text import html_text, is_automatic, written_text
from connectors.zendesk.authors import Cast
from connectors.zendesk.channels import channel
from connectors.zendesk.payloads import AuditEvent, Ticket, ident, record, records, text
from service.conversation import Author, Channel, Message, Role
from service.writeback import WrittenNote, parse_note

COMMENT_KINDS = frozenset({"Comment", "VoiceComment", "FacebookComment", "FacebookEvent", "Tweet"})


def read_comments(
    events: Sequence[AuditEvent], ticket: Ticket, cast: Cast
) -> tuple[list[tuple[Message, Channel]], list[WrittenNote]]:
    """Comments as messages with their channel, and our own notes, which are no part of the conversation."""
    privacy = {
        ident(e.data.get("comment_id")): e.data.get("public") for e in events if e.kind == "CommentPrivacyChange"
    }
    messages: list[tuple[Message, Channel]] = []
    notes: list[WrittenNote] = []
    for event in events:
        if event.kind not in COMMENT_KINDS:
            continue
        internal = privacy.get(event.id, event.data.get("public", True)) is False
        if internal and (note := _own_note(event)) is not None:
            notes.append(note)
            continue
        through = channel(event.via.channel)
        role = cast.role(event.author_id, event.via)
        words = _words(event, through, role, ticket.subject if not messages else None)
        files = tuple(text(item.get("file_name")) for item in records(event.data.get("attachments")))
        if words is None or not (words or any(files)):
            continue
        author = Author(role, event.author_id)
        message = Message(event.id, author, words, event.at, internal=internal, attachments=tuple(filter(None, files)))
        messages.append((message, through))
    return messages, notes


def _own_note(event: AuditEvent) -> WrittenNote | None:
    return parse_note(text(event.data.get("body"))) or parse_note(html_text(text(event.data.get("html_body"))))


def _words(event: AuditEvent, through: Channel, role: Role, subject: str | None) -> str | None:
    """A comment's text; `None` for an answering machine's."""
    data = event.data
    body = text(data.get("body")) or html_text(text(data.get("html_body")), drop_quotes=through is Channel.EMAIL)
    spoken = text(record(data.get("data")).get("transcription_text")) or text(data.get("transcription_text"))
    words = (body or text(data.get("plain_body")) or spoken).strip()
    if through is not Channel.EMAIL:
        return words
    if role is Role.CUSTOMER and is_automatic(words, subject):
        return None
    return written_text(words)
