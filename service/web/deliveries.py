"""Deliveries: every genuine webhook, what became of it, and taking one in again."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.store import deliveries as store
from service.store import installations, queries
from service.store.models import Delivery, DeliveryState
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Right, needs, visible_ids
from service.web.vocabulary import Tone, Verdict

blueprint = Blueprint("deliveries", __name__, url_prefix="/deliveries")

STATES = {
    DeliveryState.RECEIVED: Verdict("Waiting", Tone.INFO, "Kept, not looked at yet."),
    DeliveryState.ACCEPTED: Verdict("Accepted", Tone.GOOD, "Its conversation was put in line."),
    DeliveryState.IGNORED: Verdict("Ignored", Tone.NEUTRAL, "It asked for nothing; the reason is beside it."),
    DeliveryState.DEAD: Verdict("Given up", Tone.BAD, "Taking it in failed each time. It can be replayed."),
}


@blueprint.get("")
@needs(Right.SEE)
def listing() -> str:
    """All deliveries, the latest first."""
    asked = {name: request.args.get(name, "") for name in ("state", "helpdesk")}
    p = parts()
    with p.database.read() as session:
        page = queries.deliveries(
            session,
            state=asked["state"],
            connector=asked["helpdesk"],
            within=visible_ids(),
            page=request.args.get("page", 1, type=int),
        )
        connected = len(installations.all_of(session, within=visible_ids()))
    return render_template(
        "deliveries.html",
        page=page,
        asked=asked,
        filters={name: value for name, value in asked.items() if value},
        states=STATES,
        helpdesks=[(name, name.title()) for name in sorted(p.connectors)],
        connected=connected,
    )


@blueprint.post("/<int:delivery_id>/replay")
@needs(Right.MANAGE)
def replay(delivery_id: int) -> AnyResponse:
    """Take a delivery in again, whatever became of it before."""
    p = parts()
    with p.database.begin() as session:
        if not store.replay(session, delivery_id, now=p.now(), hold=p.settings.hold):
            abort(404)
        row = session.get_one(Delivery, delivery_id)
        audited(session, "replay delivery", str(delivery_id), row.installation_id)
    p.queue.ingest([delivery_id])
    flash(f"Delivery {delivery_id} is taken in again.", "good")
    return redirect(url_for("deliveries.listing"))
