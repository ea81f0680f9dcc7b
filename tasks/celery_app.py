"""The Celery application: one table of settings, chosen so that neither a killed worker nor a lost broker loses work.

The workers' app is made here and configured at the edge (`tasks.worker`). Whoever sends, workers too, does so through
an app of its own with short time-outs (`publisher`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import structlog
from celery import Celery
from kombu import Exchange
from kombu import Queue as Route
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from service.settings import Settings
from tasks import broker

INGEST, SCORE, WRITEBACK = "ingest", "score", "writeback"
HISTORY = f"{SCORE}_history"
"""Scoring of what is backfilled. The same workers take from it once nothing else is left to score: a worker looks into
its queues in the order of their names, and this name is the later one."""
QUEUES = (INGEST, SCORE, HISTORY, WRITEBACK)
ROUTES = {
    "deskmark.ingest": INGEST,
    "deskmark.sweep": INGEST,
    "deskmark.forget": INGEST,
    "deskmark.drop_texts": INGEST,
    "deskmark.recount": INGEST,
    "deskmark.rekey": INGEST,
    "deskmark.self_test": WRITEBACK,
    "deskmark.score": SCORE,
    "deskmark.score_history": HISTORY,
    "deskmark.backfill": WRITEBACK,
    "deskmark.group_gaps": SCORE,
    "deskmark.propose_intents": SCORE,
    "deskmark.write_back": WRITEBACK,
    "deskmark.errands": WRITEBACK,
    "deskmark.poll": INGEST,
    "deskmark.ask": WRITEBACK,
    "deskmark.watch": INGEST,
    "deskmark.alert": WRITEBACK,
    "deskmark.watch_figures": SCORE,
    "deskmark.reports": WRITEBACK,
}
"""Which queue each task travels on: a slow helpdesk holds up no scoring, and scoring no webhook."""

PUBLISH_SECONDS = 1.0
DAY = 86_400.0
GROUP_GAPS_SECONDS = 300.0
PROPOSE_INTENTS_SECONDS = 60.0
"""How often a worker looks whether new intents are to be looked for."""
RECOUNT_SECONDS = 30.0
WATCH_SECONDS = 60.0
ASK_EXPIRES = 300.0
REPORTS_SECONDS = 60.0
WATCH_FIGURES_SECONDS = 1800.0
"""How often a day that is over and not judged yet is looked for."""
ALERT_SECONDS = 15.0
DROP_TEXTS_SECONDS = 900.0
"""Not once a day: what a service does only after a day, one that is restarted every night never does."""
REKEY_SECONDS = 300.0
"""How often keys of customers that an older version stored are looked for."""
BACKFILL_SECONDS = 5.0
ERRAND_SECONDS = 5.0
"""How often a worker looks whether a step of an errand (writing in bulk, leaving) is due."""
SELF_TEST_SECONDS = 5.0
"""How often a worker looks whether an admin asked for a self-test."""

log = structlog.get_logger(__name__)

app = Celery("deskmark", include=["tasks.jobs"])


def configure(settings: Settings) -> Celery:
    """Set the workers' application up. Raises `ValueError` when no broker is set."""
    broker.install()
    app.conf.update(_table(settings))
    return app


def publisher(settings: Settings) -> Celery:
    """An application that only sends, and gives up at once when the broker is away. Raises like `configure`."""
    sender = Celery("deskmark-publisher", set_as_current=False)
    table = _table(settings)
    table["broker_transport_options"].update(
        socket_timeout=PUBLISH_SECONDS,
        socket_connect_timeout=PUBLISH_SECONDS,
        retry_on_timeout=False,
        max_retries=0,
    )
    sender.conf.update(table)
    return sender


