"""Webhooks in: verify the raw bytes, record once, enqueue, answer. Nothing is parsed beyond ids and nothing is scored.

An answer other than 2xx is chosen for what the helpdesk then does: Zendesk repeats a 503 whose `Retry-After` is under
60 seconds and drops a bare 500; Intercom repeats once after a minute whatever the failure.
"""

from __future__ import annotations

import time
from dataclasses import replace
from secrets import token_hex

import structlog
from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from connectors.base import Delivery, Installation, Signal
from connectors.errors import InvalidSignature
from service.store.deliveries import Received, storable
from service.store.secrets import SecretsUnreadable
from service.telemetry.metrics import WEBHOOK_SECONDS, WEBHOOKS
from service.telemetry.trace import new_trace, traced
from service.web.parts import Parts, inbox, known, parts, refusals
from service.web.rights import Open, needs

RETRY_AFTER = 30
MAX_BODY_BYTES = 1_048_576
"""Zendesk and Intercom stay far below; whatever is larger was not sent by them."""

LONGEST_ID = 64
LONGEST_ABOUT = 255
"""What a column holds; no helpdesk's ids are that long."""

DECOY = Installation("", "", "", "", secrets=dict.fromkeys(("webhook_secret", "client_secret"), token_hex(32)))
"""What a webhook to an unknown installation is verified against, with the same work and the same answer: a sender
without the secret cannot tell which installations there are. Both helpdesks treat 401 and 404 alike (Zendesk repeats
neither, Intercom repeats either once), so nothing is lost by not saying 404."""

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")
log = structlog.get_logger(__name__)


@blueprint.route("/<connector>/<installation_id>", methods=["HEAD", "POST"])
@needs(Open.TO_ALL)
def receive(connector: str, installation_id: str) -> tuple[Response, int]:
    """Take one webhook: 200 recorded, known already or of no use; 401 not signed by the helpdesk."""
    began, trace = time.perf_counter(), new_trace()
    label = connector if connector in parts().connectors else "unknown"
    with traced("webhook", trace, connector=label):
        try:
            status, result = _receive(parts(), connector, installation_id, trace)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            # The database was restarted and this connection died with it. Recording is idempotent.
            status, result = _receive(parts(), connector, installation_id, trace)
    WEBHOOKS.labels(connector=label, result=result).inc()
    WEBHOOK_SECONDS.labels(connector=label).observe(time.perf_counter() - began)
    return jsonify(result=result), status


def _receive(p: Parts, connector: str, installation_id: str, trace: str) -> tuple[int, str]:
    helpdesk = p.connectors.get(connector)
    if helpdesk is None:
        return 404, "unknown"
    if request.method == "HEAD":
        # Intercom asks so when the address is saved. It signs nothing here, so every installation's address is right.
        return 200, "known"
    installation = known().get(installation_id)
    if installation is None or installation.connector != connector:
        installation = replace(DECOY, connector=connector)
    # Kept by Flask, not only read: whoever tries again after a lost connection needs the same bytes.
    try:
        headers, body = dict(request.headers), request.get_data()
    except OSError:  # The sender went away or quiet while the body was read.
        return 400, "unreadable"
    try:
        helpdesk.verify(installation, headers, body, now=p.now())
    except InvalidSignature as error:
        log.warning("webhook refused", installation=installation_id[:LONGEST_ID], reason=str(error))
        refusals().count(installation_id[:LONGEST_ID])
        return 401, "refused"
    delivery = helpdesk.delivery(headers, body)
    received = _received(installation_id, delivery, trace)
    delivery_id = inbox().record(received)
    log.info("webhook", installation=installation_id, event_kind=delivery.event, delivery=delivery_id)
    if delivery_id is None:
        return 200, "duplicate"
    if received.ignored is not None:
        return 200, "ping" if delivery.signal is Signal.PING else "ignored"
    # With the broker down the message is lost and the answer the same: the row is durable and the sweep finds it.
    p.queue.ingest([delivery_id])
    return 200, "recorded"


def _received(installation_id: str, delivery: Delivery, trace: str) -> Received:
    # A ping is kept as well: it shows the admin that the webhook was set up right.
    about = delivery.about or ""
    odd = len(about) > LONGEST_ABOUT or storable(about) != about
    useless = delivery.signal in (Signal.IGNORED, Signal.PING) or not about or odd
    return Received(
        installation_id=installation_id,
        key=delivery.key,
        event=delivery.event,
        signal=delivery.signal,
        external_id=delivery.about,
        actor_id=delivery.actor_id,
        occurred_at=delivery.occurred_at,
        ignored=_why_useless(delivery) if useless else None,
        trace=trace,
    )


def _why_useless(delivery: Delivery) -> str:
    return "ping" if delivery.signal is Signal.PING else delivery.reason or "names no conversation"


@blueprint.errorhandler(SQLAlchemyError)
@blueprint.errorhandler(SecretsUnreadable)
@blueprint.errorhandler(500)
def try_again(error: Exception) -> tuple[Response, int, dict[str, str]]:
    """Whatever failed on our side: say so in the way that makes the helpdesk send the webhook again."""
    log.error("webhook not taken", error=type(error).__name__, path=request.path)
    WEBHOOKS.labels(connector=str((request.view_args or {}).get("connector", "unknown")), result="failed").inc()
    return jsonify(result="try again"), 503, {"Retry-After": str(RETRY_AFTER)}
