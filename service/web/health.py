"""Is it alive, can it work, what do its numbers say: for load balancers and Prometheus, without sign-in.

The answers hold counts and states only, never an id, an address or a text.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from ipaddress import ip_address

from flask import Blueprint, Response, abort, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from service.telemetry.board import BoardDown
from service.web.metrics import ALIVE_WITHIN, exposition, heard
from service.web.parts import BrokerDown, Parts, parts
from service.web.rights import Open, needs
from tasks.celery_app import QUEUES
from tasks.telling import BEAT

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
    """Everything for Prometheus; needs the bearer token, or to be asked by this machine itself where none is set."""
    token = parts().settings.metrics_token
    if token is not None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
            abort(401)
    elif not _asked_from_here():
        abort(401)
    return Response(exposition(parts()), content_type=CONTENT_TYPE_LATEST)


@blueprint.get("/readyz/workers")
@needs(Open.TO_ALL)
def workers() -> tuple[Response, int]:
    """Whether every queue has a worker and the clock's tasks are sent; for an alarm, not for a load balancer."""
    board = parts().board
    try:
        ages = heard(board.heard) if board is not None else {}
    except BoardDown:
        return jsonify(ready=False, checks={"broker": _broker(parts())}), 503
    checks = {name: _alive(ages.get(name, ())) for name in (*QUEUES, BEAT)}
    good = all(state == "ok" for state in checks.values())
    return jsonify(ready=good, checks=checks), 200 if good else 503


def _alive(ages: Iterable[float]) -> str:
    youngest = min(ages, default=None)
    if youngest is None:
        return "never heard of: is it started?"
    return "ok" if youngest <= ALIVE_WITHIN else f"not heard of for {youngest:.0f} seconds"


def _asked_from_here() -> bool:
    """From a loopback address, and not through a proxy: behind one everybody seems to be on this machine."""
    if {"X-Forwarded-For", "Forwarded", "X-Real-Ip"} & set(request.headers.keys()):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


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
