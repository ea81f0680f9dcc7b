"""What is Deskmark's on a Zendesk account: custom fields, webhook, trigger, and the requests that make them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.http import ApiRequest
from connectors.zendesk.mapping import option_tag
from connectors.zendesk.payloads import Record, ident, record, records, text
from service.writeback import OUTCOMES

EVENTS = (
    "zen:event-type:ticket.status_changed",
    "zen:event-type:ticket.agent_assignment_changed",
    "zen:event-type:ticket.group_assignment_changed",
    "zen:event-type:ticket.tags_changed",
    "zen:event-type:ticket.merged",
    "zen:event-type:ticket.soft_deleted",
    "zen:event-type:ticket.permanently_deleted",
    "zen:event-type:ticket.marked_as_spam",
    "zen:event-type:ticket.undeleted",
    "zen:event-type:ticket.comment_redacted",
    "zen:event-type:user.merged",
    "zen:event-type:user.deleted",
    "zen:event-type:user.active_changed",
)
"""What a webhook is subscribed to. A rating that comes after solving is seen when the ticket is next read."""

TRIGGERED = "conditional_ticket_events"
TRIGGER_BODY = (
    '{"event": "solved", "ticket_id": "{{ticket.id}}", "status": "{{ticket.status}}", '
    '"updated_at": "{{ticket.updated_at_with_timestamp}}", "actor_id": "{{current_user.id}}"}'
)
"""The JSON that a trigger sends: ids and status only, since a subject with a quote in it would break it.

The id of who changed the ticket is the second guard against a loop: an update of our own is ignored when it comes.
"""

KINDS: Mapping[str, str] = {
    "dm_resolution": "integer",
    "dm_effort": "integer",
    "dm_outcome": "tagger",
    "dm_definitions": "text",
    "dm_scored_at": "text",
}
TITLES: Mapping[str, str] = {
    "dm_resolution": "Deskmark: resolved (percent)",
    "dm_effort": "Deskmark: effort (1 hard, 7 easy)",
    "dm_outcome": "Deskmark: outcome",
    "dm_definitions": "Deskmark: definitions",
    "dm_scored_at": "Deskmark: scored at",
}
WEBHOOK_NAME = "Deskmark"
TRIGGER_TITLE = "Deskmark: ticket solved"
NOTIFIES = "notification_webhook"
"""The action of a trigger that calls a webhook."""


def outcome_options(prefix: str) -> list[dict[str, str]]:
    """The options of the outcome's drop-down; their values are our tags."""
    return [{"name": outcome, "value": option_tag(outcome, prefix)} for outcome in OUTCOMES]


def create_field(name: str, prefix: str) -> ApiRequest:
    """Make one custom field; the outcome's options carry our tags as their values."""
    field: dict[str, Any] = {"type": KINDS[name], "title": TITLES[name], "agent_description": "Written by Deskmark."}
    if KINDS[name] == "tagger":
        field["custom_field_options"] = outcome_options(prefix)
    return ApiRequest("POST", "/api/v2/ticket_fields", json={"ticket_field": field})


def change_field(number: str, changes: Mapping[str, Any]) -> ApiRequest:
    """Change a field. Options that are not named are removed from it, and their values from all tickets."""
    return ApiRequest("PUT", f"/api/v2/ticket_fields/{number}", json={"ticket_field": dict(changes)})


def delete_field(number: str) -> ApiRequest:
    """Delete a field, and its values from all tickets."""
    return ApiRequest("DELETE", f"/api/v2/ticket_fields/{number}")


def list_fields() -> ApiRequest:
    """All ticket fields, the system's and the account's, on one page."""
    return ApiRequest("GET", "/api/v2/ticket_fields")


def list_webhooks(cursor: str | None) -> ApiRequest:
    """One page of the account's webhooks."""
    return ApiRequest("GET", "/api/v2/webhooks", query=_page(cursor))


