"""Is it alive, can it work, what do its numbers say: for load balancers and Prometheus, without sign-in.

The answers hold counts and states only, never an id, an address or a text.
"""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, abort, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from service.web.metrics import exposition
from service.web.parts import BrokerDown, Parts, parts
from service.web.rights import Open, needs

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@needs(Open.TO_ALL)
def alive() -> Response:
    """This process answers; nothing else is asked."""
    return jsonify(alive=True)


@blueprint.get("/readyz")
@needs(Open.TO_ALL)
def ready() -> tuple[Response, int]:
    """Whether webhooks can be taken and worked on: database and broker, each with the reason when not."""
    checks = {"database": _database(parts()), "broker": _broker(parts())}
    good = all(state == "ok" for state in checks.values())
    return jsonify(ready=good, checks=checks), 200 if good else 503


@blueprint.get("/metrics")
@needs(Open.TO_ALL)
def metrics() -> Response:
    """Everything for Prometheus; needs the bearer token where one is set."""
    token = parts().settings.metrics_token
    if token is not None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
            abort(401)
    return Response(exposition(parts()), content_type=CONTENT_TYPE_LATEST)


def _database(p: Parts) -> str:
    try:
        with p.database.read() as session:
            session.execute(text("SELECT 1 FROM installation LIMIT 1"))
    except SQLAlchemyError as error:
        # The error's own words may hold the address with its password.
        return f"not usable ({type(error).__name__}): is it running, and did `deskmark migrate` run?"
    return "ok"


def _broker(p: Parts) -> str:
    try:
        p.waiting()
    except BrokerDown:
        return "not reachable: webhooks are still kept, and worked on when it is back"
    return "ok"
