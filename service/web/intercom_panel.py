"""Intercom's inbox panel: `initialize` when a teammate opens a conversation, `submit` when a button is pressed.

Both are signed with the app's client secret. An unknown installation is refused like a forgery (ADR 025); a request of
another workspace than the installation's, though signed, finds nothing.
"""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.orm import Session

from connectors.errors import InvalidSignature
from connectors.intercom import canvas
from connectors.intercom.canvas import AGREE, DISAGREE, SEND, Asked, Canvas, Draft, NotAsked
from service.panel import Panel
from service.translation.catalogue import Context, say
from service.web import ticket_panels as panels
from service.web.opinions import LONGEST_WHY, announce
from service.web.parts import known, parts
from service.web.rights import Open, needs
from service.web.ticket_panels import NO_CHOICE, NONE_YET, THANKS, TOO_MANY, Agent, Opinion, View
from service.web.webhooks import DECOY

blueprint = Blueprint("intercom_panel", __name__, url_prefix="/apps/intercom")


@blueprint.post("/<installation_id>/initialize")
@blueprint.post("/<installation_id>/submit")
@needs(Open.TO_ALL)
def answer(installation_id: str) -> tuple[Response, int]:
    """The canvas to show: verdicts, the form to disagree, or what became of it."""
    installation = known().get(installation_id)
    if installation is None or installation.connector != "intercom":
        installation = replace(DECOY, connector="intercom")
    body = request.get_data()
    try:
        canvas.verify(installation, dict(request.headers), body)
        asked = canvas.asked(body)
    except InvalidSignature as error:
        return jsonify(error="refused"), panels.refused(installation_id, str(error))
    except NotAsked as error:
        return jsonify(error=str(error)), 400
    if asked.workspace != installation.account:
        return jsonify(error="there is no such workspace here"), 404
    agent = Agent("intercom", installation.id, asked.agent)
    with parts().database.begin() as session:
        language = panels.spoken_by(session, installation.id)
        if panels.too_many(agent):
            return jsonify(canvas.saying(say(language, Context.PANEL, TOO_MANY))), 200
        made, row_id, pending = _answer(session, View(agent, asked.conversation, language), asked)
    announce(row_id, pending=pending)
    return jsonify(made), 200


def _answer(session: Session, view: View, asked: Asked) -> tuple[Canvas, str, bool]:
    """The canvas, the conversation it is of, and whether a write-back is due now."""
    made = panels.shown(session, view)
    if made is None:
        return canvas.saying(say(view.language, Context.PANEL, NONE_YET)), "", False
    about = made.of(asked.score)
    if asked.pressed == DISAGREE and about is not None and asked.episode == made.episode:
        return canvas.choosing(made, about, most=LONGEST_WHY), made.row_id, False
    if asked.pressed not in (AGREE, SEND):
        return canvas.verdicts(made), made.row_id, False
    given = asked.verdict if asked.pressed == SEND else about.verdict if about else ""
    opinion = Opinion(asked.score, given, asked.episode, asked.why if asked.pressed == SEND else "")
    if about is not None and opinion.too_long:
        draft = Draft(asked.verdict, asked.why, panels.asked_to_shorten(made, opinion))
        return canvas.choosing(made, about, most=LONGEST_WHY, draft=draft), made.row_id, False
    pending = panels.express(session, view, made, opinion)
    return _after(session, view, made, kept=pending is not None), made.row_id, bool(pending)


def _after(session: Session, view: View, before: Panel, *, kept: bool) -> Canvas:
    """The verdicts as they stand once the opinion was heard."""
    made = panels.shown(session, view) or before
    return canvas.verdicts(made, notice=say(view.language, Context.PANEL, THANKS if kept else NO_CHOICE))
