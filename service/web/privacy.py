"""Privacy: how long an installation's texts are kept, and one person erased everywhere, with the receipts.

What an admin types of a person comes and goes in the body of a request only: no address, no log line and no history of
a browser holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from service.store import erasure, retention, whereabouts
from service.store import installations as store
from service.store.models import Installation
from service.store.suppression import Identity, IdentityKind, NoIdentity
from service.store.whereabouts import Request
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Right, acting, needs
from tasks.retention import AT_ONCE, portion
from tasks.runtime import policy_of
from tasks.scoring import longest_window

KEEP = "keep"
LONGEST_NUMBER = 9
PORTIONS = 5
"""A request drops so many portions; the workers go on with the rest."""
KINDS = (
    (IdentityKind.EMAIL, "E-mail address"),
    (IdentityKind.CONTACT, "Contact id of the helpdesk"),
    (IdentityKind.PHONE, "Telephone number"),
)

blueprint = Blueprint("privacy", __name__)


def privacy_facts(session: Session, row: Installation) -> Mapping[str, Any]:
    """What an installation's page says of its texts."""
    return {"texts": retention.with_text(session, row.id), "fewest": _fewest(row), "longest": retention.LONGEST}


@blueprint.get("/installations/<installation_id>/retention")
@needs(Right.ADMINISTER)
def preview(installation_id: str) -> str | AnyResponse:
    """How many conversations would lose their text, before anything is changed."""
    p = parts()
    with p.database.read() as session:
        row = store.get(session, installation_id) or abort(404)
        days = _days(row, request.args.get("days", ""))
        if isinstance(days, str):
            flash(days, "error")
            return redirect(url_for("installation.page", installation_id=row.id, _anchor="privacy"))
        losing = 0 if days is None else retention.count(session, row.id, days, now=p.now())
        return render_template("retention.html", row=row, days=days, keep=KEEP, losing=losing)


@blueprint.post("/installations/<installation_id>/retention")
@needs(Right.ADMINISTER)
def change(installation_id: str) -> AnyResponse:
    """Keep texts so long from now on; what is older loses its text at once."""
    p = parts()
    with p.database.begin() as session:
        row = store.get(session, installation_id) or abort(404)
        days = _days(row, request.form.get("days", ""))
        if isinstance(days, str):
            abort(400)
        row.retention_days = days
        audited(session, "change retention", row.id, row.id, days=KEEP if days is None else str(days))
    dropped = 0
    for _ in range(PORTIONS):
        count = portion(p.database, row, now=p.now())
        dropped += count
        if count < AT_ONCE:
            break
    rest = " The rest follows within a quarter of an hour." if dropped == PORTIONS * AT_ONCE else ""
    said = "Texts are kept." if days is None else f"Texts are dropped {days} days after the end."
    flash(f"{said} {dropped} lost their text just now.{rest}" if dropped else said, "good")
    return redirect(url_for("installation.page", installation_id=row.id, _anchor="privacy"))


@blueprint.get("/privacy")
@needs(Right.ADMINISTER)
def page() -> str:
    """Whom to erase, and the receipts of those who were."""
    return _page()


@blueprint.post("/privacy/find")
@needs(Right.ADMINISTER)
def find() -> str | tuple[str, int]:
    """What there is of a person. Nothing is changed."""
    p = parts()
    asked = _asked()
    if isinstance(asked, str):
        return _page(fault=asked), 422
    found = whereabouts.find(p.database, p.box, asked)
    with p.database.read() as session:
        return _page(found=whereabouts.counted(session, found))


@blueprint.post("/privacy/erase")
@needs(Right.ADMINISTER)
def erase() -> AnyResponse | tuple[str, int]:
    """Erase a person."""
    p = parts()
    asked = _asked()
    if isinstance(asked, str):
        return _page(fault=asked), 422
    receipt = erasure.erase(p.database, p.box, asked, now=p.now())
    flash(
        f"Erased: see receipt {receipt.number}. The helpdesk itself was not touched: delete the person there.", "good"
    )
    return redirect(url_for("privacy.page"))


def _page(*, fault: str = "", found: Mapping[str, int] | None = None) -> str:
    with parts().database.read() as session:
        receipts = erasure.receipts(session)
        helpdesks = [(row.id, f"{row.connector.title()} {row.account}") for row in store.all_of(session)]
    given = {name: request.form.get(name, "") for name in ("kind", "value", "helpdesk", "may_come_back")}
    return render_template(
        "privacy.html", kinds=KINDS, given=given, fault=fault, found=found, receipts=receipts, helpdesks=helpdesks
    )


def _asked() -> Request | str:
    """Who was named, or what is wrong with it."""
    kinds = {str(kind): kind for kind, _ in KINDS}
    kind = kinds.get(request.form.get("kind", ""))
    if kind is None:
        return "say what you name the person by"
    try:
        identity = Identity.of(kind, request.form.get("value", ""))
        with parts().database.read() as session:
            named = request.form.get("helpdesk", "")
            if named and store.get(session, named) is None:
                return "that helpdesk is not connected"
            back = request.form.get("may_come_back") == "yes"
            asked = Request(identity, by=acting(), scope=(named,) if named else (), may_come_back=back)
            whereabouts.check(session, asked)
    except NoIdentity as error:
        return str(error)
    return asked


def _days(row: Installation, given: str) -> int | str | None:
    """The number of days, `None` for keeping, or what is wrong with what was typed."""
    if given == KEEP:
        return None
    if not given.isdecimal() or len(given) > LONGEST_NUMBER:
        return "Give a number of days."
    try:
        return retention.checked(int(given), _window(row))
    except retention.TooShort as error:
        said = str(error)
        return f"{said[0].upper()}{said[1:]}."


def _fewest(row: Installation) -> int:
    return retention.fewest_days(_window(row))


def _window(row: Installation) -> timedelta:
    return longest_window(policy_of(parts().settings, row.policy))
