"""Signing in with a link that works once. There are no passwords: who can run the command line makes a link."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from limits import parse
from werkzeug.wrappers import Response as AnyResponse

from service.store import audit, queries
from service.store import sign_in as links
from service.store.people_models import Role
from service.web.parts import parts
from service.web.rights import Open, Visitor, needs

TRIES = parse("10/minute")
"""Failed tries an address has in one process. Tokens are far too long to guess; this keeps guessing cheap for us."""

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in")
@needs(Open.TO_ALL)
def page() -> str:
    """How to sign in."""
    return render_template("sign_in.html", usable=False, refused=False)


@blueprint.get("/sign-in/<token>")
@needs(Open.TO_ALL)
def offer(token: str) -> str:  # noqa: ARG001 - looked at only when the button is pressed
    """A button that uses the link. A GET alone uses nothing: chat programs and virus scanners open every link."""
    return render_template("sign_in.html", usable=True, refused=False)


@blueprint.post("/sign-in/<token>")
@needs(Open.TO_ALL)
def enter(token: str) -> AnyResponse | tuple[str, int]:
    """Use the link: signed in, or told how to get a new one."""
    p, address = parts(), request.remote_addr or ""
    if not p.tries.test(TRIES, address):
        abort(429)
    with p.database.begin() as db:
        used = links.use(db, token, now=p.now())
    if not used:
        p.tries.hit(TRIES, address)
        return render_template("sign_in.html", usable=False, refused=True), 403
    wanted = session.pop("next", None) or url_for("pages.home")
    session.clear()  # Nothing that was known of the visitor before stays: no session can be planted.
    session.permanent = True
    login_user(Visitor(queries.link_name(token), audit.COMMAND_LINE, Role.ADMIN))
    return redirect(wanted)


@blueprint.post("/sign-out")
@needs(Open.TO_ALL)
def leave() -> AnyResponse:
    """Sign out here and wherever else this link's session was copied to."""
    if current_user.is_authenticated:
        with parts().database.begin() as db:
            queries.sign_out(db, current_user.get_id())
    logout_user()
    session.clear()
    return redirect(url_for("sign_in.page"))
