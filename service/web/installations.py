"""Helpdesks: what is connected, connecting another one, and switching writing on or off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as AnyResponse

from connectors.addresses import on_this_machine
from connectors.errors import ConnectorError, CredentialsRefused
from connectors.making import Done, Step
from service import preparing
from service.store import installations as store
from service.store import pausing, queries
from service.store.models import Installation
from service.web.asked import helpdesk
from service.web.audited import audited
from service.web.connecting import NotAccepted, as_given, changes, new_installation, webhook_url
from service.web.connecting_section import connect_page, shown
from service.web.kinds import KINDS, Kind
from service.web.parts import known, parts
from service.web.rights import Right, acting, needs, visible_ids
from service.web.trying import tried

blueprint = Blueprint("installations", __name__, url_prefix="/installations")


@blueprint.get("")
@needs(Right.ADMINISTER)
def listing() -> str:
    """All connected helpdesks with the address their webhooks go to."""
    p = parts()
    seen = visible_ids()
    with p.database.read() as session:
        rows = [row for row in store.all_of(session) if seen is None or row.id in seen]
        last = queries.last_deliveries(session)
        refused = queries.waiting_errors(session, CredentialsRefused.ADVICE)
    return render_template(
        "installations.html",
        rows=[shown(row, last.get(row.id), refused.get(row.id)) for row in rows],
        kinds=KINDS,
        reached=p.settings.public_url.startswith("https://")
        or (p.settings.local_helpdesks and all(on_this_machine(row.base_url) for row in rows)),
    )


@blueprint.get("/connect/<connector>")
@needs(Right.ADMINISTER)
def form(connector: str) -> str:
    """What to fill in to connect a helpdesk."""
    return connect_page(_kind(connector), {}, {})


@blueprint.post("/connect/<connector>")
@needs(Right.ADMINISTER)
def connect(connector: str) -> AnyResponse | tuple[str, int]:
    """Connect a helpdesk, or the form again with what is wrong. Secrets that were typed are never sent back."""
    kind, p = _kind(connector), parts()
    given = {name: str(value) for name, value in request.form.items()}
    try:
        new = new_installation(kind, given, settings=p.settings, box=p.box)
        with p.database.begin() as session:
            made = store.add(session, new, now=p.now()).id
            audited(session, "connect helpdesk", made, made, helpdesk=kind.connector, account=new.account)
    except NotAccepted as error:
        return _again(kind, None, given, error.faults)
    except IntegrityError:
        return _again(kind, None, given, {"account": "is connected already"})
    flash(f"{kind.title} is connected. What is left to do stands below.", "good")
    _try(made)
    return redirect(url_for("installation.page", installation_id=made))


@blueprint.get("/<installation_id>/change")
@needs(Right.ADMINISTER)
def change_form(installation_id: str) -> str:
    """The form to change a connected helpdesk; secrets stay empty."""
    with parts().database.read() as session:
        row = store.get(session, installation_id) or abort(404)
    kind = _kind(row.connector)
    return render_template("connect.html", kind=kind, row=row, given=as_given(kind, row), faults={})


@blueprint.post("/<installation_id>/change")
@needs(Right.ADMINISTER)
def change(installation_id: str) -> AnyResponse | tuple[str, int]:
    """Change credentials, bot authors or addresses; a secret left empty stays as it is. What failed is tried anew."""
    p = parts()
    given = {name: str(value) for name, value in request.form.items()}
    with p.database.begin() as session:
        row = store.locked(session, installation_id) or abort(404)  # A worker may renew its tokens just now.
        try:
            store.change(
                session, installation_id, **changes(_kind(row.connector), row, given, settings=p.settings, box=p.box)
            )
        except NotAccepted as error:
            return _again(_kind(row.connector), row, given, error.faults)
        audited(session, "change installation", installation_id, installation_id, **_named(given))
        pausing.resume(session, installation_id, now=p.now())
    known().forget()
    flash("Changed.", "good")
    return redirect(url_for("installation.page", installation_id=installation_id))


@blueprint.post("/<installation_id>/prepare")
@needs(Right.ADMINISTER)
def prepare(installation_id: str) -> AnyResponse:
    """Make on the helpdesk what its API lets us make, and say of each thing what was done."""
    p = parts()
    with p.database.read() as session:
        row = helpdesk(session, installation_id)
    try:
        steps = preparing.prepare(
            p.database,
            p.box,
            row.id,
            webhook_url=webhook_url(p.settings, row.connector, row.id),
            by_trigger=request.form.get("by") == "trigger",
            local=p.settings.local_helpdesks,
            actor=acting(),
            now=p.now,
        )
    except (ConnectorError, preparing.NeedsAddress) as error:
        flash(f"Nothing was made: {error}.", "error")
    else:
        known().forget()
        for words, tone in _told(steps):
            flash(words, tone)
    return redirect(url_for("installation.page", installation_id=installation_id))


def _try(installation_id: str) -> None:
    """Ask the helpdesk once and say what came of it."""
    p = parts()
    answer = tried(p.database, p.box, installation_id, local=p.settings.local_helpdesks, now=p.now)
    correct = "; correct it under Change, then test it" if answer.refused else ""
    flash(f"{answer.said}{correct}.", "good" if answer.let_in else "error" if answer.refused else "warn")


def _told(steps: Iterable[Step]) -> Iterator[tuple[str, str]]:
    """What was done in one sentence, then each thing that is left to do by hand."""
    done: dict[Done, list[str]] = {}
    open_steps: list[Step] = []
    for step in steps:
        if step.done.settled:
            done.setdefault(step.done, []).append(step.what)
        else:
            open_steps.append(step)
    if done:
        yield "; ".join(f"{how}: {', '.join(what)}" for how, what in done.items()).capitalize() + ".", "good"
    for step in open_steps:
        yield f"{step.what.capitalize()} is {step.done}: {step.text}.", "error"


def _named(given: Mapping[str, str]) -> dict[str, str]:
    """The names of what was filled in, without the values: some are secrets."""
    return {"filled in": ", ".join(sorted(name for name, value in given.items() if value and name != "csrf_token"))}


def _kind(connector: str) -> Kind:
    return KINDS.get(connector) or abort(404)


def _again(
    kind: Kind, row: Installation | None, given: Mapping[str, str], faults: Mapping[str, str]
) -> tuple[str, int]:
    if row is None:
        return connect_page(kind, given, faults), 422
    unseen = {f.name for f in kind.fields if f.kept.encrypted}
    shown = {name: value for name, value in given.items() if name not in unseen}
    return render_template("connect.html", kind=kind, row=row, given=shown, faults=faults), 422
