"""Zendesk's part of the self-test: who we are, what we may, our clock, our fields, and its own test delivery.

Nothing is written to the account. Requests are those of the OpenAPI file; the test delivery's are those of a recorded
exchange.
"""

from __future__ import annotations

import json
from datetime import datetime
from types import MappingProxyType
from typing import Protocol, cast
from urllib.parse import urlsplit

from connectors.base import Client, Installation
from connectors.errors import ConnectorError, CredentialsRefused, NotFound, Rejected
from connectors.http import ApiRequest, ApiResponse
from connectors.names import Kind, Needs
from connectors.self_test import Asked, Outcome, SelfTest, Step, StepName, clock, failed, passed, refused
from connectors.zendesk import actions
from connectors.zendesk.install import TITLES
from connectors.zendesk.mapping import option_tag
from connectors.zendesk.options import Options
from connectors.zendesk.payloads import Record, ident, record, records, text
from connectors.zendesk.webhook import TEST_EVENT, tolerance
from service.writeback import OUTCOMES

CREDENTIALS = (
    "In Admin Center > Apps and integrations > APIs > OAuth clients look the client up (it must be confidential), "
    "and enter its identifier and secret under Change."
)
SCOPES = "Give the OAuth client the scopes read and write, enter its secret anew under Change, and test again."
SIGNATURE_REFUSED = (
    "In Admin Center > Apps and integrations > Webhooks open this webhook, reveal its signing secret, and enter it "
    "under Change as the webhook signing secret."
)
NEEDED = (
    ("tickets", "to read conversations", ApiRequest("GET", "/api/v2/tickets", query={"page[size]": "1"})),
    (
        "search/export",
        "to find conversations whose webhook never came",
        ApiRequest(
            "GET",
            "/api/v2/search/export",
            query={"query": "status>=solved", "filter[type]": "ticket", "page[size]": "1"},
        ),
    ),
    ("ticket_fields", "to know our fields", ApiRequest("GET", "/api/v2/ticket_fields", query={"page[size]": "1"})),
)
"""What is read, why, and the cheapest request that tells whether it may be. Audits need the global scope `read`; the
first ticket's are asked for as well."""


_WHO = "Give the OAuth client the scope read, and Deskmark's user the role Admin"
NAMES: Needs = MappingProxyType(
    {
        Kind.BRAND: f"{_WHO}: an agent is told the brands of their own only.",
        Kind.GROUP: f"{_WHO}.",
        Kind.BOT: f"{_WHO}.",
    }
)
"""Brands, groups and users have no narrower scope that all three could be read with; who may list brands is told by
the OpenAPI file (`/api/v2/brands`)."""


class Account(Protocol):
    """What is needed of a `ZendeskClient`."""

    options: Options

    def send(self, request: ApiRequest) -> ApiResponse:
        """Send one request."""
        ...


