"""The web application, put together: `create_app(settings)`; for gunicorn `service.app:create_app()`.

Nothing is read from the environment when this module is imported, and no connection is opened before the first request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import redis
from flask import Flask, got_request_exception, request
from werkzeug.routing import IntegerConverter

from connectors.limiter import Limiter
from connectors.registry import connectors
from service.logs import configure_logs
from service.name_lists import finder
from service.scoring.score import DEFINITIONS
from service.settings import Settings
from service.store.database import Database
from service.store.secrets import SecretBox
from service.telemetry.board import Board
from service.telemetry.faults import report
from service.telemetry.holding import Holding
from service.telemetry.metrics import REGISTRY
from service.telemetry.sharing import Sharing
from service.telemetry.watching import Watching
from service.web import (
    access,
    account,
    agreement,
    allowing,
    api,
    api_keys,
    audit,
    backfill,
    confidence,
    conversations,
    deliveries,
    errands,
    errors,
    escalations,
    figure_alerts,
    figures,
    gap_actions,
    gap_page,
    gaps,
    goals,
    handoffs,
    health,
    installation_page,
    installations,
    intent_proposals,
    intents,
    intercom_panel,
    oidc,
    operations,
    opinions,
    outcomes,
    pages,
    people,
    privacy,
    report_routes,
    reports,
    reviews,
    security,
    self_test,
    sign_in,
    standing,
    ticket_section,
    webhooks,
    writing,
    zendesk_panel,
)
from service.web.announcing import Announcer
from service.web.inbox import Inbox
from service.web.known import KnownInstallations
from service.web.parts import EXTENSION, INBOX, KNOWN, REFUSALS, BrokerDown, Parts
from service.web.refusals import Refusals
from service.web.throttle import Throttle
from tasks.celery_app import PUBLISH_SECONDS, QUEUES, CeleryQueue, publisher

BLUEPRINTS = (
    allowing,
    webhooks,
    zendesk_panel,
    intercom_panel,
    health,
    api,
    sign_in,
    oidc,
    account,
    people,
    api_keys,
    audit,
    pages,
    goals,
    outcomes,
    figures,
    escalations,
    handoffs,
    confidence,
    gaps,
    gap_page,
    gap_actions,
    intents,
    intent_proposals,
    conversations,
    opinions,
    reviews,
    agreement,
    deliveries,
    operations,
    installations,
    installation_page,
    self_test,
    backfill,
    standing,
    writing,
    ticket_section,
    errands,
    privacy,
    reports,
    report_routes,
    figure_alerts,
)


class RowNumber(IntegerConverter):
    """A number in an address: one that a database holds; with more digits there is nothing there."""

    regex = r"\d{1,18}"


def create_app(settings: Settings | None = None) -> Flask:
    """The Flask application. Without `settings` they are read from the environment.

    Raises `ValueError` for a demo that others could reach.
    """
    settings = settings or Settings()
    if settings.demo_fault:
        raise ValueError(settings.demo_fault)
    configure_logs(settings.log_level, settings.log_format)
    watching = Watching(settings.sentry_dsn.get_secret_value())
    board, box = Board(settings.broker), SecretBox(settings.secret_key.get_secret_value())
    app = build(
        Parts(
            settings=settings,
            database=Database(settings.database),
            box=box,
            connectors=connectors(),
            queue=Announcer(CeleryQueue(publisher(settings))),
            waiting=queue_lengths(settings.broker),
            tries=Throttle(settings.broker),
            budgets=Limiter(settings.broker).budgets,
            board=board,
            names=finder(switched_on=settings.pii_names),
        )
    )
    Sharing(board, REGISTRY, Holding(board, box.fingerprints, "web")).start()
    watching.start("web")
    got_request_exception.connect(_told, app)
    return app


def _told(_sender: Flask, exception: BaseException, **_more: object) -> None:
    report(exception, route=str(request.url_rule))


def build(parts: Parts) -> Flask:
    """The Flask application over `parts` that are there already."""
    settings = parts.settings
    app = Flask("service.web")
    signs, *accepted = settings.session_keys
    app.config.update(SECRET_KEY=signs, SECRET_KEY_FALLBACKS=accepted, MAX_CONTENT_LENGTH=webhooks.MAX_BODY_BYTES)
    app.extensions[EXTENSION] = parts
    app.extensions[KNOWN] = KnownInstallations(parts.database, parts.box)
    app.extensions[REFUSALS] = Refusals(parts.database, parts.now)
    app.extensions[INBOX] = Inbox(parts.database, parts.now, settings.hold)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(lambda: {"definitions_version": DEFINITIONS})
    app.url_map.converters["int"] = RowNumber
    for module in BLUEPRINTS:
        app.register_blueprint(module.blueprint)
    security.protect(app, https=settings.public_url.startswith("https://"), days=settings.session_days)
    oidc.install(app, settings)
    errors.register(app)
    access.name_routes(app)
    return app


def queue_lengths(broker: str) -> Callable[[], Mapping[str, int]]:
    """A function that gives the number of messages in each queue and raises `BrokerDown`."""
    client = redis.Redis.from_url(
        broker, socket_timeout=PUBLISH_SECONDS, socket_connect_timeout=PUBLISH_SECONDS, retry=None
    )

    def waiting() -> Mapping[str, int]:
        try:
            return {name: int(client.llen(name)) for name in QUEUES}
        except (redis.RedisError, OSError) as error:
            raise BrokerDown(type(error).__name__) from error

    return waiting
