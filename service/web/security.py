"""What every answer carries so that a browser does nothing but show our page, and who may see pages at all.

Pages use no script and nothing from elsewhere, so the policy forbids both. Every endpoint is behind the sign-in unless
it is named here: a new page cannot be forgotten.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from service.store import queries
from service.web import api, webhooks
from service.web.parts import parts
from service.web.problems import asked_by_program

OPEN_BLUEPRINTS = frozenset({"webhooks", "health", "sign_in", "api"})
"""Those that ask for something else than a sign-in, or for nothing."""

SIGNED_IN_FOR = timedelta(days=14)
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


class Visitor(UserMixin):
    """Whoever signed in; `id` names the link that was used, so that removing it signs out everywhere."""

    def __init__(self, link: str) -> None:
        self.id = link


def protect(app: Flask, *, https: bool) -> None:
    """Put the sign-in in front of every page, CSRF tokens on every form, and the headers on every answer."""
    app.config.update(
        SESSION_COOKIE_NAME="__Host-deskmark" if https else "deskmark",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=SIGNED_IN_FOR,
        WTF_CSRF_TIME_LIMIT=None,
    )
    csrf = CSRFProtect(app)
    csrf.exempt(webhooks.blueprint)  # Webhooks are signed by the helpdesk instead.
    csrf.exempt(api.blueprint)  # What tells the API something carries a token that no browser sends by itself.
    login = LoginManager(app, add_context_processor=False)
    login.user_loader(_visitor)
    app.before_request(_require_sign_in)
    app.after_request(_with_headers)
    if https:
        app.after_request(_with_strict_transport)
        # A proxy stands in front. Its word for the visitor's address counts failed sign-ins, and nothing else.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=0, x_host=0)  # type: ignore[method-assign]
    # Told by what was found out before, without asking again: a page that says the database is down needs no database.
    app.context_processor(lambda: {"signed_in": g.get("signed_in", False), "demo": parts().settings.demo})


def _may_see_pages() -> bool:
    """The demo shows made-up conversations only and asks nobody to sign in."""
    g.signed_in = parts().settings.demo or bool(current_user.is_authenticated)
    return bool(g.signed_in)


def _visitor(link: str) -> Visitor | None:
    p = parts()
    with p.database.read() as db:
        valid = queries.signed_in(db, link, since=p.now() - SIGNED_IN_FOR)
    return Visitor(link) if valid else None


def _require_sign_in() -> AnyResponse | None:
    if request.endpoint == "static" or request.blueprint in OPEN_BLUEPRINTS or asked_by_program() or _may_see_pages():
        return None
    if request.method == "GET":
        session["next"] = request.full_path.rstrip("?")
    return redirect(url_for("sign_in.page"))


def _with_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _with_strict_transport(response: Response) -> Response:
    response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
