"""What Zendesk sends, as typed shapes of the parts that are read.

Reading never raises: Zendesk adds event types and values at any time, and its own specification does not describe
half of its real answers. Ids become text, times aware UTC datetimes, and anything of another kind becomes empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

Record = Mapping[str, Any]
EMPTY: Record = MappingProxyType({})


def record(value: object) -> Record:
    """A JSON object, also from JSON inside a text; anything else is an empty one."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return EMPTY
    return value if isinstance(value, Mapping) else EMPTY


def records(value: object) -> Iterator[Record]:
    """The JSON objects of a list."""
    if isinstance(value, list | tuple):
        yield from (item for item in value if isinstance(item, Mapping))


def text(value: object) -> str:
    """A text, or an empty one."""
    return value if isinstance(value, str) else ""


def ident(value: object) -> str | None:
    """An id as text: Zendesk gives the same id as a number here and as a text there."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return str(value).strip() or None


def moment(value: object) -> datetime | None:
    """An ISO 8601 time, or unix time in seconds or milliseconds, as an aware UTC datetime."""
    try:
        if isinstance(value, str) and value:
            parsed = datetime.fromisoformat(value.strip().replace(" UTC", "+00:00"))
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def words(value: object) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


@dataclass(frozen=True, slots=True)
class User:
    """A user record; `role` is "end-user", "agent" or "admin"."""

    id: str
    role: str = ""
    email: str | None = None
    verified: bool = False
    external_id: str | None = None
    tags: tuple[str, ...] = ()
    group_id: str | None = None
    organization_id: str | None = None


def user(data: Record) -> User | None:
    """One user; `None` without an id."""
    name = ident(data.get("id"))
    if name is None:
        return None
    return User(
        id=name,
        role=text(data.get("role")),
        email=text(data.get("email")) or None,
        verified=data.get("verified") is True,
        external_id=ident(data.get("external_id")),
        tags=words(data.get("tags")),
        group_id=ident(data.get("default_group_id")),
        organization_id=ident(data.get("organization_id")),
    )


@dataclass(frozen=True, slots=True)
class Via:
    """How something was done: channel, and for rules and messaging the relation and source type."""

    channel: str = ""
    rel: str = ""
    source_type: str = ""

    @property
    def is_rule(self) -> bool:
        """Done by a trigger, an automation or another rule."""
        return self.channel in ("rule", "automation", "trigger") or self.rel in ("trigger", "automation", "sla")

    @property
    def is_bot(self) -> bool:
        """Done by Zendesk's own bot."""
        return any(
            "answer_bot" in word or word == "zd:answerBot" for word in (self.channel, self.rel, self.source_type)
        )


def via(data: object) -> Via:
    """The `via` object (via object reference)."""
    found = record(data)
    source = record(found.get("source"))
    return Via(channel=text(found.get("channel")), rel=text(source.get("rel")), source_type=text(source.get("type")))


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as GET /api/v2/tickets/{id} gives it; `updated_at` is kept as written, it guards our update."""

    id: str
    status: str = ""
    subject: str | None = None
    via: Via = Via()
    requester_id: str | None = None
    organization_id: str | None = None
    group_id: str | None = None
    brand_id: str | None = None
    form_id: str | None = None
    tags: tuple[str, ...] = ()
    custom_fields: Mapping[str, object] = field(default_factory=dict)
    satisfaction: Record = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: str | None = None
    from_messaging: bool = False
    followup_of: str | None = None


def ticket(data: Record) -> Ticket:
    """One ticket."""
    source = record(record(record(data.get("via")).get("source")).get("from"))
    fields = {ident(item.get("id")): item.get("value") for item in records(data.get("custom_fields"))}
    rel = via(data.get("via")).rel
    return Ticket(
        id=ident(data.get("id")) or "",
        status=text(data.get("status")).lower(),
        subject=text(data.get("subject")) or None,
        via=via(data.get("via")),
        requester_id=ident(data.get("requester_id")),
        organization_id=ident(data.get("organization_id")),
        group_id=ident(data.get("group_id")),
        brand_id=ident(data.get("brand_id")),
        form_id=ident(data.get("ticket_form_id")),
        tags=words(data.get("tags")),
        custom_fields={name: value for name, value in fields.items() if name is not None},
        satisfaction=record(data.get("satisfaction_rating")),
        created_at=moment(data.get("created_at")),
        updated_at=text(data.get("updated_at")) or None,
        from_messaging=data.get("from_messaging_channel") is True,
        followup_of=ident(data.get("via_followup_source_id"))
        or (ident(source.get("ticket_id")) if rel == "follow_up" else None),
    )


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event of an audit, with what it inherits from the audit: time, author, via."""

    id: str
    kind: str
    data: Record
    at: datetime | None
    author_id: str | None
    via: Via
    audit_id: str


def audit_events(audits: Iterable[Record]) -> Iterator[AuditEvent]:
    """All events of all audits in order; an event's own author and via win over its audit's."""
    for number, audit in enumerate(audits):
        audit_id = ident(audit.get("id")) or f"audit{number}"
        at, author, through = moment(audit.get("created_at")), ident(audit.get("author_id")), via(audit.get("via"))
        for position, data in enumerate(records(audit.get("events"))):
            kind = text(data.get("type"))
            if not kind:
                continue
            yield AuditEvent(
                id=ident(data.get("id")) or f"{audit_id}.{position}",
                kind=kind,
                data=data,
                at=at,
                author_id=ident(data.get("author_id")) or author,
                via=via(data["via"]) if isinstance(data.get("via"), Mapping) else through,
                audit_id=audit_id,
            )
