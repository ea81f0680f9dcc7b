"""Helpdesks: what is connected, connecting another one, and switching writing on or off."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as AnyResponse

from service.store import installations as store
from service.store import queries
from service.web.connecting import KINDS, NotAccepted, new_installation, webhook_url
from service.web.parts import parts

blueprint = Blueprint("installations", __name__, url_prefix="/helpdesks")


@blueprint.get("")
def listing() -> str:
    """All connected helpdesks with the address their webhooks go to."""
    p = parts()
    with p.database.read() as session:
        rows = store.all_of(session)
        last = queries.last_deliveries(session)
    return render_template(
        "installations.html",
        rows=[(row, webhook_url(p.settings, row.connector, row.id), last.get(row.id)) for row in rows],
        kinds=KINDS,
        public=p.settings.public_url.startswith("https://"),
    )


@blueprint.get("/connect/<connector>")
def form(connector: str) -> str:
    """What to fill in to connect a helpdesk."""
    kind = KINDS.get(connector)
    if kind is None:
        abort(404)
    return render_template("connect.html", kind=kind, given={}, faults={})


@blueprint.post("/connect/<connector>")
def connect(connector: str) -> AnyResponse | tuple[str, int]:
    """Connect a helpdesk, or the form again with what is wrong. Secrets that were typed are never sent back."""
    kind = KINDS.get(connector)
    if kind is None:
        abort(404)
    p = parts()
    given = {name: str(value) for name, value in request.form.items()}
    try:
        new = new_installation(kind, given, settings=p.settings, box=p.box)
        with p.database.begin() as session:
            store.add(session, new, now=p.now())
    except NotAccepted as error:
        faults = dict(error.faults)
    except IntegrityError:
        faults = {"account": "is connected already"}
    else:
        flash(f"{kind.title} is connected. Paste the webhook address below into {kind.title}.", "good")
        return redirect(url_for("installations.listing"))
    secret = {f.name for f in kind.fields if f.secret}
    shown = {name: value for name, value in given.items() if name not in secret}
    return render_template("connect.html", kind=kind, given=shown, faults=faults), 422


@blueprint.post("/<installation_id>/writing")
def writing(installation_id: str) -> AnyResponse:
    """Switch writing to the helpdesk on or off."""
    on = request.form.get("writing") == "on"
    with parts().database.begin() as session:
        if store.get(session, installation_id) is None:
            abort(404)
        store.change(session, installation_id, writing=on)
    flash("Verdicts are written to the helpdesk from now on." if on else "Nothing is written any more.", "good")
    return redirect(url_for("installations.listing"))
