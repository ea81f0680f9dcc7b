"""The rules by which a ticket changes: what is refused, what is overwritten, what a change brings along."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.zendesk.sandbox import shapes
from connectors.zendesk.sandbox.account import ENDED, Account, Refused
from connectors.zendesk.sandbox.shapes import Record, stamp

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
UPDATABLE = frozenset(
    {
        "additional_collaborators",
        "assignee_email",
        "assignee_id",
        "attribute_value_ids",
        "collaborator_ids",
        "comment",
        "custom_fields",
        "custom_status_id",
        "due_at",
        "email_ccs",
        "external_id",
        "followers",
        "group_id",
        "organization_id",
        "priority",
        "problem_id",
        "requester_id",
        "safe_update",
        "sharing_agreement_ids",
        "status",
        "subject",
        "tags",
        "type",
        "updated_stamp",
    }
)
COMMENT_KEYS = frozenset({"body", "html_body", "public", "author_id", "uploads"})


def update(account: Account, ticket: Record, change: Mapping[str, Any], actor_id: int | None) -> Record:
    """Change a ticket as PUT /tickets/{id} does; its audit. Raises `Refused` and then changes nothing."""
    _check(account, ticket, change)
    return play(account, ticket, change, actor_id)


def play(
    account: Account,
    ticket: Record,
    change: Mapping[str, Any],
    actor_id: int | None,
    *,
    at: datetime | None = None,
    through: Record | None = None,
) -> Record:
    """Change a ticket as the helpdesk itself does, whatever its state; its audit."""
    moment = _touched(account, ticket, at)
    events: list[Record] = []
    for name in ("subject", "priority", "type", "external_id", "group_id", "assignee_id"):
        if name in change and change[name] != ticket.get(name):
            events.append(_changed(name, ticket.get(name), change[name]))
            ticket[name] = change[name]
    events += _retag(account, ticket, change)
    if "comment" in change:
        events.append(account.comment(ticket, change["comment"], change["comment"].get("author_id", actor_id)))
    if "status" in change and change["status"] != ticket["status"]:
        events.append(_changed("status", ticket["status"], change["status"]))
        _set_status(account, ticket, change["status"], moment)
    audit = account.add_audit(ticket, events, actor_id, moment, through)
    announce(account, ticket, audit, actor_id)
    return audit


def settle(account: Account, ticket: Record, audit: Record | None, actor_id: int | None, at: datetime) -> None:
    """After something was said: the ticket has changed, and webhooks hear of it."""
    _touched(account, ticket, at)
    if audit is not None:
        announce(account, ticket, audit, actor_id)


def _touched(account: Account, ticket: Record, at: datetime | None) -> datetime:
    """When an update happens: now unless it is played, and always after the update before it."""
    last = datetime.fromisoformat(ticket["updated_at"])
    moment = (at or account.clock()).astimezone(UTC)
    if at is None and moment.replace(microsecond=0) <= last:
        moment = last + timedelta(seconds=1)
    ticket["updated_at"] = stamp(max(moment, last))
    return moment


def _set_status(account: Account, ticket: Record, status: str, at: datetime) -> None:
    ticket["status"] = status
    if status == "solved":
        account.solved_at[ticket["id"]] = stamp(at)
    elif status not in ENDED:
        account.solved_at.pop(ticket["id"], None)


def _check(account: Account, ticket: Record, change: Mapping[str, Any]) -> None:
    if ticket["status"] == "closed":
        raise Refused(422, shapes.invalid("status", "Status: closed prevents ticket update"))
    if ticket["id"] in account.read_only:
        words = "This ticket is read-only until the AI agent hands it over"
        raise Refused(422, shapes.invalid("base", words))
    if "safe_update" in change:
        if not change.get("updated_stamp"):
            raise Refused(400, {"error": "BadRequest", "description": "updated_stamp is required with safe_update"})
        if change["updated_stamp"] != ticket["updated_at"]:
            raise Refused(409, {"error": "UpdateConflict", "description": "Safe Update prevented the update"})
    if "status" in change and change["status"] not in STATUSES:
        raise Refused(422, shapes.invalid("status", "Status: is not valid"))
    for item in change.get("custom_fields", []):
        _check_value(account.fields.get(item.get("id")), item.get("value"))


def _check_value(known: Record | None, value: Any) -> None:
    if known is None or value in (None, ""):
        return
    options = {option["value"] for option in known.get("custom_field_options", [])}
    if known["type"] == "tagger" and value not in options:
        raise Refused(422, shapes.invalid("base", f"{known['title']}: {value} is not one of its options"))
    if known["type"] == "integer" and not re.fullmatch(r"-?\d+", str(value)):
        raise Refused(422, shapes.invalid("base", f"{known['title']}: must be a whole number"))


def _retag(account: Account, ticket: Record, change: Mapping[str, Any]) -> list[Record]:
    """`tags` overwrites; a drop-down is its tag, so losing the tag blanks it and setting it brings the tag."""
    before = list(ticket["tags"])
    events: list[Record] = []
    if "tags" in change:
        given = change["tags"] if isinstance(change["tags"], list) else str(change["tags"]).split()
        ticket["tags"] = _clean(given)
    ticket["tags"] = _clean([*ticket["tags"], *change.get("additional_tags", [])])
    gone = set(_clean(change.get("remove_tags", [])))
    ticket["tags"] = [tag for tag in ticket["tags"] if tag not in gone]
    written = {item["id"]: item.get("value") for item in change.get("custom_fields", []) if "id" in item}
    for item in ticket["custom_fields"]:
        old = item["value"]
        item["value"] = _value(account, ticket, item["id"], old, written)
        if item["value"] != old:
            events.append(_changed(str(item["id"]), old, item["value"]))
    ticket["fields"] = ticket["custom_fields"]
    if ticket["tags"] != before:
        events.append(_changed("tags", before, list(ticket["tags"])))
    return events


def _value(account: Account, ticket: Record, ident: int, old: Any, written: Mapping[int, Any]) -> Any:
    known = account.fields[ident]
    if known["type"] != "tagger":
        return (written[ident] or None) if ident in written else old
    options = [option["value"] for option in known["custom_field_options"]]
    if ident in written:
        chosen = written[ident] or None
        ticket["tags"] = [tag for tag in ticket["tags"] if tag not in options]
        ticket["tags"] += [chosen] if chosen else []
        return chosen
    held = [tag for tag in ticket["tags"] if tag in options]
    return old if old in held else next(iter(held), None)


def update_many(account: Account, ids: list[int], changes: list[Mapping[str, Any]], actor_id: int) -> Record:
    """Queue a bulk update; it runs while its state is asked for."""
    if sum(1 for job in account.jobs.values() if job["status"] in ("queued", "working")) >= 30:
        raise Refused(429, {"error": "TooManyJobs", "description": "Too many jobs queued or running"})
    job = shapes.job(account.base, f"V3-{uuid.uuid4().hex}", len(ids))
    job["work"] = (ids, changes, actor_id)
    account.jobs[job["id"]] = job
    return job


def advance(account: Account, job: Record) -> None:
    """One look at a job moves it on: queued, working, completed."""
    if job["status"] == "queued":
        job["status"] = "working"
    elif job["status"] == "working":
        ids, changes, actor_id = job["work"]
        results = [_bulk(account, number, change, actor_id) for number, change in zip(ids, changes, strict=True)]
        job |= {"status": "completed", "progress": len(ids), "message": f"Completed at {stamp(account.clock())}"}
        job["results"] = [{"index": position, **found} for position, found in enumerate(results)]


def _bulk(account: Account, number: int, change: Mapping[str, Any], actor_id: int) -> Record:
    """One ticket of a bulk update: of a closed one only tags can change."""
    ticket = account.tickets.get(number)
    if ticket is None:
        return {"id": number, "success": False, "error": "TicketNotFound"}
    tags_only = set(change) <= {"id", "additional_tags", "remove_tags"}
    try:
        if ticket["status"] == "closed" and tags_only:
            moment = _touched(account, ticket, None)
            audit = account.add_audit(ticket, _retag(account, ticket, change), actor_id, moment)
            announce(account, ticket, audit, actor_id)
        else:
            update(account, ticket, change, actor_id)
    except Refused as refused:
        return {
            "id": number,
            "success": False,
            "error": "TicketUpdateFailed",
            "details": refused.body.get("details") or refused.body["description"],
        }
    return {"id": number, "success": True, "action": "update", "status": "Updated"}


def announce(account: Account, ticket: Record, audit: Record, actor_id: int | None) -> None:
    """Tell webhooks of what an audit holds, one event for each kind of change."""
    for event in audit["events"]:
        name = event.get("field_name", "")
        old, new = event.get("previous_value"), event.get("value")
        change = {"current": new, "previous": old}
        if event["type"] == "Comment":
            account.emit("comment_added", ticket, actor_id, {"comment": {"id": str(event["id"])}}, audit["created_at"])
        elif event["type"] != "Change":
            continue
        elif name == "status":
            upper = {key: str(value).upper() for key, value in change.items()}
            account.emit("status_changed", ticket, actor_id, upper, audit["created_at"])
        elif name == "tags":
            change = {"tags_added": sorted(set(new) - set(old)), "tags_removed": sorted(set(old) - set(new))}
            account.emit("tags_changed", ticket, actor_id, change, audit["created_at"])
        elif name in ("group_id", "assignee_id"):
            kind = "group_assignment_changed" if name == "group_id" else "agent_assignment_changed"
            account.emit(kind, ticket, actor_id, change, audit["created_at"])
        elif name.isdecimal():
            account.emit("custom_field_changed", ticket, actor_id, change, audit["created_at"])


def _changed(name: str, old: Any, new: Any) -> Record:
    """A Change event; ids are text in audits."""
    if name.endswith("_id"):
        old, new = (None if value is None else str(value) for value in (old, new))
    return {"type": "Change", "field_name": name, "previous_value": old, "value": new}


def _clean(tags: Any) -> list[str]:
    """Tags as Zendesk keeps them: lower case, no spaces, each once."""
    return list(dict.fromkeys(word for tag in tags for word in str(tag).lower().split()))
