"""Signing in: with e-mail and password, then a code where the person set one up; or with a link of the command line.

What is answered to a wrong password is the same, and costs the same, whether there is such a person or not.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from limits import RateLimitItem
from sqlalchemy.orm import Session
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from service.store import audit, passwords, people, second_step
from service.store import sign_in as links
from service.store.people_models import Person
from service.web import recognised, signed_in
from service.web.parts import parts
from service.web.rights import Open, needs
from service.web.throttle import PER_ACCOUNT, PER_ADDRESS, PER_CODE, network

blueprint = Blueprint("sign_in", __name__)

Answer = AnyResponse | tuple[str, int] | str


@blueprint.get("/sign-in")
@needs(Open.TO_ALL)
def page() -> str:
    """Where to give e-mail and password, or go on to the OpenID Connect provider."""
    return _page()


@blueprint.post("/sign-in")
@needs(Open.TO_ALL)
def with_password() -> Answer:
    """The first step: signed in, or asked for a code, or told that it was wrong without saying what."""
    count_address()
    given = _Given(request.form.get("email", ""), request.form.get("password", ""))
    person = given.person()
    if person is None:
        return _page(email=given.email, refused=True), 403
    parts().tries.forget(PER_ACCOUNT, given.counter)
    with parts().database.begin() as db:
        row = db.get_one(Person, person.id)
        if row.password_hash and passwords.is_outdated(row.password_hash):
            row.password_hash = passwords.hashed(given.password)
        if row.totp_secret is not None:
            signed_in.begin(db, row, awaiting_code=True)
            return redirect(url_for("sign_in.code"))
        return enter(db, row, "password")


@dataclass(frozen=True, slots=True)
class _Given:
    """What was typed."""

    email: str
    password: str

    @property
    def counter(self) -> str:
        """What tries of this account are counted under: a browser that it signed in with before has its own."""
        return recognised.counter(recognised.account_of(self.email))

    def person(self) -> Person | None:
        """Whose e-mail address and password this is. One try of the account is counted; answers 429 after too many."""
        p = parts()
        count_try(PER_ACCOUNT, self.counter)
        with p.database.read() as db:
            person = people.named(db, self.email)
        usable = person is not None and person.disabled_at is None
        if passwords.fits(person.password_hash if person and usable else None, self.password):
            return person
        if person is not None:
            with p.database.begin() as db:
                _tell(db, person, "sign in refused", "password")
        return None


@blueprint.get("/sign-in/code")
@needs(Open.TO_ALL)
def code() -> Answer:
    """Where to give the code, for whoever gave the right password."""
    if signed_in.awaiting_code() is None:
        return redirect(url_for("sign_in.page"))
    return render_template("sign_in_code.html", refused=False)


@blueprint.post("/sign-in/code")
@needs(Open.TO_ALL)
def with_code() -> Answer:
    """The second step: signed in, or asked again."""
    count_address()
    p, person = parts(), signed_in.awaiting_code()
    if person is None:
        return redirect(url_for("sign_in.page"))
    count_try(PER_CODE, person.id)
    with p.database.begin() as db:
        row = db.get_one(Person, person.id)
        if second_step.check(db, row, request.form.get("code", ""), p.box, now=p.now()):
            p.tries.forget(PER_CODE, person.id)
            return enter(db, row, "password and code")
        _tell(db, row, "sign in refused", "code")
    return render_template("sign_in_code.html", refused=True), 403


@blueprint.get("/sign-in/<token>")
@needs(Open.TO_ALL)
def offer(token: str) -> str:  # noqa: ARG001 - looked at only when the button is pressed
    """A button that uses the link. A GET alone uses nothing: chat programs and virus scanners open every link."""
    return render_template("sign_in_link.html", usable=True)


@blueprint.post("/sign-in/<token>")
@needs(Open.TO_ALL)
def with_link(token: str) -> Answer:
    """Use a link of the command line: signed in as whoever runs it, or told how to get a new one."""
    count_address()
    p = parts()
    with p.database.begin() as db:
        if links.use(db, token, now=p.now()):
            return enter(db, None, "link")
    return render_template("sign_in_link.html", usable=False), 403


@blueprint.get("/choose-password/<token>")
@needs(Open.TO_ALL)
def choose(token: str) -> Answer:
    """Where a person chooses a password with the link that an admin made."""
    p = parts()
    with p.database.read() as db:
        person = people.link_owner(db, token, now=p.now())
    return _choosing(person, status=200 if person else 403)


@blueprint.post("/choose-password/<token>")
@needs(Open.TO_ALL)
def chosen(token: str) -> Answer:
    """Keep the password that was chosen. The link works no more; one signs in next, with the code if there is one."""
    count_address()
    p = parts()
    with p.database.read() as db:
        person = people.link_owner(db, token, now=p.now())
    if person is None:
        return _choosing(None, status=403)
    if fault := password_fault(person):
        return _choosing(person, fault=fault, status=422)
    with p.database.begin() as db:
        row = db.get_one(Person, person.id)
        if not people.use_link(db, token):
            return _choosing(None, status=403)
        people.set_password(db, row, request.form["password"])
        audit.record(db, actor=row.email, action="choose password", target=row.email, now=p.now())
        signed_in.end(db)
    flash("Your password is kept. Sign in with it.", "good")
    return redirect(url_for("sign_in.page"))


@blueprint.post("/sign-out")
@needs(Open.TO_ALL)
def leave() -> AnyResponse:
    """Sign out here and wherever else this session was copied to."""
    p, known = parts(), signed_in.known()
    with p.database.begin() as db:
        signed_in.end(db)
        if known is not None:
            audit.record(db, actor=known.name, action="sign out", target=known.name, now=p.now())
    return redirect(url_for("sign_in.page"))


def enter(db: Session, person: Person | None, way: str) -> AnyResponse:
    """Sign the browser in and lead where the visitor wanted to go."""
    p = parts()
    wanted = signed_in.wanted()
    signed_in.begin(db, person)
    actor = person.email if person else audit.COMMAND_LINE
    audit.record(db, actor=actor, action="sign in", target=actor, now=p.now(), details={"by": way})
    answer = redirect(wanted or url_for("pages.home"))
    if person is not None:
        recognised.remember(answer, recognised.account_of(person.email))
    return answer


def password_fault(person: Person) -> str | None:
    """Why the password in this form cannot be taken, as a sentence."""
    password = request.form.get("password", "")
    if why := passwords.fault(password, person.email):
        return f"The password {why}."
    return None if password == request.form.get("again", "") else "The two passwords are not the same."


def count_address() -> None:
    """Count a try of this visitor's address; answers 429 after too many."""
    count_try(PER_ADDRESS, network(request.remote_addr))


def count_try(limit: RateLimitItem, name: str) -> None:
    """Count a try; answers 429 after too many."""
    tries = parts().tries
    if not tries.hit(limit, name):
        raise TooManyRequests(retry_after=tries.wait(limit, name))


def _tell(db: Session, person: Person, action: str, way: str) -> None:
    now = parts().now()
    audit.record(db, actor="somebody", action=action, target=person.email, now=now, details={"by": way})


def _page(*, email: str = "", refused: bool = False) -> str:
    return render_template("sign_in.html", email=email, refused=refused, provider=bool(parts().settings.oidc_issuer))


def _choosing(person: Person | None, *, fault: str | None = None, status: int) -> Answer:
    shown = render_template("choose_password.html", person=person, fault=fault, shortest=passwords.SHORTEST)
    return shown, status
