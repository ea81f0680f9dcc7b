"""People: who may sign in, as what, and to see which helpdesks. Deskmark sends no mail: the link with which somebody
chooses a password is shown once to the admin who made it.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from service.store import installations, people, sessions
from service.store.people import NotAccepted
from service.store.people_models import Person, Role
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Right, needs, visitor

blueprint = Blueprint("people", __name__, url_prefix="/people")

Answer = AnyResponse | tuple[str, int] | str

ROLES = {
    Role.VIEWER: ("Read-only", "sees figures, lists and verdicts, no transcripts"),
    Role.REVIEWER: ("Reviewer", "reads transcripts as well, agrees and disagrees with verdicts"),
    Role.MANAGER: ("Manager", "works on gaps and intents as well, replays"),
    Role.ADMIN: ("Admin", "everything: helpdesks, people, keys, erasure; sees all helpdesks"),
}
"""Each role's name and what it may do."""


@blueprint.get("")
@needs(Right.ADMINISTER)
def listing() -> str:
    """Everybody, with role and helpdesks."""
    with parts().database.read() as db:
        rows, helpdesks = people.all_of(db), _helpdesks(db)
    return render_template("people.html", rows=rows, helpdesks=dict(helpdesks), roles=ROLES)


@blueprint.get("/add")
@needs(Right.ADMINISTER)
def add_form() -> str:
    """Whom to add."""
    with parts().database.read() as db:
        return _form(db, None, _Asked("", "", Role.VIEWER, None))


@blueprint.post("/add")
@needs(Right.ADMINISTER)
def add() -> Answer:
    """Add somebody; the link to choose a password with, this one time."""
    p, asked = parts(), _asked()
    try:
        with p.database.begin() as db:
            row = people.add(
                db, asked.email, role=asked.role, name=asked.name, installations=asked.installations, now=p.now()
            )
            audited(db, "add person", row.email, role=row.role, helpdesks=_seen(row))
            token = people.password_link(db, row, now=p.now())
    except NotAccepted as error:
        with p.database.read() as db:
            return _form(db, None, asked, fault=str(error)), 422
    return _link(row, token)


@blueprint.get("/<person_id>")
@needs(Right.ADMINISTER)
def person(person_id: str) -> str:
    """One person, and what an admin can do about them."""
    with parts().database.read() as db:
        row = _row(db, person_id)
        chosen = None if row.installations is None else tuple(row.installations)
        return _form(db, row, _Asked(row.email, row.name, Role(row.role), chosen))


@blueprint.post("/<person_id>")
@needs(Right.ADMINISTER)
def change(person_id: str) -> Answer:
    """Say anew what somebody is and sees; it holds at once."""
    p, asked = parts(), _asked()
    with p.database.begin() as db:
        row = _other(db, person_id)
        try:
            people.change(row, name=asked.name, role=asked.role, installations=asked.installations)
        except NotAccepted as error:
            return _form(db, row, asked, fault=str(error)), 422
        audited(db, "change person", row.email, role=row.role, helpdesks=_seen(row))
    flash("Changed. It holds from now on.", "good")
    return redirect(url_for("people.listing"))


@blueprint.post("/<person_id>/password-link")
@needs(Right.ADMINISTER)
def password_link(person_id: str) -> Answer:
    """A new link to choose a password with, this one time. The password that there is works until it is used."""
    p = parts()
    with p.database.begin() as db:
        row = _row(db, person_id)
        if row.disabled_at is not None:
            abort(404)
        audited(db, "make password link", row.email)
        return _link(row, people.password_link(db, row, now=p.now()))


@blueprint.post("/<person_id>/no-second-step")
@needs(Right.ADMINISTER)
def no_second_step(person_id: str) -> Answer:
    """For whoever lost phone and recovery codes: sign-in asks for the password only."""
    with parts().database.begin() as db:
        row = _other(db, person_id)
        people.without_second_step(db, row)
        audited(db, "switch second step off", row.email)
    flash("Signing in asks for the password only.", "good")
    return redirect(url_for("people.person", person_id=person_id))


@blueprint.post("/<person_id>/sign-out")
@needs(Right.ADMINISTER)
def sign_out(person_id: str) -> Answer:
    """Sign somebody out of every browser."""
    with parts().database.begin() as db:
        row = _row(db, person_id)
        audited(db, "sign out everywhere", row.email)
        sessions.end_all(db, row.id)
    flash("Signed out everywhere.", "good")
    return redirect(url_for("people.person", person_id=person_id))


@blueprint.post("/<person_id>/standing")
@needs(Right.ADMINISTER)
def standing(person_id: str) -> Answer:
    """Let somebody in no more, or again. People are never deleted: the audit log speaks of them."""
    off = request.form.get("standing") == "off"
    with parts().database.begin() as db:
        row = _other(db, person_id)
        if off:
            people.disable(db, row, now=parts().now())
        else:
            people.enable(row)
        audited(db, "disable person" if off else "enable person", row.email)
    flash("Nobody signs in as this person any more." if off else "This person may sign in again.", "good")
    return redirect(url_for("people.person", person_id=person_id))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the form says of a person; `installations` as in `Person`."""

    email: str
    name: str
    role: Role
    installations: tuple[str, ...] | None


def _asked() -> _Asked:
    try:
        role = Role(request.form.get("role", ""))
    except ValueError:
        abort(400)
    some = request.form.get("access") == "some"
    chosen = tuple(request.form.getlist("installation")) if some else None
    return _Asked(request.form.get("email", ""), request.form.get("name", ""), role, chosen)


def _row(db: Session, person_id: str) -> Person:
    return people.get(db, person_id) or abort(404)


def _other(db: Session, person_id: str) -> Person:
    """Somebody else: nobody takes their own rights away, so one admin is always left, also of two who go at each
    other at the same time."""
    known, admins = visitor(), people.lock_admins(db)
    row = _row(db, person_id)
    if known is not None and known.person_id is not None and known.person_id not in admins - {row.id}:
        abort(403)
    return row


def _helpdesks(db: Session) -> list[tuple[str, str]]:
    return [(row.id, f"{row.connector.title()} {row.account}") for row in installations.all_of(db)]


def _seen(row: Person) -> str:
    return "all" if row.installations is None else ", ".join(row.installations) or "none"


def _form(db: Session, row: Person | None, asked: _Asked, *, fault: str | None = None) -> str:
    known = visitor()
    return render_template(
        "person.html",
        row=row,
        asked=asked,
        fault=fault,
        roles=ROLES,
        helpdesks=_helpdesks(db),
        own=row is not None and known is not None and known.person_id == row.id,
    )


def _link(row: Person, token: str) -> str:
    address = url_for("sign_in.choose", token=token)
    base = parts().settings.public_url or request.host_url.rstrip("/")
    return render_template("password_link.html", row=row, address=f"{base}{address}")
