"""Where reports and alerts go: mail addresses and webhooks of chats, what each gets, and whether it arrived."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from connectors.addresses import ForbiddenAddress
from connectors.chat_addresses import checked
from service.reports.periodic.report import Line, Report, Section
from service.store import installations, report_images, report_routes, report_sending
from service.store.gap_models import Audience
from service.store.report_models import ReportRoute, Sending, Sends, Way
from service.store.report_routes import NotAccepted, Wanted
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Open, Right, acting, needs
from tasks.delivering import NotTaken, Unsure
from tasks.packing import image_name, packed

blueprint = Blueprint("report_routes", __name__, url_prefix="/reports")

Answer = AnyResponse | tuple[str, int] | str

WAYS = {Way.MAIL: "E-mail", Way.SLACK: "Slack (incoming webhook)", Way.TEAMS: "Microsoft Teams (workflow webhook)"}
SENDS = {
    Sends.DAILY: "Daily report",
    Sends.WEEKLY: "Weekly report, on Mondays",
    Sends.MONTHLY: "Monthly report, on the 1st",
    Sends.ALERTS: "Alerts, and that they are over",
    Sends.WINS: "Wins",
}
STATES = {
    Sending.CLAIMED: ("being put together", "neutral"),
    Sending.HANDING_OVER: ("in doubt", "warn"),
    Sending.SENT: ("sent", "good"),
    Sending.WAITING: ("not taken, is tried again", "warn"),
    Sending.GIVEN_UP: ("given up", "bad"),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A route with the last thing it sent."""

    row: ReportRoute
    last: str
    tone: str
    error: str


@blueprint.get("/routes")
@needs(Right.ADMINISTER)
def page() -> str:
    """Every route."""
    p = parts()
    with p.database.read() as session:
        last = report_sending.last_of_each(session)
        rows = [_listed(row, last.get(row.id)) for row in report_routes.all_of(session)]
        helpdesks = {row.id: f"{row.connector.title()} {row.account}" for row in installations.all_of(session)}
    ready = p.settings.smtp_url is not None and bool(p.settings.mail_from)
    return render_template(
        "report_routes.html", rows=rows, ways=WAYS, sends=SENDS, helpdesks=helpdesks, mail_ready=ready,
        https=p.settings.public_url.startswith("https://"), hour=p.settings.report_hour,
    )  # fmt: skip


def _listed(row: ReportRoute, last: object) -> Listed:
    state = getattr(last, "state", None)
    if state is None:
        return Listed(row, "nothing sent yet", "neutral", "")
    words, tone = STATES[state]
    return Listed(row, words, tone, getattr(last, "error", None) or "")


@blueprint.get("/routes/add")
@needs(Right.ADMINISTER)
def add_form() -> str:
    """What a new route is to be."""
    with parts().database.read() as session:
        return _form(session, None, Wanted("", Way.MAIL, "", (Sends.WEEKLY,)))


@blueprint.post("/routes/add")
@needs(Right.ADMINISTER)
def add() -> Answer:
    """Keep a new route."""
    p = parts()
    wanted = _wanted()
    try:
        with p.database.begin() as session:
            checked_one = _checked(session, wanted)
            row = report_routes.add(session, p.box, checked_one, by=acting(), now=p.now())
            audited(session, "add report route", row.name, row.installation_id, **_details(row))
            route_id = row.id
    except (NotAccepted, ForbiddenAddress) as error:
        with p.database.read() as session:
            return _form(session, None, wanted, fault=_fault(error)), 422
    flash("Kept. Send a test to see whether it arrives.", "good")
    return redirect(url_for("report_routes.one", route_id=route_id))


@blueprint.get("/routes/<int:route_id>")
@needs(Right.ADMINISTER)
def one(route_id: int) -> str:
    """One route: what it is, what it sent."""
    with parts().database.read() as session:
        row = _row(session, route_id)
        return _form(session, row, _as_wanted(row))


@blueprint.post("/routes/<int:route_id>")
@needs(Right.ADMINISTER)
def change(route_id: int) -> Answer:
    """Say anew what a route is; an empty address keeps the one that there is."""
    p = parts()
    wanted = _wanted()
    try:
        with p.database.begin() as session:
            row = _row(session, route_id)
            report_routes.change(session, p.box, row, _checked(session, wanted))
            audited(session, "change report route", row.name, row.installation_id, **_details(row))
    except (NotAccepted, ForbiddenAddress) as error:
        with p.database.read() as session:
            return _form(session, _row(session, route_id), wanted, fault=_fault(error)), 422
    flash("Changed.", "good")
    return redirect(url_for("report_routes.one", route_id=route_id))


@blueprint.post("/routes/<int:route_id>/remove")
@needs(Right.ADMINISTER)
def remove(route_id: int) -> AnyResponse:
    """Forget a route."""
    with parts().database.begin() as session:
        row = _row(session, route_id)
        audited(session, "remove report route", row.name, row.installation_id, shown=row.shown)
        report_routes.remove(session, row)
    flash("Removed: nothing goes there any more.", "good")
    return redirect(url_for("report_routes.page"))