def new_webhook(endpoint: str, *, by_trigger: bool) -> ApiRequest:
    """Make a webhook in one of the two modes, which exclude each other and cannot be changed later."""
    webhook = {
        "name": WEBHOOK_NAME,
        "endpoint": endpoint,
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
        "subscriptions": subscriptions(by_trigger=by_trigger),
    }
    return ApiRequest("POST", "/api/v2/webhooks", json={"webhook": webhook})


def subscriptions(*, by_trigger: bool) -> list[str]:
    """What a webhook of this mode is subscribed to."""
    return [TRIGGERED] if by_trigger else list(EVENTS)


def change_webhook(webhook_id: str, changes: Mapping[str, Any]) -> ApiRequest:
    """Change some of a webhook; its mode cannot be changed."""
    return ApiRequest("PATCH", f"/api/v2/webhooks/{webhook_id}", json={"webhook": dict(changes)})


def delete_webhook(webhook_id: str) -> ApiRequest:
    """Delete a webhook; triggers that call it go first, since Zendesk may keep one that is in use."""
    return ApiRequest("DELETE", f"/api/v2/webhooks/{webhook_id}")


def show_secret(webhook_id: str) -> ApiRequest:
    """The secret that a webhook's deliveries are signed with."""
    return ApiRequest("GET", f"/api/v2/webhooks/{webhook_id}/signing_secret")


def list_triggers(cursor: str | None) -> ApiRequest:
    """One page of the account's ticket triggers."""
    return ApiRequest("GET", "/api/v2/triggers", query=_page(cursor))


def new_trigger(webhook_id: str) -> ApiRequest:
    """Make the trigger: on the *change* to solved, so that our own later update does not run it again.

    https://developer.zendesk.com/documentation/ticketing/reference-guides/conditions-reference/
    """
    return ApiRequest("POST", "/api/v2/triggers", json={"trigger": _trigger(webhook_id)})


def change_trigger(number: str, webhook_id: str) -> ApiRequest:
    """Make a trigger what it should be. Conditions and actions are replaced as a whole."""
    return ApiRequest("PUT", f"/api/v2/triggers/{number}", json={"trigger": {**_trigger(webhook_id), "active": True}})


def delete_trigger(number: str) -> ApiRequest:
    """Delete a trigger."""
    return ApiRequest("DELETE", f"/api/v2/triggers/{number}")


def as_it_should_be(trigger: Record, webhook_id: str) -> bool:
    """Whether a trigger does exactly what ours does."""
    wanted, conditions = _trigger(webhook_id), record(trigger.get("conditions"))
    return (
        trigger.get("active") is not False
        and _plain(conditions.get("all")) == _plain(record(wanted["conditions"]).get("all"))
        and not conditions.get("any")
        and notified(trigger) == [(webhook_id, TRIGGER_BODY)]
        and len(list(records(trigger.get("actions")))) == 1
    )


def notified(trigger: Record) -> list[tuple[str, str]]:
    """Webhook ids and bodies of the webhooks that a trigger calls."""
    found = []
    for action in records(trigger.get("actions")):
        value = action.get("value")
        if action.get("field") == NOTIFIES and isinstance(value, list) and len(value) > 1:
            found.append((ident(value[0]) or "", text(value[1])))
    return found


def _trigger(webhook_id: str) -> dict[str, Any]:
    return {
        "title": TRIGGER_TITLE,
        "conditions": {"all": [{"field": "status", "operator": "value", "value": "solved"}], "any": []},
        "actions": [{"field": NOTIFIES, "value": [webhook_id, TRIGGER_BODY]}],
    }


def _plain(conditions: object) -> list[tuple[str, str, str]]:
    return [(text(c.get("field")), text(c.get("operator")), text(c.get("value"))) for c in records(conditions)]


def _page(cursor: str | None) -> dict[str, str]:
    return {"page[size]": "100"} | ({} if cursor is None else {"page[after]": cursor})
