"""The installation that an admin names on the command line."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from service.store import installations as store
from service.store.models import Installation


def installation_row(session: Session, installation: str) -> Installation:
    """The installation with this id; a plain word when there is none."""
    row = store.get(session, installation)
    if row is None:
        raise click.ClickException(f"no helpdesk is connected as {installation}; see deskmark installations")
    return row


def helpdesk(session: Session, installation: str) -> Installation:
    """A connected helpdesk that can be talked to: not a file that was imported."""
    row = installation_row(session, installation)
    if store.is_imported(row):
        raise click.ClickException("its conversations come from a file: there is no helpdesk to talk to")
    return row