class ZendeskSelfTest:
    """Implements `connectors.self_test.SelfTest` over the client of one installation."""

    def __init__(self, client: Account, installation: Installation) -> None:
        self._client = client
        self._installation = installation

    def access(self, *, now: datetime) -> tuple[Step, ...]:
        """Credentials, region and clock, from one request."""
        try:
            answer = self._client.send(actions.me())
        except ConnectorError as error:
            return (self._refused(StepName.CREDENTIALS, error),)
        user = record(record(answer.body).get("user"))
        region = Step(StepName.REGION, Outcome.SKIPPED, "Zendesk has one address for each account, and no regions.")
        seconds = tolerance(self._installation).total_seconds()
        told = clock(answer.headers.get("Date", ""), now=now, tolerance=seconds, signed=True)
        return (_who(user), region, told)

    def scopes(self) -> Step:
        """The scopes of the token, and one cheap request for everything that is read."""
        try:
            granted = self._granted()
            if granted is not None and "write" not in granted:
                seen = f"The token has the scopes {', '.join(sorted(granted)) or 'none'}: write is missing."
                return failed(StepName.SCOPES, f"{seen} Tags, fields and notes need it.", SCOPES)
            for name, why, request in NEEDED:
                if (step := self._tried(name, why, request)) is not None:
                    return step
            ticket = next(records(self._body(NEEDED[0][2]).get("tickets")), None)
            number = ident(ticket.get("id")) if ticket else None
            if number is not None:
                audits = ApiRequest("GET", f"/api/v2/tickets/{number}/audits", query={"page[size]": "1"})
                if (step := self._tried("ticket audits", "to see who said and did what", audits)) is not None:
                    return step
        except ConnectorError as error:
            return self._refused(StepName.SCOPES, error)
        tried = "tickets, audits, search and fields may be read" if number else "tickets, search and fields may be read"
        write = "the token may write" if granted is not None else "whether it may write shows with the test tag"
        return passed(StepName.SCOPES, f"{tried.capitalize()}; {write}.")

    def fields(self) -> Step:
        """Whether the ticket fields that are set exist, are active, and the outcome's has our values."""
        try:
            found = self._client.send(ApiRequest("GET", "/api/v2/ticket_fields")).body
        except ConnectorError as error:
            return self._refused(StepName.FIELDS, error)
        known = {ident(each.get("id")): each for each in records(record(found).get("ticket_fields"))}
        set_up = self._client.options.field_ids
        for name, number in set_up.items():
            field = known.get(str(number))
            if field is None or field.get("active") is False:
                return failed(
                    StepName.FIELDS,
                    f"Field {number} for {name} does not exist or is not active.",
                    "Activate it in Admin Center > Objects and rules > Tickets > Fields, or correct its id under "
                    "Change.",
                )
            if name == "dm_outcome" and not _has_options(field, self._client.options.prefix):
                return failed(
                    StepName.FIELDS,
                    f"Field {number} is not a drop-down with the six outcomes as values.",
                    f"Make it anew: deskmark installations prepare {self._installation.id}",
                )
        missing = [name for name in TITLES if name not in set_up]
        if missing:
            seen = f"{len(set_up)} of {len(TITLES)} fields are set; not written: {', '.join(missing)}."
            make = f"Have them made: deskmark installations prepare {self._installation.id}"
            return Step(StepName.FIELDS, Outcome.OPEN, seen, make)
        return passed(StepName.FIELDS, f"All {len(TITLES)} ticket fields are there.")

    def provoke(self, address: str, *, nonce: str) -> Asked | Step:
        """Have Zendesk send a test delivery of our webhook: signed with its secret, to its endpoint.

        The recorded answer gives the status that our endpoint answered with.
        """
        name = StepName.SIGNATURE
        try:
            hook = self._webhook(address)
            if isinstance(hook, Step):
                return hook
            payload = json.dumps({"event": TEST_EVENT, "nonce": nonce})
            asking = ApiRequest(
                "POST",
                "/api/v2/webhooks/test",
                query={"webhook_id": str(ident(hook.get("id")))},
                json={"request": {"payload": payload}},
            )
            answer = record(record(self._client.send(asking).body).get("response"))
        except Rejected as error:
            return self._untested(error)
        except ConnectorError as error:
            return self._refused(name, error)
        return _answered(ident(answer.get("status_code")), address, nonce)

    def _untested(self, error: Rejected) -> Step:
        """Why the webhook may not be tested: a scope where one is known to be missing, else the user's role."""
        try:
            granted = self._granted()
        except ConnectorError:
            granted = None
        missing = [] if granted is None else [scope for scope in ("read", "write") if scope not in granted]
        if missing:
            lacks = f"Zendesk does not let us test the webhook: the token lacks the scope {' and '.join(missing)}."
            return Step(StepName.SIGNATURE, Outcome.OPEN, lacks, SCOPES)
        return Step(
            StepName.SIGNATURE,
            Outcome.OPEN,
            f"Zendesk does not let us test the webhook ({error}).",
            "Only admins may read and test webhooks: give the integration user that role, or press Test webhook in "
            "Admin Center.",
        )

    def _granted(self) -> frozenset[str] | None:
        """The token's scopes; `None` where Zendesk does not say (an answer other than the documented one)."""
        try:
            body = self._body(ApiRequest("GET", "/api/v2/oauth/tokens/current"))
        except CredentialsRefused:
            raise
        except (NotFound, Rejected):
            return None
        scopes = record(body.get("token")).get("scopes")
        return frozenset(map(str, scopes)) if isinstance(scopes, list) else None

    def _tried(self, what: str, why: str, request: ApiRequest) -> Step | None:
        try:
            self._client.send(request)
        except (Rejected, NotFound) as error:
            return failed(StepName.SCOPES, f"Reading {what} is refused ({error}). It is needed {why}.", SCOPES)
        return None

    def _webhook(self, address: str) -> Record | Step:
        """The account's webhook that calls us, told by the path of its endpoint."""
        path = urlsplit(address).path
        hooks = records(self._body(ApiRequest("GET", "/api/v2/webhooks", query={"page[size]": "100"})).get("webhooks"))
        ours = [hook for hook in hooks if urlsplit(text(hook.get("endpoint"))).path == path]
        prepare = f"Make it: deskmark installations prepare {self._installation.id}"
        if not ours:
            return failed(StepName.SIGNATURE, f"No webhook of the account calls {path}.", prepare)
        hook = next((each for each in ours if text(each.get("endpoint")) == address), ours[0])
        endpoint = text(hook.get("endpoint"))
        if urlsplit(address).scheme and endpoint != address:
            correct = f"Set the webhook's endpoint URL in Admin Center to {address}, or correct PUBLIC_URL."
            return failed(StepName.SIGNATURE, f"The webhook calls {endpoint}, not {address}.", correct)
        if text(hook.get("status")) == "inactive":
            return failed(StepName.SIGNATURE, "The webhook is switched off.", "Activate it in Admin Center > Webhooks.")
        return hook

    def _body(self, request: ApiRequest) -> Record:
        return record(self._client.send(request).body)

    def _refused(self, name: StepName, error: ConnectorError) -> Step:
        base_url = self._installation.base_url
        return refused(name, error, helpdesk="Zendesk", base_url=base_url, credentials=CREDENTIALS)


