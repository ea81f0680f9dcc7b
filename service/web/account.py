"""One's own account: password, second step, and the browsers that are signed in.

Whatever changes how one signs in asks for the password again: a browser left open is not enough.
"""

from __future__ import annotations

import segno
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from service.store import passwords, people, second_step, sessions
from service.store.people_models import Person
from service.web import signed_in
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Open, needs, visitor
from service.web.sign_in import count_try, password_fault
from service.web.throttle import PER_ACCOUNT, PER_CODE

blueprint = Blueprint("account", __name__, url_prefix="/account")

Answer = AnyResponse | tuple[str, int] | str


@blueprint.get("")
@needs(Open.TO_SIGNED_IN)
def page() -> Answer:
    """Who one is here, and everything that can be changed about it."""
    return _page()


@blueprint.post("/password")
@needs(Open.TO_SIGNED_IN)
def change_password() -> Answer:
    """Take a new password; every other browser is signed out."""
    person = _own()
    fault = _password_needed(person, "current") or password_fault(person)
    if fault:
        return _page(faults={"password": fault}), 422
    with parts().database.begin() as db:
        row = db.get_one(Person, person.id)
        people.set_password(db, row, request.form["password"])
        signed_in.begin(db, row)
        audited(db, "change password", row.email)
    flash("Your password is changed. Other browsers are signed out.", "good")
    return redirect(url_for("account.page"))


@blueprint.post("/second-step")
@needs(Open.TO_SIGNED_IN)
def offer() -> Answer:
    """Begin to set up an authenticator app: the code to scan, this one time, and where to give the app's first code."""
    p, person = parts(), _own()
    if fault := _password_needed(person, "current"):
        return _page(faults={"step": fault}), 422
    with p.database.begin() as db:
        row = db.get_one(Person, person.id)
        return _setting_up(row, second_step.offer(row, p.box, now=p.now()))


@blueprint.get("/second-step")
@needs(Open.TO_SIGNED_IN)
def set_up() -> Answer:
    """Whoever comes back begins anew: what was offered before is not shown again."""
    return redirect(url_for("account.page"))


@blueprint.post("/second-step/confirm")
@needs(Open.TO_SIGNED_IN)
def confirm() -> Answer:
    """Ask for codes from now on, once the app showed one; the recovery codes, this one time."""
    p, person = parts(), _own()
    count_try(PER_CODE, person.id)
    with p.database.begin() as db:
        row = db.get_one(Person, person.id)
        shown = second_step.offered(row, request.form.get("page", ""), p.box, now=p.now())
        if shown is None:
            flash("That took too long, or was begun anew somewhere else: please begin again.", "error")
            return redirect(url_for("account.page"))
        if not second_step.confirm(db, row, shown, request.form.get("code", ""), p.box, now=p.now()):
            return _setting_up(row, shown, refused=True), 422
        p.tries.forget(PER_CODE, person.id)
        audited(db, "switch second step on", row.email)
        return _codes(second_step.new_recovery_codes(db, row))


@blueprint.post("/second-step/off")
@needs(Open.TO_SIGNED_IN)
def switch_off() -> Answer:
    """Ask for the password only."""
    person = _own()
    if fault := _password_needed(person, "current"):
        return _page(faults={"step": fault}), 422
    with parts().database.begin() as db:
        row = db.get_one(Person, person.id)
        people.without_second_step(db, row)
        audited(db, "switch second step off", row.email)
    flash("Signing in asks for the password only.", "good")
    return redirect(url_for("account.page"))


@blueprint.post("/recovery-codes")
@needs(Open.TO_SIGNED_IN)
def new_codes() -> Answer:
    """Fresh recovery codes, this one time; the earlier ones work no more."""
    person = _own()
    if person.totp_secret is None:
        abort(404)
    if fault := _password_needed(person, "current"):
        return _page(faults={"step": fault}), 422
    with parts().database.begin() as db:
        row = db.get_one(Person, person.id)
        audited(db, "make recovery codes", row.email)
        return _codes(second_step.new_recovery_codes(db, row))


@blueprint.post("/sign-out-everywhere")
@needs(Open.TO_SIGNED_IN)
def sign_out_everywhere() -> Answer:
    """End every session, this one too."""
    person = _own()
    with parts().database.begin() as db:
        audited(db, "sign out everywhere", person.email)
        sessions.end_all(db, person.id)
        signed_in.end(db)
    return redirect(url_for("sign_in.page"))


@blueprint.post("/sessions/<session_name>/end")
@needs(Open.TO_SIGNED_IN)
def end_session(session_name: str) -> Answer:
    """Sign one other browser out."""
    person = _own()
    with parts().database.begin() as db:
        if not sessions.end_named(db, person.id, session_name):
            abort(404)
        audited(db, "end session", person.email)
    flash("That browser is signed out.", "good")
    return redirect(url_for("account.page"))


def _own() -> Person:
    """The visitor's own account; whoever came without one is told that there is none."""
    known = visitor()
    if known is None or known.person_id is None:
        abort(404)
    with parts().database.read() as db:
        return db.get_one(Person, known.person_id)


def _password_needed(person: Person, field: str) -> str | None:
    """Why one may not go on: the password in the form is not one's own. One try of the account is counted."""
    p = parts()
    count_try(PER_ACCOUNT, person.id)
    if not passwords.fits(person.password_hash, request.form.get(field, "")):
        return "This is not your password."
    p.tries.forget(PER_ACCOUNT, person.id)
    return None


def _page(faults: dict[str, str] | None = None) -> str:
    known, p = visitor(), parts()
    if known is None or known.person_id is None:
        return render_template("account.html", person=None, visitor=known)
    with p.database.read() as db:
        person = db.get_one(Person, known.person_id)
        rows = sessions.of_person(db, person.id, now=p.now(), idle=signed_in.idle(p.settings))
        left = second_step.recovery_codes_left(db, person)
    return render_template(
        "account.html",
        person=person,
        visitor=known,
        rows=[(sessions.name_of(row), row, sessions.is_of(row, known.session_id)) for row in rows],
        left=left,
        faults=faults or {},
        shortest=passwords.SHORTEST,
    )


def _setting_up(person: Person, shown: second_step.Offer, *, refused: bool = False) -> str:
    drawn = segno.make(second_step.address(shown.totp, person), micro=False)
    # In the page itself: pages hold no data: images, and an address of its own would show the secret once more.
    picture = Markup(drawn.svg_inline(border=2, scale=5, light="#ffffff", svgclass="qr"))  # noqa: S704 - segno's own
    return render_template("second_step.html", shown=shown, picture=picture, refused=refused)


def _codes(codes: tuple[str, ...]) -> str:
    return render_template("recovery_codes.html", codes=codes)
