"""Audits made of what exports hold in their place: comments with a ticket's metrics, and incremental ticket events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from connectors.zendesk.changes import ENDED
from connectors.zendesk.payloads import Record, ident, moment, record, records, text

FIELDS = ("status", "group_id", "assignee_id", "tags")
"""Ticket fields whose changes are read."""


def audits_of_comments(ticket: Record, comments: Sequence[Record], *, told: bool) -> Iterator[Record]:
    """One audit a comment; and unless audits are `told` already, when the ticket was solved and given to its group.

    The metrics give the time of the last solving and of the first and last assignment. With one assignment only it is
    known to whom it went; a reopening in between has no time and is not made up. Without metrics a ticket counts as
    solved with its last comment: when it was last updated is often days later.
    """
    for number, comment in enumerate(comments):
        yield {
            "id": ident(comment.get("audit_id")) or f"comment{number}",
            "created_at": comment.get("created_at"),
            "author_id": comment.get("author_id"),
            "via": comment.get("via"),
            "events": [{"type": "Comment", **comment}],
        }
    if told:
        return
    metrics = record(ticket.get("metric_set")) or record(ticket.get("dates"))
    assigned, group = metrics.get("assigned_at"), record(ticket.get("group")).get("id") or ticket.get("group_id")
    if assigned and group and assigned == metrics.get("initially_assigned_at"):
        yield _change("assigned", assigned, "group_id", str(group))
    solved = metrics.get("solved_at") or max((text(comment.get("created_at")) for comment in comments), default="")
    if text(ticket.get("status")).lower() in ENDED and solved:
        yield _change("solved", solved, "status", "solved")


def _change(name: str, at: object, field: str, value: str) -> Record:
    change = {"id": f"{name}.0", "type": "Change", "field_name": field, "value": value, "previous_value": None}
    return {"id": name, "created_at": at, "events": [change]}


def audit_of_event(data: Record) -> Record:
    """The audit that an incremental ticket event speaks of. A changed field stands there under its own name.

    https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
    """
    at = moment(data.get("created_at")) or moment(data.get("timestamp")) or datetime.fromtimestamp(0, UTC)
    children = [_child(child) for child in records(data.get("child_events"))]
    return {
        "id": data.get("id"),
        "ticket_id": data.get("ticket_id"),
        "created_at": at.isoformat(),
        "author_id": data.get("updater_id"),
        "via": _via(data.get("via")),
        "events": [event for events in children for event in events],
    }


def _child(child: Record) -> list[Record]:
    kind = text(child.get("event_type")) or text(child.get("type"))
    via = {"via": _via(child["via"])} if "via" in child else {}
    if kind not in ("Change", "Create"):
        return [{**child, **via, "type": kind}]
    if "field_name" in child:
        return [{**child, **via, "type": kind}]
    previous = child.get("previous_value")
    return [
        {
            "id": f"{ident(child.get('id')) or kind}.{name}" if kind == "Create" else child.get("id"),
            "type": kind,
            "field_name": name,
            "value": str(child[name]) if isinstance(child[name], int) else child[name],
            "previous_value": previous,
            **via,
        }
        for name in FIELDS
        if child.get(name) is not None
    ]


def _via(value: object) -> object:
    """Ticket events name a channel by its title: "Web form" is `web_form`."""
    return {"channel": value.lower().replace(" ", "_")} if isinstance(value, str) else value
