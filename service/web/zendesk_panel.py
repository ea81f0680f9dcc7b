"""Zendesk's sidebar app: a page of ours in the ticket, opened by a POST with a token that Zendesk signed.

The token is good for one opening. The page then carries a panel key of ours, signed and short-lived, that names the
installation and the agent and nothing else; which ticket is open the page learns from Zendesk's own script. Cookies are
not used: browsers keep them from a page inside another site.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, make_response, render_template, request
from itsdangerous import BadData, URLSafeTimedSerializer
from limits import RateLimitItemPerSecond

from connectors.base import Installation
from connectors.errors import InvalidSignature
from connectors.zendesk.ticket_app import Found, Opened, decoy, opened
from service.store import ticket_apps
from service.translation.catalogue import Context, say
from service.translation.languages import Language, language_of
from service.web import ticket_panels as panels
from service.web.opinions import LONGEST_WHY, announce
from service.web.parts import known, parts
from service.web.rights import Open, needs
from service.web.ticket_panels import NO_CHOICE, NONE_YET, THANKS, TOO_MANY, Agent, Opinion, View

blueprint = Blueprint("zendesk_panel", __name__, url_prefix="/apps/zendesk")

SDK = "https://static.zdassets.com"
"""Where Zendesk's script comes from; it must be loaded from there.
https://developer.zendesk.com/documentation/apps/app-developer-guide/getting_started/"""
SALT = "ticket panel"
LASTS = 8 * 3600
"""Seconds that a panel may stand open in a browser: a day's work."""
NOBODY = Installation("", "zendesk", "", "https://unknown.zendesk.com")
"""What a token for an unknown installation is checked against, with the same work and the same answer (ADR 025)."""
LONGEST_TYPED = 5000
"""Characters of a reason that a browser lets be typed: as many as fit a form of 64 kB in any script (9 bytes each).
What is more than is kept comes back to be shortened."""
SCHEMES = frozenset({"light", "dark"})
"""What Zendesk's own pages can look like, whatever the machine's colours are; its script tells which."""
NOT_TOLD = "Zendesk did not say which ticket is open. Reload the panel."
REFUSED = (
    "Deskmark could not check who opened this. "
    "Reload it; if that does not help, an admin presses Find the app in Deskmark."
)
TOO_LONG = "This panel was open for too long. Reload it to go on."
_GUID = re.compile(r"[\w.-]{1,80}")
Page = tuple[Response, int]


@blueprint.post("/<installation_id>")
@needs(Open.TO_ALL)
def begin(installation_id: str) -> Page:
    """Open the panel: who the agent is stands in the token, which ticket it is comes from the page's script."""
    installation = _installation(installation_id)
    token = request.form.get("token", "")
    try:
        agent = Agent("zendesk", installation_id, _verified(installation, token).agent)
    except InvalidSignature as error:
        return _notice(None, REFUSED, panels.refused(installation_id, str(error)))
    if not _passed(installation):
        return _notice(installation, NOT_TOLD, 400)
    with parts().database.begin() as session:
        ticket_apps.opened(session, agent.installation_id, now=parts().now())
    return _page(installation, "panel/opening.html", key=_keys().dumps([agent.installation_id, agent.id]))


@blueprint.post("/<installation_id>/ticket")
@needs(Open.TO_ALL)
def ticket(installation_id: str) -> Page:
    """The verdicts of the ticket that is open."""
    return _answer(installation_id, None)


@blueprint.post("/<installation_id>/opinion")
@needs(Open.TO_ALL)
def opinion(installation_id: str) -> Page:
    """Agree or disagree with a verdict; then the verdicts as they stand."""
    form = request.form
    episode = form.get("episode", 0, type=int)
    given = Opinion(form.get("score", ""), form.get("verdict", ""), episode, form.get("why", ""))
    return _answer(installation_id, given)


