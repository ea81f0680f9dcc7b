"""What a conversation part is: a message, an internal note or an event; and its text. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from connectors import email_text
from connectors.intercom import payloads

INTERNAL_PARTS = frozenset({"note", "note_and_reopen", "note_and_close", "call_summary", "conversation_summary"})

# Parts that only tell of an event, even where they carry a text; any other part with a text is a message.
# Intercom's specification leaves the types open; these are the specification's examples and what others have met.
SYSTEM_PARTS = frozenset(
    {
        "channel_and_reply_time_expectation",
        "language_detection_details",
        "merged_primary_conversation",
        "merged_secondary_conversation",
        "operator_workflow_event",
        "participant",
        "participant_added",
        "participant_removed",
    }
)
MERGED_AWAY = "merged_secondary_conversation"
SYSTEM_FAMILIES = (
    "conversation_attribute_",
    "conversation_rating_",
    "custom_action_",
    "ticket_attribute_",
    "ticket_state_",
)

_MARKUP = re.compile(
    r"\s*<(?:p|div|h[1-6]|ul|ol|table|html|blockquote|pre|img)\b[^>]*>(?:.*>)?\s*\Z", re.IGNORECASE | re.DOTALL
)


def in_order(payload: payloads.Conversation) -> list[payloads.Part]:
    """Parts by time, then by position; a part without a time stays behind the one before it."""
    latest = datetime.min.replace(tzinfo=UTC)
    keyed: list[tuple[datetime, int, payloads.Part]] = []
    for position, part in enumerate(payload.conversation_parts.conversation_parts):
        latest = part.created_at or latest
        keyed.append((latest, position, part))
    return [part for _, _, part in sorted(keyed, key=lambda item: item[:2])]


def says(part: payloads.Part) -> bool:
    """Whether somebody says something in it: any part with a text or a file that does not only tell of an event."""
    if part.part_type in SYSTEM_PARTS or part.part_type.startswith(SYSTEM_FAMILIES):
        return False
    return bool(part.body.strip() or part.attachments or part.redacted)


def merged_away(payload: payloads.Conversation) -> bool:
    """Whether the conversation was merged into another one, which goes on in its place.

    The specification of 2.16 shows the part by which the other one tells of it; the name of this one's is a guess.
    """
    return any(part.part_type == MERGED_AWAY for part in payload.conversation_parts.conversation_parts)


def internal(part: payloads.Part) -> bool:
    """Whether it is kept from the customer."""
    return part.part_type in INTERNAL_PARTS


def spoken_ids(payload: payloads.Conversation) -> frozenset[str]:
    """Ids of the parts that the customer could read: what tells that a conversation went on."""
    return frozenset(
        part.id or "" for part in payload.conversation_parts.conversation_parts if says(part) and not internal(part)
    )


def plain(body: str) -> str:
    """A body as plain text: we ask for that, so a `<` in it is the writer's own; only whole markup is converted."""
    return email_text.html_text(body) if _MARKUP.match(body) else body.strip()