def self_test(client: Client, installation: Installation) -> SelfTest:
    """The self-test over a client that this connector made."""
    return ZendeskSelfTest(cast(Account, client), installation)


def _who(user: Record) -> Step:
    role, number = text(user.get("role")), ident(user.get("id"))
    if role in ("agent", "admin"):
        who = f"We are user {number} ({role}); what we write comes back under that id."
        return passed(StepName.CREDENTIALS, who)
    return failed(
        StepName.CREDENTIALS,
        f"We are let in, but as {'an end user' if role else 'nobody'}.",
        "Make the OAuth client under a user with an agent or admin seat, and enter its credentials under Change.",
    )


def _answered(status: str | None, address: str, nonce: str) -> Asked | Step:
    """What the status with which our endpoint answered Zendesk says."""
    name, place = StepName.SIGNATURE, urlsplit(address).netloc or "this service"
    match status:
        case "200":
            return Asked(f"{TEST_EVENT}.{nonce}")
        case "401":
            return failed(
                name, "The test delivery came, and its signature does not fit the stored secret.", SIGNATURE_REFUSED
            )
        case "404":
            wrong = "is switched off here or belongs to another Deskmark"
            return failed(
                name, f"The address answers that it knows no such installation: it {wrong}.", "Compare PUBLIC_URL with "
                "the address at which this page is open, and test again.",
            )  # fmt: skip
        case "503":
            return failed(
                name,
                "The test delivery came, and Deskmark could not take it.",
                "Run deskmark doctor on the server; it says what is broken.",
            )
        case "429":
            return Step(name, Outcome.OPEN, "Our endpoint asked Zendesk to slow down.", "Test again in a minute.")
    said = f"answered {status}" if status else "did not answer"
    return failed(
        name,
        f"Zendesk reached for the address and {place} {said}.",
        f"Make {place} reachable from the internet over https with a valid certificate, and its proxy pass /webhooks/ "
        "on to Deskmark.",
    )


def _has_options(field: Record, prefix: str) -> bool:
    values = {text(option.get("value")) for option in records(field.get("custom_field_options"))}
    return {option_tag(outcome, prefix) for outcome in OUTCOMES} <= values
