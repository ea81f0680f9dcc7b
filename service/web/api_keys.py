"""Keys of the JSON API: which there are, making one, revoking one. A key's text is shown once."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.store import api_keys as store
from service.store import installations
from service.store.people_models import Scope
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Right, acting, needs

blueprint = Blueprint("api_keys", __name__, url_prefix="/people/keys")

Answer = AnyResponse | tuple[str, int] | str

SCOPES = {
    Scope.READ: "ask for figures, lists and verdicts",
    Scope.TEXTS: "see transcripts and proof (with read)",
    Scope.WRITE: "tell of improvements",
}
DAYS = (30, 90, 365, 0)
"""How long a new key may work; 0: until it is revoked."""


@blueprint.get("")
@needs(Right.ADMINISTER)
def listing() -> str:
    """Every key that was ever made."""
    return _page()


@blueprint.post("")
@needs(Right.ADMINISTER)
def make() -> Answer:
    """Make a key; its text, this one time."""
    p, form = parts(), request.form
    name = form.get("name", "").strip()
    try:
        scopes = {Scope(scope) for scope in form.getlist("scope")}
        days = int(form.get("days", ""))
    except ValueError:
        abort(400)
    if not name or not scopes or days not in DAYS:
        return _page(fault="A key needs a name and at least one scope."), 422
    with p.database.begin() as db:
        row, key = store.make(
            db,
            name,
            scopes=scopes,
            installations=form.getlist("installation") if form.get("access") == "some" else None,
            expires_at=p.now() + timedelta(days=days) if days else None,
            by=acting(),
            now=p.now(),
        )
        audited(db, "make API key", row.prefix, name=row.name, scopes=" ".join(row.scopes))
    return render_template("api_key_made.html", row=row, key=key)


@blueprint.post("/<key_id>/revoke")
@needs(Right.ADMINISTER)
def revoke(key_id: str) -> Answer:
    """The key opens nothing any more."""
    p = parts()
    with p.database.begin() as db:
        row = store.get(db, key_id) or abort(404)
        store.revoke(row, now=p.now())
        audited(db, "revoke API key", row.prefix, name=row.name)
    flash(f"The key {row.name} opens nothing any more.", "good")
    return redirect(url_for("api_keys.listing"))


def _page(fault: str | None = None) -> str:
    p = parts()
    with p.database.read() as db:
        rows = [(row, store.works(row, now=p.now())) for row in store.all_of(db)]
        helpdesks = {row.id: f"{row.connector.title()} {row.account}" for row in installations.all_of(db)}
    return render_template(
        "api_keys.html",
        rows=rows,
        helpdesks=helpdesks,
        scopes=SCOPES,
        days=DAYS,
        fault=fault,
        settings_tokens=bool(p.settings.api_token or p.settings.api_write_token),
    )
