"""Ticket triggers, as far as ours need them: conditions on the status, a webhook with a rendered body."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from connectors.zendesk.sandbox.shapes import Record

_PLACEHOLDER = re.compile(r"\{\{\s*(?P<name>[\w.]+)\s*\}\}")


def fired(
    triggers: Iterable[Record], name: str, ticket: Record, actor_id: int | None, change: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Webhook ids and rendered bodies of the triggers that one change runs."""
    found: list[tuple[str, str]] = []
    for trigger in triggers:
        conditions = trigger.get("conditions", {})
        wanted = list(conditions.get("all", []))
        either = list(conditions.get("any", []))
        holds = all(_holds(item, name, ticket, change) for item in wanted)
        if not holds or (either and not any(_holds(item, name, ticket, change) for item in either)):
            continue
        for action in trigger.get("actions", []):
            if action.get("field") == "notification_webhook":
                hook, template = action["value"]
                found.append((hook, _rendered(template, ticket, actor_id)))
    return found


def _holds(condition: Mapping[str, Any], name: str, ticket: Record, change: Mapping[str, Any]) -> bool:
    """`is` looks at the ticket; `changed`, `value` (changed to) and `value_previous` at this very change."""
    field, operator, value = (str(condition.get(key, "")) for key in ("field", "operator", "value"))
    if field == "update_type":
        return (value == "Create") == (name == "created")
    if field != "status":
        return False
    changed = name == "status_changed"
    current, previous = (str(change.get(key, "")).lower() for key in ("current", "previous"))
    holds: Mapping[str, bool] = {
        "is": ticket["status"] == value,
        "is_not": ticket["status"] != value,
        "changed": changed,
        "value": changed and current == value,
        "value_previous": changed and previous == value,
    }
    return holds.get(operator, False)


def _rendered(template: str, ticket: Record, actor_id: int | None) -> str:
    known = {
        "ticket.id": str(ticket["id"]),
        "ticket.status": str(ticket["status"]).capitalize(),
        "ticket.title": str(ticket["subject"]),
        "ticket.updated_at_with_timestamp": str(ticket["updated_at"]),
        "current_user.id": "" if actor_id is None else str(actor_id),
    }
    return _PLACEHOLDER.sub(lambda found: known.get(found["name"], ""), template)