def _answer(installation_id: str, given: Opinion | None) -> Page:
    installation = _installation(installation_id)
    try:
        of, name = _keys().loads(request.form.get("key", ""), max_age=LASTS)
    except BadData:
        return _notice(installation, TOO_LONG, 401)
    if installation is None or of != installation_id:
        return _notice(None, NONE_YET, 404)
    agent = Agent("zendesk", installation_id, str(name))
    if panels.too_many(agent):
        return _notice(installation, TOO_MANY, 429)
    pending, kept, draft = False, None, None
    with parts().database.begin() as session:
        language = language_of(request.form.get("locale", ""), panels.spoken_by(session, installation_id))
        view = View(agent, request.form.get("ticket", ""), language, requester=request.form.get("requester", ""))
        made = panels.shown(session, view)
        if made is None:
            return _notice(installation, NONE_YET, 200, language)
        if given is not None and given.too_long and made.of(given.score):
            draft = given
        elif given is not None:
            said = panels.express(session, view, made, given)
            pending, kept = bool(said), said is not None
            made = panels.shown(session, view) or made
    announce(made.row_id, pending=pending)
    notice = "" if kept is None else made.say(THANKS if kept else NO_CHOICE)
    if draft is not None:
        notice = panels.asked_to_shorten(made, draft)
    status = 422 if kept is False or draft else 200
    limits = {"most": LONGEST_WHY, "longest_typed": LONGEST_TYPED}
    shown = {"panel": made, "notice": notice, "draft": draft, "form": _carried(), **limits}
    return _page(installation, "panel/verdicts.html", status, lang=language, **shown)


def _installation(installation_id: str) -> Installation | None:
    found = known().get(installation_id)
    return found if found is not None and found.connector == "zendesk" else None


def _verified(installation: Installation | None, token: str) -> Opened:
    """Who opened the panel. Raises `InvalidSignature`, also for a token that was used before."""
    known_as = installation or NOBODY
    with parts().database.read() as session:
        app = ticket_apps.get(session, known_as.id)
        held = decoy() if app is None else Found(app.external_id, app.public_key)
    who = opened(token, base_url=known_as.base_url, app=held, now=parts().now())
    once = RateLimitItemPerSecond(1, who.good_for)
    if not parts().tries.hit(once, "panel token", hashlib.sha256(token.encode()).hexdigest()):
        raise InvalidSignature("the token was used before")
    return who


def _keys() -> URLSafeTimedSerializer:
    """What signs panel keys: the key of sessions, so that it is changed with it."""
    signs = cast(str, current_app.config["SECRET_KEY"])
    accepted = cast("list[str]", current_app.config.get("SECRET_KEY_FALLBACKS") or [])
    return URLSafeTimedSerializer([*reversed(accepted), signs], salt=SALT)


def _carried() -> Mapping[str, str]:
    """What every form of the page sends along."""
    return {name: request.form.get(name, "") for name in ("key", "ticket", "requester", "locale", "scheme")}


def _notice(installation: Installation | None, sentence: str, status: int, language: Language | None = None) -> Page:
    spoken = language or _preferred()
    text = say(spoken, Context.PANEL, sentence)
    return _page(installation, "panel/notice.html", status, text=text, lang=spoken)


def _preferred() -> Language:
    return Language(request.accept_languages.best_match(list(Language)) or Language.EN)


def _page(installation: Installation | None, template: str, status: int = 200, **given: object) -> Page:
    """A page that the installation's Zendesk may frame, and nobody else; one without installation any Zendesk may, so
    that whoever opened it can read why nothing is there, and nobody can tell which installations there are.
    """
    language = given.setdefault("lang", _preferred())

    def spoken(sentence: str, **values: object) -> str:
        return say(cast(Language, language), Context.PANEL, sentence, **values)

    scheme = request.form.get("scheme", "")
    words = {"say": spoken, "sdk": SDK, "installation_id": installation.id if installation else ""}
    words["scheme"] = scheme if scheme in SCHEMES else ""
    response = make_response(render_template(template, **words, passed=_passed(installation), **given))
    framed_by = _origin(installation) if installation is not None else "https://*.zendesk.com"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self' {SDK}; style-src 'self'; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors {framed_by}"
    )
    return response, status


def _origin(installation: Installation) -> str:
    parts_of = urlsplit(installation.base_url)
    return f"{parts_of.scheme}://{parts_of.netloc}"


def _passed(installation: Installation | None) -> dict[str, str]:
    """What Zendesk's script needs in the address of every page of an app; only what can be its own."""
    origin, guid = request.args.get("origin", ""), request.args.get("app_guid", "")
    if installation is None or origin != _origin(installation) or not _GUID.fullmatch(guid):
        return {}
    return {"origin": origin, "app_guid": guid}
