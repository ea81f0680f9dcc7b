"""Looking at a connected account: who we are, what we may read, and whether the custom fields are as they should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from connectors.errors import CredentialsRefused, NotFound, Rejected
from connectors.http import ApiRequest, ApiResponse
from connectors.zendesk.mapping import option_tag
from connectors.zendesk.options import Options
from connectors.zendesk.own import TITLES, list_fields
from connectors.zendesk.payloads import Record, ident, record, records, text
from service.writeback import OUTCOMES


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
    known = {ident(found.get("id")): found for found in ticket_fields(client)}
    findings = []
    for name, title in TITLES.items():
        number = client.options.field_ids.get(name)
        found = known.get(str(number)) if number is not None else None
        if number is None:
            findings.append(Finding(False, f"No field is set for {name} ({title}); it is not written."))
        elif found is None or found.get("active") is False:
            findings.append(Finding(False, f"Field {number} for {name} does not exist or is not active."))
        elif name == "dm_outcome" and not has_options(found, client.options.prefix):
            findings.append(Finding(False, f"Field {number} is not a drop-down with the six outcome tags as values."))
        else:
            findings.append(Finding(True, f"{name} is written to field {number}."))
    return findings


def has_options(field: Record, prefix: str) -> bool:
    """Whether a drop-down has all of our outcomes, with our tags as values."""
    values = {text(option.get("value")) for option in records(field.get("custom_field_options"))}
    return {option_tag(outcome, prefix) for outcome in OUTCOMES} <= values


def ticket_fields(client: Account) -> list[Record]:
    """All ticket fields of the account."""
    body = record(client.send(list_fields()).body)
    return list(records(body.get("ticket_fields")))
