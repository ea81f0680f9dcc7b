"""Setting a helpdesk up over its API: seeing what an admin still has to do, doing what can be done from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from connectors.base import Installation
from connectors.intercom import install as intercom
from connectors.limiter import Limiter
from connectors.registry import connectors
from connectors.zendesk import install as zendesk
from tasks.runtime import Clients


class NothingToPrepare(ValueError):
    """This helpdesk's settings cannot be made over its API."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that was looked at: whether it is right, and in plain words what it is or what to do."""

    right: bool
    text: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was made on the helpdesk and must be kept with the installation."""

    options: Mapping[str, str]
    secrets: Mapping[str, str]
    made: tuple[str, ...]


def check(installation: Installation, *, public_url: str, local: bool = False) -> tuple[Seen, ...]:
    """Everything that can be seen of an installation from here. Raises `ConnectorError` when it does not answer."""
    client = _client(installation, local)
    if installation.connector == "zendesk":
        return tuple(Seen(found.fine, found.text) for found in zendesk.check(client))
    return tuple(Seen(found.ok, found.text) for found in intercom.check(client, public_url=public_url))


def prepare(installation: Installation, *, endpoint: str, by_trigger: bool, local: bool = False) -> Prepared:
    """Make Zendesk's custom fields and its webhook to `endpoint`. Raises `NothingToPrepare`, `ConnectorError`."""
    if installation.connector != "zendesk":
        raise NothingToPrepare("Intercom's attributes and webhook cannot be made over its API; see its README")
    client = _client(installation, local)
    fields = zendesk.create_fields(client)
    webhook, secret = zendesk.create_webhook(client, endpoint, by_trigger=by_trigger)
    return Prepared(
        options={name: str(number) for name, number in fields.items()},
        secrets={"webhook_secret": secret},
        made=(*(f"field {name}: {number}" for name, number in fields.items()), f"webhook {webhook} to {endpoint}"),
    )


def _client(installation: Installation, local: bool) -> Any:
    """The helpdesk's own client: setting up needs more of it than reading and writing conversations do."""
    return cast(Any, Clients(connectors(), Limiter(), local=local).of(installation))
