"""On an installation's page: the language of notes, the app on the ticket, and where the panel is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from connectors.errors import ConnectorError
from connectors.guide import State, Step
from connectors.zendesk.app import NoAddress, packed
from connectors.zendesk.ticket_app import NotAKey
from service import finding_app
from service.store import installations as store
from service.store import ticket_apps
from service.store.models import Installation
from service.translation.languages import NAMES, Language, language_of
from service.web import guiding
from service.web.asked import helpdesk, pressed
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Right, acting, needs

blueprint = Blueprint("ticket_section", __name__, url_prefix="/installations")


def ticket_facts(session: Session, row: Installation) -> Mapping[str, Any]:
    """The facts of the section."""
    steps = guiding.steps_of(parts().settings, row, {}, heard=False, refused=False)
    return {
        "languages": NAMES,
        "language": language_of(row.language),
        "app": ticket_apps.get(session, row.id),
        "step": next((step for step in steps if step.name == "panel"), Step("panel", "", State.UNKNOWN)),
        "reachable": parts().settings.public_url.startswith("https://"),
    }


@blueprint.post("/<installation_id>/language")
@needs(Right.ADMINISTER)
def language(installation_id: str) -> AnyResponse:
    """Choose the language of notes and panels; notes that stand there already stay as they are."""
    chosen = request.form.get("language", "")
    if chosen not in set(Language):
        abort(400)
    with parts().database.begin() as session:
        row = helpdesk(session, installation_id)
        store.change(session, row.id, language=chosen)
        audited(session, "change language", row.id, row.id, language=chosen)
    flash(f"Notes are written in {NAMES[Language(chosen)]} from now on.", "good")
    return _back(installation_id)


@blueprint.get("/<installation_id>/deskmark.zip")
@needs(Right.ADMINISTER)
def download(installation_id: str) -> AnyResponse:
    """The app to upload to Zendesk."""
    with parts().database.read() as session:
        row = _zendesk(session, installation_id)
    try:
        made = packed(parts().settings.public_url, row.id)
    except NoAddress as error:
        flash(f"There is no app yet. {error}.", "error")
        return _back(installation_id)
    named = {"Content-Disposition": "attachment; filename=deskmark.zip"}
    return Response(made, content_type="application/zip", headers=named)


@blueprint.post("/<installation_id>/ticket-app")
@needs(Right.ADMINISTER)
def app(installation_id: str) -> AnyResponse:
    """Learn the app's key: asked of Zendesk, or as it was typed."""
    p, what = parts(), pressed(("find", "keep"))
    with p.database.read() as session:
        row = _zendesk(session, installation_id)
    try:
        if what == "find":
            local = p.settings.local_helpdesks
            finding_app.find(p.database, p.box, row.id, local=local, actor=acting(), now=p.now)
        else:
            found = finding_app.typed(request.form.get("number", ""), request.form.get("key", ""))
            with p.database.begin() as session:
                finding_app.keep(session, row.id, found, actor=acting(), now=p.now)
    except (ConnectorError, NotAKey) as error:
        flash(f"The app was not found: {error}.", "error")
    else:
        flash("The app is known: agents can open it on their tickets.", "good")
    return _back(installation_id)


def _zendesk(session: Session, installation_id: str) -> Installation:
    row = helpdesk(session, installation_id)
    return row if row.connector == "zendesk" else abort(404)


def _back(installation_id: str) -> AnyResponse:
    return redirect(url_for("installation.page", installation_id=installation_id, _anchor="ticket"))
