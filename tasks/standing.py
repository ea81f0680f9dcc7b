"""What should stand on a conversation against what stands there: between the store's JSON and the core's plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Any

from service.conversation import Conversation
from service.document import from_document
from service.note import desired
from service.scoring.score import Scorecard
from service.store import models
from service.store.results import content_hash
from service.translation.languages import language_of
from service.write_rules import ALL, Part
from service.writeback import AlreadyThere, Desired, Plan, Writable, WrittenNote, note_reference, plan
from tasks.runtime import Ground


def desired_for(
    runtime: Ground, row: models.Conversation, installation: models.Installation, card: Scorecard
) -> Desired:
    """What the card wants to see on the conversation of `row`."""
    assert row.document is not None, "a scored conversation has its document"
    public = runtime.settings.public_url
    return desired(
        card,
        from_document(row.document),
        runtime.policy(installation),
        prefix=installation.prefix,
        link=f"{public}/c/{row.id}" if public else None,
        names=runtime.names,
        language=language_of(installation.language),
    )


def changes(
    wanted: Desired, there: AlreadyThere, card: Scorecard, installation: models.Installation, now: datetime
) -> Plan:
    """The plan that makes the helpdesk say what is wanted."""
    return plan(wanted, there, reference=note_reference(card), prefix=installation.prefix, now=now)


def content_of(wanted: Desired, parts: frozenset[Part] = ALL) -> str:
    """A name for what should stand there of `parts`, to tell whether it has been written already."""
    content: list[object] = [list(wanted.tags), dict(wanted.fields), wanted.headline, wanted.actionable]
    return content_hash(content if parts == ALL else [*content, sorted(parts)])


def actions_of(made: Plan) -> dict[str, Any]:
    """A plan as JSON, for showing what was written."""
    return {
        "add_tags": list(made.add_tags),
        "remove_tags": list(made.remove_tags),
        "fields": dict(made.fields),
        "note": None if made.note is None else {"reference": made.note.reference, "text": made.note.text},
    }


def to_json(there: AlreadyThere) -> dict[str, Any]:
    """What stands there as JSON."""
    return {
        "tags": list(there.tags),
        "fields": dict(there.fields),
        "notes": [asdict(note) for note in there.notes],
        "writable": there.writable.value,
        "version": there.version,
        "tag_fields": sorted(there.tag_fields),
    }


def from_json(document: Mapping[str, Any]) -> AlreadyThere:
    """What `to_json` wrote."""
    return AlreadyThere(
        tags=tuple(document["tags"]),
        fields=MappingProxyType(dict(document["fields"])),
        notes=tuple(WrittenNote(**note) for note in document["notes"]),
        writable=Writable(document["writable"]),
        version=document["version"],
        tag_fields=frozenset(document.get("tag_fields", ())),
    )


def wording(conversation: Conversation) -> tuple[tuple[str, str], ...]:
    """The public messages: ids and texts."""
    return tuple((message.id, message.text) for message in conversation.public)


def lost_words(before: Conversation, after: Conversation) -> bool:
    """Whether words that were kept are not there any more: somebody took them out."""
    left = {message.id: message.text for message in after.messages}
    return any(left.get(message.id) != message.text for message in before.messages)


def differs(before: Conversation, after: Conversation) -> bool:
    """Whether the customer, the public messages or the rating changed: then other conversations' scores may change."""
    return (wording(before), before.contact, before.rating, before.account_group) != (
        wording(after),
        after.contact,
        after.rating,
        after.account_group,
    )
