"""The sandbox's incremental exports: tickets by cursor, ticket events by time, with Zendesk's refusals.

Nothing of the last minute is in them, a page of events begins with the second in which the one before it ended, and
chats' transcripts and the customer's rating are not among the events.
https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, request

from connectors.zendesk.sandbox.account import Refused
from connectors.zendesk.sandbox.answers import own_id, sideloads, the_account
from connectors.zendesk.sandbox.shapes import API, Record

LARGEST = 1000
WITHHELD = timedelta(minutes=1)
NOT_EXPORTED = frozenset({"SatisfactionRating"})
CHANNEL_TITLES = {"web": "Web form", "api": "Web service", "email": "Mail", "rule": "Rule"}

exports = Blueprint("zendesk-exports", __name__)


@exports.get(f"{API}/incremental/tickets/cursor")
def _tickets() -> Record:
    """Tickets by when they last changed; the cursor names time and id, so that no change moves the list."""
    _admin_only()
    account, until = the_account(), _until()
    cursor = request.args.get("cursor")
    after = _place(cursor) if cursor else (_start() - 1, 1 << 62)
    changed = ((_unix(ticket["updated_at"]), ticket["id"]) for ticket in account.tickets.values())
    found = sorted(place for place in changed if after < place and place[0] <= until)
    page = found[: _size()]
    tickets = [{**account.tickets[ident], "generated_timestamp": at} for at, ident in page]
    ended = len(page) == len(found)
    following = _cursor(page[-1]) if page else cursor
    people = [ticket[key] for ticket in tickets for key in ("requester_id", "submitter_id", "assignee_id")]
    related = sideloads(people, [t["group_id"] for t in tickets], [t["organization_id"] for t in tickets])
    if "metric_sets" in request.args.get("include", ""):
        related["metric_sets"] = [_metrics(ticket) for ticket in tickets]
    return {
        "tickets": tickets,
        **related,
        "after_cursor": following,
        "after_url": f"{request.base_url}?cursor={following}" if following else None,
        "before_cursor": None,
        "before_url": None,
        "end_of_stream": ended,
    }


@exports.get(f"{API}/incremental/ticket_events")
def _events() -> Record:
    """Events by time; a page holds all of its last second, and the next one begins with that second again."""
    _admin_only()
    start, until, size = _start(), _until(), _size()
    audits = (audit for known in the_account().audits.values() for audit in known)
    found = sorted(
        ((_unix(audit["created_at"]), audit["id"], audit) for audit in audits), key=lambda item: (item[0], item[1])
    )
    found = [item for item in found if start <= item[0] <= until]
    count = size
    while 0 < count < len(found) and found[count][0] == found[count - 1][0]:
        count += 1
    page, ended = found[:count], count >= len(found)
    end = page[-1][0] if page else None
    comments = "comment_events" in request.args.get("include", "")
    return {
        "ticket_events": [_event(audit, at, comments=comments) for at, _, audit in page],
        "count": len(page),
        "end_time": end,
        "next_page": None if end is None else f"{request.base_url}?start_time={end}",
        "end_of_stream": ended,
    }


def _admin_only() -> None:
    if the_account().users[own_id()]["role"] != "admin":
        raise Refused(403, {"error": "Forbidden", "description": "You do not have access to this page"})


def _start() -> int:
    start = request.args.get("start_time", type=int)
    if start is None:
        raise Refused(400, {"error": "BadRequest", "description": "start_time is required"})
    if start > _until():
        words = "Too recent start_time. Use a start_time older than 60 seconds"
        raise Refused(422, {"error": "StartTimeTooRecent", "description": words})
    return start


def _until() -> int:
    return int((the_account().clock() - WITHHELD).timestamp())


def _size() -> int:
    return min(request.args.get("per_page", LARGEST, type=int), LARGEST)


def _unix(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp())


def _cursor(place: tuple[int, int]) -> str:
    return base64.b64encode(f"{place[0]}.0||{place[1]}|".encode()).decode()


def _place(cursor: str) -> tuple[int, int]:
    at, _, rest = base64.b64decode(cursor).decode().partition(".0||")
    return int(at), int(rest.rstrip("|"))


def _metrics(ticket: Record) -> Record:
    return {"ticket_id": ticket["id"], "solved_at": the_account().solved_at.get(ticket["id"])}


def _event(audit: Record, at: int, *, comments: bool) -> Record:
    via = audit["via"]["channel"]
    title = CHANNEL_TITLES.get(via, via.replace("_", " ").capitalize())
    return {
        "id": audit["id"],
        "ticket_id": audit["ticket_id"],
        "timestamp": at,
        "created_at": audit["created_at"],
        "updater_id": audit["author_id"],
        "via": title,
        "system": {},
        "metadata": {},
        "event_type": "Audit",
        "child_events": list(_children(audit, title, comments=comments)),
    }


def _children(audit: Record, title: str, *, comments: bool) -> Iterable[Record]:
    created: Record = {}
    for event in audit["events"]:
        known: Record = {"id": event["id"], "via": title, "via_reference_id": None, "event_type": event["type"]}
        if event["type"] == "Comment" and comments:
            more = {"via": audit["via"], "audit_id": audit["id"], "created_at": audit["created_at"]}
            yield {**event, **known, **more}
        elif event["type"] == "Comment":
            yield {**known, "comment_present": True, "comment_public": event["public"]}
        elif event["type"] == "Create":
            created = {**known, **created, event["field_name"]: event["value"]}
        elif event["type"] == "Change":
            yield {**known, **_changed(event)}
        elif event["type"] == "ChatStartedEvent":
            told = {key: value for key, value in event["value"].items() if key != "history"}
            yield {**known, "value": told}
        elif event["type"] not in NOT_EXPORTED:
            yield {**event, **known}
    if created:
        yield created


def _changed(event: Record) -> Record:
    """A changed field stands under its own name, custom fields together, tags also by what came and went."""
    name, old, new = event["field_name"], event["previous_value"], event["value"]
    change: dict[str, Any] = {name: new, "previous_value": old}
    if name == "tags":
        change |= {"added_tags": sorted(set(new) - set(old)), "removed_tags": sorted(set(old) - set(new))}
    return {"custom_ticket_fields": {name: new}, "previous_value": old} if name.isdecimal() else change
