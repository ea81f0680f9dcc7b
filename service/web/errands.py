"""Errands on pages: beginning to leave a helpdesk, how far an errand has come, going on with one that stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from service.store import errands, installations
from service.store import leaving as store
from service.store.errand_models import ErrandKind
from service.store.models import Installation
from service.store.secrets import SecretsUnreadable
from service.web.audited import audited
from service.web.connecting import missing_secrets
from service.web.kinds import KINDS
from service.web.parts import known, parts
from service.web.rights import Right, acting, needs
from tasks import leaving

blueprint = Blueprint("errands", __name__)

REFRESH = 5
"""Seconds after which the page of an errand that is under way is loaded again."""

STAGES: Mapping[str, str] = {
    "gathering": "looking at what is planned",
    "writing": "writing",
    "stopping": "waiting for whoever is still writing",
    "finding": "finding what is ours",
    "clearing": "taking off tags and emptying fields",
    "unmaking": "removing webhook, trigger and fields",
    "revoking": "revoking the access token",
    "ending": "finishing",
    "finished": "finished",
    errands.GIVEN_UP: "given up",
}
TITLES = {ErrandKind.WRITE: "Writing what was planned", ErrandKind.LEAVE: "Leaving"}


def leaving_facts(session: Session, row: Installation) -> Mapping[str, Any]:
    """What the section on the installation's page shows."""
    latest = [errand for errand in errands.of_installation(session, row.id) if errand.kind == ErrandKind.LEAVE]
    return {"errand": latest[0] if latest else None, "stages": STAGES}


@blueprint.post("/installations/<installation_id>/leave")
@needs(Right.ADMINISTER)
def leave(installation_id: str) -> AnyResponse:
    """Begin to leave, once the account's name was typed in."""
    with parts().database.begin() as session:
        row = installations.get(session, installation_id) or abort(404)
        if request.form.get("confirm", "").strip() != row.account:
            flash(f"Nothing was done: to confirm, type the account's name, {row.account}.", "error")
            return _back(installation_id)
        options = {name: request.form.get(name) == "yes" for name in ("remove", "revoke")}
        options["delete"] = request.form.get("data") == "delete"
        try:
            errand = leaving.begin(session, row, actor=acting(), options=options, now=parts().now())
        except errands.AlreadyUnderWay as error:
            flash(f"Nothing was done: {error}.", "error")
            return _back(installation_id)
    known().forget()
    return redirect(url_for("errands.page", errand_id=errand.id))


@blueprint.post("/installations/<installation_id>/reconnect")
@needs(Right.ADMINISTER)
def reconnect(installation_id: str) -> AnyResponse:
    """Ask a helpdesk again that was disconnected. Its credentials have to be given first."""
    p = parts()
    with p.database.begin() as session:
        row = installations.locked(session, installation_id) or abort(404)
        kind = KINDS.get(row.connector) or abort(404)
        try:
            missing = missing_secrets(kind, p.box.unlock(row.secrets))
            store.reconnect(row, p.box, needed={field.name: field.label for field in missing if field.required})
        except (store.NotDisconnected, SecretsUnreadable) as error:
            flash(f"Not connected: {error}.", "error")
            return _back(installation_id)
        audited(session, "reconnect installation", row.id, row.id)
    known().forget()
    flash("It is asked again; what ended meanwhile is read within minutes. Writing is off.", "good")
    return _back(installation_id)


@blueprint.get("/errands/<int:errand_id>")
@needs(Right.ADMINISTER)
def page(errand_id: int) -> Response:
    """How far an errand has come; it loads itself again while there is something to wait for."""
    with parts().database.read() as session:
        errand = errands.get(session, errand_id) or abort(404)
        shown = render_template(
            "errand.html",
            errand=errand,
            title=TITLES[ErrandKind(errand.kind)],
            stage=STAGES.get(errand.stage, errand.stage),
            progress=errands.progress(session, errand_id),
            failures=errands.failures(session, errand_id),
            there=installations.get(session, errand.installation_id) is not None,
            stopped=errand.finished_at is None and errand.due_at is None and errand.lease is None,
        )
    response = make_response(shown)
    if errand.finished_at is None and errand.due_at is not None:
        response.headers["Refresh"] = str(REFRESH)
    return response


@blueprint.post("/errands/<int:errand_id>/resume")
@needs(Right.ADMINISTER)
def resume(errand_id: int) -> AnyResponse:
    """Let an errand go on: try again what failed, leave that as it is, or do the rest without the helpdesk."""
    with parts().database.begin() as session:
        errand = errands.get(session, errand_id) or abort(404)
        if errand.finished_at is not None:
            abort(409)
        anyway, without = request.form.get("anyway") == "yes", request.form.get("without") == "yes"
        if without:
            leaving.without_helpdesk(session, errand, now=parts().now())
        else:
            leaving.go_on(session, errand, anyway=anyway, now=parts().now())
        details = {"anyway": str(anyway), "without helpdesk": str(without)}
        audited(session, "resume errand", str(errand_id), errand.installation_id, **details)
    return redirect(url_for("errands.page", errand_id=errand_id))


def _back(installation_id: str) -> AnyResponse:
    return redirect(url_for("installation.page", installation_id=installation_id, _anchor="leaving"))