def _table(settings: Settings) -> dict[str, Any]:
    # Longer than any task may run; then a message whose worker died comes back. The row's lease guards the work.
    visible_again = math.ceil(settings.lease_seconds)
    return {
        "broker_url": settings.broker,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # Once in the transport's options, once in the app's: Celery and kombu each read their own.
        "visibility_timeout": visible_again,
        "broker_transport_options": {
            "visibility_timeout": visible_again,
            "unacked_restore_interval": 2,
            "unacked_restore_throttle": 1,
            "queue_order_strategy": "sorted",
        },
        "task_publish_retry": False,
        "result_backend": None,
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_time_limit": settings.lease_seconds * 0.9,
        "task_soft_time_limit": settings.lease_seconds * 0.8,
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_hijack_root_logger": False,
        "worker_send_task_events": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_create_missing_queues": False,
        "task_queues": [Route(name, Exchange(name), routing_key=name) for name in QUEUES],
        "task_default_queue": INGEST,
        "task_routes": {task: {"queue": queue} for task, queue in ROUTES.items()},
        "enable_utc": True,
        "timezone": "UTC",
        "beat_schedule": schedule(settings),
    }


def schedule(settings: Settings) -> dict[str, dict[str, object]]:
    """What beat sends. A message that waited for a whole interval is dropped: the next one says the same."""

    def every(task: str, seconds: float) -> dict[str, object]:
        return {"task": task, "schedule": seconds, "options": {"expires": max(seconds, 5.0)}}

    return {
        "sweep": every("deskmark.sweep", settings.sweep_seconds),
        "self_test": every("deskmark.self_test", SELF_TEST_SECONDS),
        "poll": every("deskmark.poll", settings.poll_seconds),
        "watch": every("deskmark.watch", WATCH_SECONDS),
        "alert": every("deskmark.alert", ALERT_SECONDS),
        "watch_figures": every("deskmark.watch_figures", WATCH_FIGURES_SECONDS),
        "reports": every("deskmark.reports", REPORTS_SECONDS),
        "group_gaps": every("deskmark.group_gaps", GROUP_GAPS_SECONDS),
        "propose_intents": every("deskmark.propose_intents", PROPOSE_INTENTS_SECONDS),
        "forget": every("deskmark.forget", DAY),
        "errands": every("deskmark.errands", ERRAND_SECONDS),
        "drop_texts": every("deskmark.drop_texts", DROP_TEXTS_SECONDS),
        "recount": every("deskmark.recount", RECOUNT_SECONDS),
        "rekey": every("deskmark.rekey", REKEY_SECONDS),
        "backfill": every("deskmark.backfill", BACKFILL_SECONDS),
    }


class CeleryQueue:
    """Announces work over the broker. A broker that is away is logged and nothing more: the sweep finds the work."""

    def __init__(self, celery: Celery) -> None:
        """`celery` is a `publisher`."""
        self._celery = celery

    def ingest(self, delivery_ids: Iterable[int]) -> None:
        """Look at deliveries: all in one message, as each is a moment's work."""
        self._send("deskmark.ingest", [list(delivery_ids)])

    def score(self, conversation_ids: Iterable[str]) -> None:
        """Score conversations that are due."""
        self._send("deskmark.score", conversation_ids)

    def score_history(self, conversation_ids: Iterable[str]) -> None:
        """Score backfilled conversations that are due, on the queue that is looked at last."""
        self._send("deskmark.score_history", conversation_ids)

    def write_back(self, conversation_ids: Iterable[str]) -> None:
        """Write verdicts back that are due."""
        self._send("deskmark.write_back", conversation_ids)

    def ask(self, installation_ids: Iterable[str]) -> None:
        """Ask helpdesks what ended and what changed; one task each, so that none waits for another.

        A message that waited longer than `ASK_EXPIRES` is dropped: the beat has sent another one, and what a webhook
        told waits in the database.
        """
        self._send("deskmark.ask", installation_ids, expires=ASK_EXPIRES)

    def _send(self, task: str, arguments: Iterable[str | list[int]], *, expires: float | None = None) -> None:
        for each in arguments:
            if not each:
                continue
            try:
                self._celery.send_task(task, args=(each,), queue=ROUTES[task], expires=expires)
            except (OperationalError, RedisError, OSError) as error:
                # The others would wait for the same time-out one by one.
                log.warning("broker_unreachable", task=task, id=each, error=type(error).__name__)
                return
