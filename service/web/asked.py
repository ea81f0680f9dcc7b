"""What a request about a helpdesk names: the helpdesk, and the button of a form that was pressed."""

from __future__ import annotations

from collections.abc import Container

from flask import abort, request
from sqlalchemy.orm import Session

from service.store import installations
from service.store.models import Installation


def helpdesk(session: Session, installation_id: str) -> Installation:
    """A helpdesk that can be talked to; 404 for none, and for conversations that come from a file."""
    row = installations.get(session, installation_id)
    return row if row is not None and not installations.is_imported(row) else abort(404)


def pressed(buttons: Container[str]) -> str:
    """Which of a form's buttons was pressed, as `what` says; 400 for one that is not there."""
    what = request.form.get("what", "")
    return what if what in buttons else abort(400)
