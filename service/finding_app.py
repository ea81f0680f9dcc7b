"""Learning of the app on the ticket: its number and public key, asked of Zendesk or typed by an admin; audited."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy.orm import Session

from connectors.base import Installation
from connectors.errors import NotFound
from connectors.limiter import Limiter
from connectors.registry import connectors
from connectors.zendesk.ticket_app import Found, NotAKey, checked_key, found
from service.store import audit, ticket_apps
from service.store.database import Database
from service.store.models import Installation as Row
from service.store.secrets import SecretBox
from tasks.runtime import Clients, Clock, connected, stored_tokens


def find(database: Database, box: SecretBox, installation_id: str, *, local: bool, actor: str, now: Clock) -> Found:
    """Ask the account for our app and keep what it says; no transaction is open meanwhile.

    Raises `ConnectorError`, of it `NotFound` when no app of ours is installed there or Zendesk shows no key.
    """
    with database.read() as session:
        tokens = stored_tokens(installation_id, database, box, now)
        installation = connected(session.get_one(Row, installation_id), box, tokens)
    app = _asked(installation, local)
    with database.begin() as session:
        keep(session, installation_id, app, actor=actor, now=now)
    return app


def typed(external_id: str, public_key: str) -> Found:
    """What an admin looked up by hand. Raises `NotAKey`, also for a number that is none."""
    number = external_id.strip()
    if not (number.isascii() and number.isdecimal() and len(number) <= 20):
        raise NotAKey("the app's installation is a number; it stands in the address of its settings in Zendesk")
    return Found(number, checked_key(public_key))


def keep(session: Session, installation_id: str, app: Found, *, actor: str, now: Clock) -> None:
    """Keep the app with the installation."""
    at = now()
    ticket_apps.keep(session, installation_id, external_id=app.external_id, public_key=app.public_key, now=at)
    audit.record(
        session,
        actor=actor,
        action="find ticket app",
        target=installation_id,
        installation_id=installation_id,
        now=at,
        details={"app installation": app.external_id},
    )


def _asked(installation: Installation, local: bool) -> Found:
    try:
        return found(cast(Any, Clients(connectors(), Limiter(), local=local).of(installation)))
    except NotAKey as error:
        raise NotFound("Zendesk shows no public key of the app") from error
