"""What every answer carries so that a browser does nothing but show our page, and who may see pages at all.

Pages use no script and nothing from elsewhere, so the policy forbids both. Every endpoint says what it needs
(`service.web.rights`) and is refused when it does not: a new page cannot be forgotten.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import Flask, Response, abort, redirect, request, url_for
from flask.globals import request_ctx
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from service.store.people_models import Scope
from service.web import api, intercom_panel, signed_in, webhooks, zendesk_panel
from service.web.menu import menu
from service.web.parts import parts
from service.web.problems import asked_by_program
from service.web.rights import Open, admit, may, recognise, requested, visitor
from service.web.troubles import troubles

log = structlog.get_logger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


MOST_BYTES = 64 * 1024
"""Of any request but a webhook, which may be as large as a helpdesk makes them: forms and questions are small."""
MOST_FIELDS = 200
LARGE = frozenset({webhooks.blueprint.name, intercom_panel.blueprint.name})
"""Where a helpdesk sends whole conversations."""


def protect(app: Flask, *, https: bool, days: float) -> None:
    """Put the sign-in in front of every page, CSRF tokens on every form, and the headers on every answer."""
    app.config.update(
        SESSION_COOKIE_NAME="__Host-deskmark" if https else "deskmark",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=days),
        WTF_CSRF_TIME_LIMIT=None,
        MAX_FORM_MEMORY_SIZE=MOST_BYTES,
        MAX_FORM_PARTS=MOST_FIELDS,
    )
    app.before_request(_limit)  # Before the CSRF check, which reads the form.
    csrf = CSRFProtect(app)
    csrf.exempt(webhooks.blueprint)  # Webhooks are signed by the helpdesk instead.
    csrf.exempt(intercom_panel.blueprint)
    csrf.exempt(zendesk_panel.blueprint)  # Opened by the helpdesk; its forms carry a key that no cookie can lend.
    csrf.exempt(api.blueprint)  # What tells the API something carries a token that no browser sends by itself.
    app.before_request(_refuse_odd)
    app.before_request(_authorise)
    app.after_request(_with_headers)
    if https:
        app.after_request(_with_strict_transport)
        # A proxy stands in front. Its word for the visitor's address counts failed sign-ins, and nothing else.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=0, x_host=0)  # type: ignore[method-assign]
    # Told by what was found out before, without asking again: a page that says the database is down needs no database.
    seen = {"may": may, "menu": menu, "troubles": troubles}
    app.context_processor(lambda: {"signed_in": visitor(), "demo": parts().settings.demo, **seen})


def _limit() -> None:
    """A larger body is refused (413) before it is read."""
    if request.blueprint not in LARGE:
        request.max_content_length = MOST_BYTES


def _refuse_odd() -> Response | None:
    """Refuse what only an attack sends: null characters, which PostgreSQL takes in no text, and hosts that are none."""
    if request_ctx.url_adapter is None:
        return Response("The header Host is not one.\n", 400, content_type="text/plain")  # A page could link nowhere.
    told = request.args if request.blueprint in (webhooks.blueprint.name, api.blueprint.name) else request.values
    words = (request.path, *told, *(word for _, words in told.lists() for word in words))
    if any("\0" in word for word in words):
        abort(400)
    return None


def _authorise() -> AnyResponse | None:
    need = requested()
    if request.endpoint == "static" or need is Open.TO_ALL or request.blueprint == api.blueprint.name:
        return None  # The API asks for a key instead: its blueprint looks at that, and at what it reaches.
    if request.endpoint is None and asked_by_program():
        return None
    known = signed_in.known()
    if known is None:
        signed_in.remember_wanted()
        return redirect(url_for("sign_in.page"))
    recognise(known)
    if request.endpoint is None:
        return None
    if need is None or isinstance(need, Scope):
        log.error("view says not what it needs", endpoint=request.endpoint)
        abort(403)
    admit(known, need)
    return None


def _with_headers(response: Response) -> Response:
    framed = "Content-Security-Policy" in response.headers  # By a policy of its own, which says who may: see there.
    for name, value in HEADERS.items():
        if not (framed and name == "X-Frame-Options"):
            response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _with_strict_transport(response: Response) -> Response:
    response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
