"""What a visitor reads when something went wrong: plain words and what to do, never a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flask import Flask, Response, current_app, jsonify, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from gunicorn.http.errors import NoMoreData, ParseException
from sqlalchemy.exc import DataError, SQLAlchemyError
from werkzeug.exceptions import BadRequest, HTTPException

from service.store.secrets import SecretsUnreadable
from service.web.problems import asked_by_program, problem
from service.web.rights import Right, may, need_of

Answer = Response | tuple[str | Response, int] | tuple[str | Response, int, dict[str, str]]

WORDS = {
    400: ("That request was not understood", "Go back, reload the page and try again."),
    401: ("Not allowed", "This address needs a token that was not sent."),
    403: ("Not allowed", "You may not do this."),
    404: ("Nothing here", "The page or conversation does not exist, or was removed."),
    405: ("Not possible", "This address cannot be used in this way."),
    413: ("Too large", "More was sent than is accepted here."),
    429: ("Too many tries", "Please wait and try again: a minute, or a quarter of an hour if it was a password."),
    500: ("Something broke", "The error is in Deskmark's log. Trying again may help."),
}

LOOKED_FOR: Mapping[str, tuple[str, str, str, str]] = MappingProxyType(
    {
        "alerts": ("alert", "It may have been removed with its helpdesk.", "figure_alerts.page", "All alerts"),
        "c": (
            "conversation",
            "It has another number, was never read, or was removed with its helpdesk.",
            "conversations.listing",
            "All conversations",
        ),
        "figures": ("figure", "It may be called otherwise by now.", "figures.listing", "All figures"),
        "gaps": (
            "knowledge gap",
            "Gaps carry the numbers that the board shows; one may have been removed with its helpdesk.",
            "gaps.page",
            "All gaps",
        ),
        "intents": ("proposal of an intent", "It may have been decided or removed.", "intents.page", "All intents"),
        "reports": ("report", "There is a daily, a weekly and a monthly one.", "reports.weekly", "The weekly report"),
        "reviews": (
            "conversation to review",
            "It was never scored, its text is no longer stored, or it was removed.",
            "reviews.page",
            "The review queue",
        ),
        "installations": (
            "helpdesk",
            "It may have been removed.",
            "installations.listing",
            "All helpdesks",
        ),
        "people": ("person", "They may have been removed.", "people.listing", "All people"),
    }
)
"""By the first part of an address: what was looked for, why it may not be there, and the page that lists what is."""


class Refused(BadRequest):
    """What was asked cannot be done; `title` and `text` say in plain words why not, and what to do."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__(text)
        self.title, self.text = title, text


FOR_PROGRAMS = {
    400: "A part of the request holds what nothing is ever called by: a null character, or a number without end.",
    413: "The body is larger than anything that is told here.",
}


def register(app: Flask) -> None:
    """Answer every error of `app` with a page."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _forged)
    for broken in (ParseException, NoMoreData):  # What gunicorn makes of a body as it is read: chunks that are none.
        app.register_error_handler(broken, lambda _: _http(BadRequest()))
    app.register_error_handler(SQLAlchemyError, _no_database)
    app.register_error_handler(SecretsUnreadable, _unreadable)


def _http(error: HTTPException) -> Answer:
    code = error.code or 500
    title, text = _words(error, code)
    if asked_by_program():
        text = FOR_PROGRAMS.get(code, text)
        allowed = getattr(error, "valid_methods", None)
        return problem(code, text, headers={"Allow": ", ".join(sorted(allowed))} if allowed else None)
    if request.blueprint in ("webhooks", "health"):
        return jsonify(result=title.lower()), code
    return _page(code, title, text, **_instead(code)), code, _retry_after(error)


def _words(error: HTTPException, code: int) -> tuple[str, str]:
    if isinstance(error, Refused):
        return error.title, error.text
    if code == 404 and (known := LOOKED_FOR.get(_first_part())) is not None and not asked_by_program():
        what, why, _, _ = known
        return f"No such {what}", f"There is no {what} behind this address, or none that you can see. {why}"
    return WORDS.get(code, ("Something went wrong", "Go back and try again."))


def _instead(code: int) -> dict[str, str]:
    """Where what was looked for is listed, for whoever may see it."""
    known = LOOKED_FOR.get(_first_part()) if code == 404 else None
    need = None if known is None else need_of(current_app.view_functions[known[2]])
    if known is None or not isinstance(need, Right) or not may(need):
        return {}
    return {"listed": url_for(known[2]), "listed_words": known[3]}


def _first_part() -> str:
    return request.path.strip("/").partition("/")[0]


def _retry_after(error: HTTPException) -> dict[str, str]:
    seconds = getattr(error, "retry_after", None)
    return {} if seconds is None else {"Retry-After": str(seconds)}


def _forged(_: CSRFError) -> Answer:
    text = "The form was too old or did not come from this page. Go back, reload the page and send it again."
    return _page(403, "Please send that again", text), 403


def _no_database(error: SQLAlchemyError) -> Answer:
    if isinstance(error, DataError):  # A number or text that no column holds: nothing is there by that name.
        return _http(BadRequest())
    current_app.logger.error("database not usable: %s", type(error).__name__)
    text = "The database does not answer. Nothing is lost: helpdesks send their webhooks again. Try in a minute."
    if asked_by_program():
        return problem(503, text, headers={"Retry-After": "30"})
    return _page(503, "Not available right now", text), 503, {"Retry-After": "30"}


def _unreadable(_: SecretsUnreadable) -> Answer:
    text = "The stored credentials cannot be read: DESKMARK_SECRET_KEY is not the one they were stored with."
    return _page(503, "The key does not fit", text), 503


def _page(code: int, title: str, text: str, **more: str) -> str:
    return render_template("error.html", code=code, title=title, text=text, **more)