@blueprint.post("/routes/<int:route_id>/test")
@needs(Right.ADMINISTER)
def test(route_id: int) -> AnyResponse:
    """Send a message now that says it is a test; what becomes of it is told at once."""
    p = parts()
    with p.database.begin() as session:
        row = _row(session, route_id)
        audited(session, "test report route", row.name, row.installation_id, shown=row.shown)
        name = f"test/{p.now().isoformat()}"
        try:
            parcel = packed(session, p.settings, p.box, row, _trial(row), name=name, now=p.now())
        except NotTaken as error:
            flash(f"The test was not sent: {error}.", "error")
            return redirect(url_for("report_routes.one", route_id=route_id))
    try:
        parcel.hand_over(p.settings)
    except (NotTaken, Unsure) as error:
        flash(f"The test was not taken: {error}.", "error")
    else:
        flash("The test was taken. Look whether it arrived.", "good")
    return redirect(url_for("report_routes.one", route_id=route_id))


@blueprint.post("/routes/<int:route_id>/again/<int:sent_id>")
@needs(Right.ADMINISTER)
def again(route_id: int, sent_id: int) -> AnyResponse:
    """Send anew what is in doubt or was given up."""
    with parts().database.begin() as session:
        row = _row(session, route_id)
        if not any(each.id == sent_id for each in report_sending.latest(session, route_id)):
            abort(404)
        done = report_sending.again(session, sent_id, now=parts().now())
        audited(session, "send report again", row.name, row.installation_id, sent=str(sent_id))
    flash("It is sent within a minute." if done else "There was nothing to send again.", "good" if done else "error")
    return redirect(url_for("report_routes.one", route_id=route_id))


@blueprint.get("/images/<token>.png")
@needs(Open.TO_ALL)
def image(token: str) -> AnyResponse:
    """A chart that a chat shows, under a signed address, for 30 days. Chats have no account to sign in with."""
    p = parts()
    name = image_name(p.settings, token)
    with p.database.read() as session:
        png = report_images.get(session, name, now=p.now()) if name is not None else None
    if png is None:
        abort(404)
    return AnyResponse(png, mimetype="image/png", headers={"Cache-Control": "private, max-age=86400"})


def _trial(row: ReportRoute) -> Report:
    line = Line("If you can read this, reports arrive here.", "good")
    what = Line(f"It gets: {', '.join(SENDS[Sends(each)].lower() for each in row.sends)}.", path="/reports/weekly")
    return Report(
        "/reports/weekly", "Deskmark test message", "This is a test.", "good",
        (Section("It works", (line, what)),), (f"Sent because somebody pressed the test button of “{row.name}”.",),
    )  # fmt: skip


def _row(session: Session, route_id: int) -> ReportRoute:
    row = report_routes.get(session, route_id)
    return row if row is not None else abort(404)


def _wanted() -> Wanted:
    form = request.form
    way, audience = form.get("way", ""), form.get("audience", "")
    return Wanted(
        name=form.get("name", ""),
        way=Way(way) if way in list(Way) else abort(400),
        address=form.get("address", "").strip(),
        sends=tuple(each for each in Sends if each.value in form.getlist("sends")),
        audience=Audience(audience) if audience in list(Audience) else None,
        installation_id=form.get("installation") or None,
        intents=tuple(filter(None, (each.strip() for each in form.get("intents", "").splitlines()))),
        texts="texts" in form,
        images="images" in form,
        enabled="enabled" in form,
    )


def _checked(session: Session, wanted: Wanted) -> Wanted:
    """With an address that messages may go to. Raises `ForbiddenAddress`, `NotAccepted`."""
    settings = parts().settings
    if wanted.installation_id is not None and installations.get(session, wanted.installation_id) is None:
        raise NotAccepted("There is no such helpdesk.")
    if wanted.address and wanted.way is not Way.MAIL:
        checked(wanted.address, hosts=settings.chat_hosts, local=settings.local_helpdesks)
    return wanted


def _fault(error: Exception) -> str:
    return f"The address {error}." if isinstance(error, ForbiddenAddress) else str(error)


def _as_wanted(row: ReportRoute) -> Wanted:
    return Wanted(
        row.name, Way(row.way), "", tuple(Sends(each) for each in row.sends),
        Audience(row.audience) if row.audience else None, row.installation_id, tuple(row.intents), row.texts,
        row.images, row.enabled,
    )  # fmt: skip


def _details(row: ReportRoute) -> dict[str, str]:
    return {"way": row.way, "shown": row.shown, "sends": " ".join(row.sends), "texts": "yes" if row.texts else "no"}


def _form(session: Session, row: ReportRoute | None, wanted: Wanted, *, fault: str = "") -> str:
    sent = report_sending.latest(session, row.id) if row is not None else ()
    return render_template(
        "report_route.html", row=row, wanted=wanted, fault=fault, ways=WAYS, sends=SENDS, audiences=list(Audience),
        helpdesks=installations.all_of(session), sent=sent, states=STATES,
        stuck=(Sending.HANDING_OVER, Sending.GIVEN_UP),
    )  # fmt: skip
