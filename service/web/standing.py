"""How an installation stands: working, paused by itself or by an admin, what waits, what was missed, what was amiss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from service.store import installations, late, notices, pausing
from service.store.models import Installation
from service.web.asked import helpdesk, pressed
from service.web.audited import audited
from service.web.parts import known, parts
from service.web.rights import Right, needs
from service.web.troubles import TITLES

blueprint = Blueprint("standing", __name__, url_prefix="/installations")

DONE = {
    "pause": "Nothing is read or written any more. Webhooks are still taken.",
    "resume": "It goes on.",
}


def standing_facts(session: Session, row: Installation) -> Mapping[str, Any]:
    """What the section shows."""
    now = parts().now()
    return {
        "working": installations.working(row, now),
        "waiting": pausing.waiting(session, row.id, now=now),
        "share": late.share(session, row.id, now=now),
        "notices": notices.latest(session, row.id, limit=5),
        "titles": TITLES,
    }


@blueprint.post("/<installation_id>/standing")
@needs(Right.ADMINISTER)
def change(installation_id: str) -> AnyResponse:
    """Pause, or go on: what the pressed button says."""
    what = pressed(DONE)
    with parts().database.begin() as session:
        row = helpdesk(session, installation_id)
        if row.disconnected_at is not None:
            abort(404)
        installations.change(session, row.id, enabled=what == "resume")
        if what == "resume":
            pausing.resume(session, row.id, now=parts().now())
        audited(session, f"{what} installation", row.id, row.id)
    known().forget()
    flash(DONE[what], "good")
    return redirect(url_for("installation.page", installation_id=installation_id) + "#standing")
