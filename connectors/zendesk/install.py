"""Connecting an account: what is missing, and making it over the API: custom fields, webhook, trigger, secret.

Every function takes a `ZendeskClient`; the caller keeps the returned field ids and secret with the installation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from connectors.errors import ConnectorError, CredentialsRefused, NotFound, Rejected
from connectors.http import ApiRequest, ApiResponse
from connectors.zendesk.mapping import option_tag
from connectors.zendesk.options import Options
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
)
"""What a webhook is subscribed to. A rating that comes after solving is seen when the ticket is next read."""

TRIGGERED = "conditional_ticket_events"
TRIGGER_BODY = (
    '{"event": "solved", "ticket_id": "{{ticket.id}}", "status": "{{ticket.status}}", '
    '"updated_at": "{{ticket.updated_at_with_timestamp}}", "actor_id": "{{current_user.id}}"}'
)
"""The JSON that a trigger sends: ids and status only, since a subject with a quote in it would break it."""

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


class Account(Protocol):
    """What is needed of a `ZendeskClient`."""

    @property
    def options(self) -> Options:
        """The installation's options."""
        ...

    def me(self) -> Record:
        """The user that the token belongs to."""
        ...

    def send(self, request: ApiRequest) -> ApiResponse:
        """Send one request."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, in plain words: whether it is right, and what to do when it is not."""

    fine: bool
    text: str


def check(client: Account) -> list[Finding]:
    """Who we are, what we may read, and whether the custom fields are there. Raises `RetryLater` only."""
    try:
        user = client.me()
    except (CredentialsRefused, Rejected, NotFound) as error:
        return [Finding(False, f"Zendesk does not let us in: {error}")]
    findings = [_who(user)]
    exported = {"query": "status>=solved", "filter[type]": "ticket", "page[size]": "1"}
    findings.append(_allowed(client, "search", ApiRequest("GET", "/api/v2/search/export", query=exported)))
    return [*findings, *_audits(client), *_fields(client)]


def create_fields(client: Account) -> dict[str, int]:
    """Our custom fields' ids by name: those of the account where the titles are there already, else newly made ones."""
    known = {text(found.get("title")): ident(found.get("id")) for found in _ticket_fields(client)}
    ids: dict[str, int] = {}
    for name, title in TITLES.items():
        found = known.get(title)
        if found is None:
            body = record(client.send(create_field(name, client.options.prefix)).body)
            found = ident(record(body.get("ticket_field")).get("id"))
        if found is not None:
            ids[name] = int(found)
    return ids


def create_webhook(client: Account, endpoint: str, *, by_trigger: bool = False) -> tuple[str, str]:
    """Subscribe `endpoint` (HTTPS), or connect it to a trigger; the webhook's id and signing secret."""
    body = record(client.send(new_webhook(endpoint, by_trigger=by_trigger)).body)
    name = ident(record(body.get("webhook")).get("id"))
    if name is None:
        raise ConnectorError("Zendesk made a webhook but did not say its id; look for it in Admin Center")
    if by_trigger:
        client.send(new_trigger(name))
    return name, signing_secret(client, name)


def signing_secret(client: Account, webhook_id: str) -> str:
    """The secret that a webhook's deliveries are signed with."""
    body = record(client.send(ApiRequest("GET", f"/api/v2/webhooks/{webhook_id}/signing_secret")).body)
    return text(record(body.get("signing_secret")).get("secret"))


def create_field(name: str, prefix: str) -> ApiRequest:
    """Make one custom field; the outcome's options carry our tags as their values."""
    field: dict[str, Any] = {"type": KINDS[name], "title": TITLES[name], "agent_description": "Written by Deskmark."}
    if KINDS[name] == "tagger":
        options = [{"name": outcome, "value": option_tag(outcome, prefix)} for outcome in OUTCOMES]
        field["custom_field_options"] = options
    return ApiRequest("POST", "/api/v2/ticket_fields", json={"ticket_field": field})


def new_webhook(endpoint: str, *, by_trigger: bool) -> ApiRequest:
    """Make a webhook in one of the two modes, which exclude each other and cannot be changed later."""
    webhook = {
        "name": "Deskmark",
        "endpoint": endpoint,
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
        "subscriptions": [TRIGGERED] if by_trigger else list(EVENTS),
    }
    return ApiRequest("POST", "/api/v2/webhooks", json={"webhook": webhook})


def new_trigger(webhook_id: str) -> ApiRequest:
    """Make the trigger: on the *change* to solved, so that our own later update does not run it again.

    https://developer.zendesk.com/documentation/ticketing/reference-guides/conditions-reference/
    """
    trigger = {
        "title": "Deskmark: ticket solved",
        "conditions": {"all": [{"field": "status", "operator": "value", "value": "solved"}], "any": []},
        "actions": [{"field": "notification_webhook", "value": [webhook_id, TRIGGER_BODY]}],
    }
    return ApiRequest("POST", "/api/v2/triggers", json={"trigger": trigger})


def _who(user: Record) -> Finding:
    role = text(user.get("role"))
    name = text(user.get("name")) or ident(user.get("id")) or "nobody"
    if role in ("agent", "admin"):
        return Finding(True, f"We are {name} ({role}); our writes come back under id {ident(user.get('id'))}.")
    return Finding(False, f"We are {name}, who is no agent: connect with a user that has an agent seat.")


def _allowed(client: Account, what: str, request: ApiRequest) -> Finding:
    try:
        client.send(request)
    except (CredentialsRefused, Rejected, NotFound) as error:
        return Finding(False, f"We may not read {what}: give the OAuth client the scopes read and write ({error}).")
    return Finding(True, f"We may read {what}.")


def _audits(client: Account) -> list[Finding]:
    """Audits need the global read scope; an account without a ticket cannot be asked."""
    request = ApiRequest("GET", "/api/v2/tickets", query={"page[size]": "1"})
    tickets = _allowed(client, "tickets", request)
    if not tickets.fine:
        return [tickets]
    ticket = next(records(record(client.send(request).body).get("tickets")), None)
    name = ident(ticket.get("id")) if ticket else None
    if name is None:
        return [tickets, Finding(True, "There is no ticket yet, so reading audits could not be tried.")]
    audits = ApiRequest("GET", f"/api/v2/tickets/{name}/audits", query={"page[size]": "1"})
    return [tickets, _allowed(client, "audits", audits)]


def _fields(client: Account) -> list[Finding]:
    known = {ident(found.get("id")): found for found in _ticket_fields(client)}
    findings = []
    for name, title in TITLES.items():
        number = client.options.field_ids.get(name)
        found = known.get(str(number)) if number is not None else None
        if number is None:
            findings.append(Finding(False, f"No field is set for {name} ({title}); it is not written."))
        elif found is None or found.get("active") is False:
            findings.append(Finding(False, f"Field {number} for {name} does not exist or is not active."))
        elif name == "dm_outcome" and not _has_options(found, client.options.prefix):
            findings.append(Finding(False, f"Field {number} is not a drop-down with the six outcome tags as values."))
        else:
            findings.append(Finding(True, f"{name} is written to field {number}."))
    return findings


def _has_options(field: Record, prefix: str) -> bool:
    values = {text(option.get("value")) for option in records(field.get("custom_field_options"))}
    return {option_tag(outcome, prefix) for outcome in OUTCOMES} <= values


def _ticket_fields(client: Account) -> list[Record]:
    body = record(client.send(ApiRequest("GET", "/api/v2/ticket_fields")).body)
    return list(records(body.get("ticket_fields")))
