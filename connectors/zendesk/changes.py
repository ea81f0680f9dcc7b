"""Events of a ticket: handed to a human, moved on, solved, reopened, rated, redacted; from audits and chats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from connectors.zendesk.authors import Cast
from connectors.zendesk.chat import JOINED, ChatMove
from connectors.zendesk.payloads import AuditEvent, ident, text
from service.conversation import Event, EventKind, Initiator, Message, Role

ENDED = frozenset({"solved", "closed"})
OPEN = frozenset({"new", "open", "pending", "hold"})
SAME_MOMENT = timedelta(seconds=5)
"""A chat message carries milliseconds, the audit of the change that it caused comes up to this much later."""

PLAIN_KINDS: Mapping[str, EventKind] = {
    "SatisfactionRating": EventKind.RATED,
    "CommentRedactionEvent": EventKind.REDACTED,
    "AttachmentRedactionEvent": EventKind.REDACTED,
    "ChatMessageRedactionEvent": EventKind.REDACTED,
}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Move:
    event: Event
    to_bot: bool = False
    only_if_handoff: bool = False


def is_survey_answer(event: AuditEvent) -> bool:
    """A submitted CSAT survey of the newer kind; the reference names the event but not its type's spelling.

    https://developer.zendesk.com/documentation/ticketing/reference-guides/ticket-audit-events-reference/
    """
    kind = event.kind.lower()
    return "survey" in kind and ("submit" in kind or "respon" in kind) and "offer" not in kind


def ticket_events(
    events: Sequence[AuditEvent],
    moves: Iterable[ChatMove],
    messages: Sequence[Message],
    cast: Cast,
    groups: Mapping[str, str],
) -> tuple[Event, ...]:
    """All events in order of time. `messages` are the ticket's, in order; `groups` names groups by id."""
    found = [*_statuses(events, messages, cast), *_plain(events, cast)]
    assigned = [*_assignments(events, cast, groups), *_chat_moves(moves)]
    found += _classified(sorted(assigned, key=lambda move: _time(move.event)), messages)
    return tuple(sorted(found, key=_time))


def _time(event: Event) -> datetime:
    return event.at or _LONG_AGO


def _statuses(events: Iterable[AuditEvent], messages: Sequence[Message], cast: Cast) -> list[Event]:
    found: list[Event] = []
    for event in events:
        if event.kind not in ("Change", "Create") or text(event.data.get("field_name")) != "status":
            continue
        old, new = text(event.data.get("previous_value")).lower(), text(event.data.get("value")).lower()
        by = cast.initiator(event.author_id, event.via)
        if new in ENDED and old not in ENDED:
            found.append(Event(event.id, EventKind.CLOSED, event.at, by))
        elif old in ENDED and new in OPEN:
            found.append(Event(event.id, EventKind.REOPENED, _caused_at(event.at, messages), by))
    return found


def _caused_at(at: datetime | None, messages: Sequence[Message]) -> datetime | None:
    """The time of the customer's message that reopened the ticket, so that it falls into the new episode."""
    if at is None:
        return None
    near = (m.at for m in messages if m.role is Role.CUSTOMER and m.at and at - SAME_MOMENT < m.at <= at)
    return min(near, default=at)


def _plain(events: Iterable[AuditEvent], cast: Cast) -> list[Event]:
    found: list[Event] = []
    for event in events:
        kind = EventKind.RATED if is_survey_answer(event) else PLAIN_KINDS.get(event.kind)
        if kind is EventKind.RATED and not is_survey_answer(event) and not is_rating(event.data.get("score")):
            continue  # "offered" is not an answer
        if kind is not None:
            found.append(Event(event.id, kind, event.at, cast.initiator(event.author_id, event.via)))
    return found


def is_rating(score: object) -> bool:
    """Whether a legacy satisfaction score is a customer's answer."""
    return text(score).startswith(("good", "bad"))


def _assignments(events: Iterable[AuditEvent], cast: Cast, groups: Mapping[str, str]) -> list[_Move]:
    """One move for each audit that set group or assignee: the group names it, else the agent."""
    audits: dict[str, dict[str, AuditEvent]] = {}
    for event in events:
        name = text(event.data.get("field_name"))
        if (
            event.kind in ("Change", "Create")
            and name in ("group_id", "assignee_id")
            and ident(event.data.get("value"))
        ):
            audits.setdefault(event.audit_id, {})[name] = event
    moves: list[_Move] = []
    for found in audits.values():
        event = found.get("group_id") or found["assignee_id"]
        old, new = ident(event.data.get("previous_value")), ident(event.data.get("value")) or ""
        in_group = "group_id" in found
        assignee = ident(found["assignee_id"].data.get("value")) if "assignee_id" in found else None
        moves.append(
            _Move(
                Event(
                    event.id,
                    EventKind.ASSIGNED,
                    event.at,
                    cast.initiator(event.author_id, event.via),
                    origin=groups.get(old, old) if old and in_group else old,
                    target=groups.get(new, new) if in_group else new,
                ),
                to_bot=cast.is_bot(assignee),
                only_if_handoff=event.kind == "Create",
            )
        )
    return moves


def _chat_moves(moves: Iterable[ChatMove]) -> list[_Move]:
    return [
        _Move(
            Event(move.id, EventKind.ASSIGNED, move.at, None, target=move.department or move.actor_id),
            to_bot=move.kind == JOINED and move.role is not Role.AGENT,
            only_if_handoff=move.kind == JOINED,
        )
        for move in moves
    ]


def _classified(moves: Iterable[_Move], messages: Sequence[Message]) -> list[Event]:
    """Handoff: the first move to a human after a bot spoke and before a human did. Later ones are transfers."""
    public = [m for m in messages if not m.internal and m.at is not None]
    first_bot = next((m.at for m in public if m.role is Role.BOT), None)
    first_human = next((m.at for m in public if m.role is Role.AGENT), None)
    handed, found = False, []
    for move in moves:
        event, at = move.event, _time(move.event)
        after_bot = first_bot is not None and at >= first_bot
        before_human = first_human is None or at <= first_human
        if after_bot and before_human and not handed and not move.to_bot:
            handed = True
            found.append(replace(event, kind=EventKind.HANDOFF))
        elif not move.only_if_handoff:
            moved = event.origin is not None and event.origin != event.target and not move.to_bot
            found.append(replace(event, kind=EventKind.TRANSFERRED) if moved else event)
    return found


def channel_changes(dated: Iterable[tuple[Message, str]]) -> list[Event]:
    """Where the customer went on through another channel; `dated` pairs each public message with its channel."""
    found: list[Event] = []
    last: str | None = None
    for message, channel in dated:
        if message.role is not Role.CUSTOMER or channel == "unknown":
            continue
        if last is not None and channel != last:
            name = f"{message.id}.channel"
            found.append(Event(name, EventKind.CHANNEL_CHANGED, message.at, Initiator.CUSTOMER, last, channel))
        last = channel
    return found
