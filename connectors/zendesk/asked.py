"""What is asked of a Zendesk account while it is set up: its options, its requests, its ticket fields."""

from __future__ import annotations

from typing import Protocol

from connectors.http import ApiRequest, ApiResponse
from connectors.zendesk.mapping import option_tag
from connectors.zendesk.options import Options
from connectors.zendesk.own import list_fields
from connectors.zendesk.payloads import Record, record, records, text
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


def has_options(field: Record, prefix: str) -> bool:
    """Whether a drop-down has all of our outcomes, with our tags as values."""
    values = {text(option.get("value")) for option in records(field.get("custom_field_options"))}
    return {option_tag(outcome, prefix) for outcome in OUTCOMES} <= values


def ticket_fields(client: Account) -> list[Record]:
    """All ticket fields of the account."""
    body = record(client.send(list_fields()).body)
    return list(records(body.get("ticket_fields")))
