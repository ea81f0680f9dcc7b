"""Preparing a connected helpdesk: what its API lets us make is made there, and what comes of it is kept, audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy.orm import Session

from connectors.addresses import on_this_machine
from connectors.base import Installation
from connectors.intercom import install as intercom
from connectors.limiter import Limiter
from connectors.making import Done, Making, Step
from connectors.registry import connectors
from connectors.zendesk import install as zendesk
from service.store import audit
from service.store import installations as store
from service.store.database import Database
from service.store.models import Installation as Row
from service.store.secrets import SecretBox
from tasks import naming
from tasks.runtime import Clients, Clock, connected, stored_tokens


class NeedsAddress(ValueError):
    """The helpdesk could not call this service: PUBLIC_URL is not an https address."""


def prepare(
    database: Database,
    box: SecretBox,
    installation_id: str,
    *,
    webhook_url: str,
    by_trigger: bool,
    local: bool,
    actor: str,
    now: Clock,
) -> tuple[Step, ...]:
    """Make what is missing, repair what differs, keep ids and the signing secret; safe to do again.

    The names of brands, teams and bots are learned as well, where they are told. No transaction is open while the
    helpdesk is asked. Raises `ConnectorError`, and `NeedsAddress` for Zendesk.
    """
    with database.read() as session:
        installation = connected(
            session.get_one(Row, installation_id), box, stored_tokens(installation_id, database, box, now)
        )
    near = local and on_this_machine(installation.base_url) and on_this_machine(webhook_url.partition("/webhooks/")[0])
    if installation.connector == "zendesk" and not (near or webhook_url.startswith("https://")):
        raise NeedsAddress("Zendesk calls https addresses only: set PUBLIC_URL to the one of this service")
    making = make(installation, endpoint=webhook_url, by_trigger=by_trigger, local=local)
    with database.begin() as session:
        keep(session, installation, making, box, actor=actor, now=now())
    prepared = replace(installation, base_url=making.base_url or installation.base_url)
    naming.learn(database, _client(prepared, local), installation_id, now=now())
    return making.steps


def keep(
    session: Session, installation: Installation, making: Making, box: SecretBox, *, actor: str, now: datetime
) -> None:
    """Store what was made with the installation, whose row is locked meanwhile: a token may be renewed just now."""
    row = session.get_one(Row, installation.id, with_for_update=True, populate_existing=True)
    changes: dict[str, Any] = {"options": {**row.options, **making.options}}
    if making.secrets:
        changes["secrets"] = box.lock({**box.unlock(row.secrets), **making.secrets})
    if making.base_url is not None:
        changes["base_url"] = making.base_url
    store.change(session, row.id, **changes)
    details: Mapping[str, str] = {step.what: step.done.value for step in making.steps}
    audit.record(
        session, actor=actor, action="prepare helpdesk", target=row.id, installation_id=row.id, now=now, details=details
    )


def make(installation: Installation, *, endpoint: str, by_trigger: bool, local: bool) -> Making:
    """Make on the helpdesk what its API lets us make, for webhooks to `endpoint`. Safe to do again.

    Zendesk: fields, webhook, signing secret, trigger. Intercom: the region's address, tags, attributes. What comes back
    is to be kept with the installation. Raises `ConnectorError`.
    """
    if installation.connector == "zendesk":
        stored = installation.secrets.get("webhook_secret", "")
        return zendesk.make(_client(installation, local), endpoint, by_trigger=by_trigger, known_secret=stored)
    address = installation.base_url
    if address in intercom.REGIONS.values():
        address = intercom.home(lambda where: _client(replace(installation, base_url=where), local).me())
    made = intercom.make(_client(replace(installation, base_url=address), local), prefix=installation.prefix)
    if address == installation.base_url:
        return made
    moved = Step("region", Done.REPAIRED, f"the workspace is at {address}")
    return replace(made, steps=(moved, *made.steps), base_url=address)


def _client(installation: Installation, local: bool) -> Any:
    """The helpdesk's own client: setting up needs more of it than reading and writing conversations do."""
    return cast(Any, Clients(connectors(), Limiter(), local=local).of(installation))
