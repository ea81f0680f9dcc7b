"""The key and the number of the app on the ticket: kept, read, and when it was opened last."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from service.store.statements import insert
from service.store.ticket_models import TicketApp

EVERY = timedelta(minutes=5)
"""How often it is written down that the app was opened; agents open it all day long."""


def keep(session: Session, installation_id: str, *, external_id: str, public_key: str, now: datetime) -> None:
    """Keep the app's number and key in the place of those that were known."""
    values = {"external_id": external_id, "public_key": public_key, "found_at": now}
    statement = insert(session, TicketApp).values(installation_id=installation_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[TicketApp.installation_id], set_=values))


def get(session: Session, installation_id: str) -> TicketApp | None:
    """The app of an installation; `None` while it is not known."""
    return session.get(TicketApp, installation_id)


def opened(session: Session, installation_id: str, *, now: datetime) -> None:
    """An agent opened it just now."""
    stale = or_(TicketApp.opened_at.is_(None), TicketApp.opened_at < now - EVERY)
    session.execute(update(TicketApp).where(TicketApp.installation_id == installation_id, stale).values(opened_at=now))
