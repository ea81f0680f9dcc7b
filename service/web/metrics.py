"""Numbers for Prometheus. What is in the database or the broker is asked for at the scrape, and what processes count is
added up on the board (ADR 015): whichever web process answers says the same, and speaks for the workers too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any

from limits.errors import StorageError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.scoring.score import DEFINITIONS
from service.store import operations, overview
from service.store.backfill_models import BackfillState
from service.store.models import DeliveryState, State, WriteState
from service.telemetry.board import BoardDown
from service.telemetry.metrics import REGISTRY
from service.telemetry.sharing import alone, everybody
from service.web.parts import BrokerDown, Parts
from tasks.celery_app import QUEUES
from tasks.telling import BEAT

ALIVE_WITHIN = 60.0
"""A process that was not heard for so many seconds counts as gone."""
NOT_HEARD = 3600.0
"""What is said of the age of something that was never heard of."""


def exposition(parts: Parts) -> bytes:
    """All metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Asked(parts))
    return generate_latest(registry)


class _Asked(Collector):
    """Everything, and whether the parts that were asked for it answer."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: registering must not ask the database."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("deskmark_up", "Whether a part answers", labels=("part",))
        try:
            with self._parts.database.read() as session:
                families = list(_stored(session, self._parts.now()))
            yield from families
            up.add_metric(("database",), 1)
        except SQLAlchemyError:
            up.add_metric(("database",), 0)
        try:
            yield from list(_from_broker(self._parts))
            up.add_metric(("broker",), 1)
        except (BrokerDown, BoardDown, StorageError):
            up.add_metric(("broker",), 0)
        yield up
        about = GaugeMetricFamily("deskmark_info", "Versions", labels=("version", "definitions"))
        about.add_metric((version("deskmark"), DEFINITIONS), 1)
        yield about


def _stored(session: Session, now: datetime) -> Iterator[Metric]:
    counts = overview.counts(session)
    deliveries = {state: counts.deliveries.get(state, 0) for state in DeliveryState}
    conversations = {state: counts.conversations.get(state, 0) for state in State}
    writes = {state: counts.writes.get(state, 0) for state in WriteState}
    yield _gauge("deskmark_deliveries", "Webhook deliveries kept, by state", "state", deliveries)
    yield _gauge("deskmark_conversations", "Conversations kept, by state (scored, dead, ...)", "state", conversations)
    yield _gauge("deskmark_writebacks", "Verdicts, by how far they came back to the helpdesk", "state", writes)
    work = operations.overview(session, now=now)
    waits = work.waiting.items()
    ages = {kind: max(0.0, (now - wait.oldest).total_seconds()) if wait.oldest else 0.0 for kind, wait in waits}
    yield _gauge("deskmark_due", "Work that is due now", "work", {kind: wait.due for kind, wait in waits})
    yield _gauge("deskmark_oldest_due_seconds", "For how long the oldest due work has waited", "work", ages)
    yield _gauge("deskmark_dead", "Work that was given up", "work", {kind: wait.dead for kind, wait in waits})
    yield _gauge("deskmark_notices", "Notices to admins that stand", "kind", work.notices)
    yield from _helpdesks(work, now)


def _helpdesks(work: operations.Overview, now: datetime) -> Iterator[Metric]:
    labels = ("installation", "connector")
    standing = GaugeMetricFamily(
        "deskmark_helpdesk", "Connected helpdesks by how they stand (1: so)", labels=(*labels, "standing")
    )
    missed = CounterMetricFamily("deskmark_missed", "Conversations whose webhook never came", labels=labels)
    refused = CounterMetricFamily("deskmark_refused", "Webhooks with a wrong signature", labels=labels)
    done = GaugeMetricFamily(
        "deskmark_backfill_ratio", "How far a backfill has come in time", labels=(*labels, "state")
    )
    kinds = {row.id: row.connector for row in work.installations}
    for row in work.installations:
        standing.add_metric((row.id, row.connector, operations.standing(row, now)), 1)
        missed.add_metric((row.id, row.connector), row.missed_count)
        refused.add_metric((row.id, row.connector), row.refused_count)
    for backfill in work.backfills:
        whole = backfill.state == BackfillState.DONE
        ratio = 1.0 if whole else operations.ratio(backfill)
        done.add_metric((backfill.installation_id, kinds[backfill.installation_id], backfill.state), ratio)
    yield from (standing, missed, refused, done)


def _from_broker(parts: Parts) -> Iterator[Metric]:
    yield _gauge("deskmark_queue_messages", "Messages in a queue", "queue", parts.waiting())
    yield from _rates(parts)
    if parts.board is None:
        yield from alone(REGISTRY)
        return
    ages = heard(parts.board.heard)
    alive = {queue: sum(age <= ALIVE_WITHIN for age in ages.get(queue, ())) for queue in QUEUES}
    youngest = {part: min(ages.get(part, ()), default=NOT_HEARD) for part in (*QUEUES, BEAT)}
    yield _gauge("deskmark_workers", "Workers that were heard within a minute", "queue", alive)
    yield _gauge("deskmark_heard_seconds", "Since a program was last heard", "program", youngest)
    yield from everybody(parts.board, REGISTRY)


def heard(ages: Callable[[], Mapping[str, float]]) -> dict[str, list[float]]:
    """Seconds since each process was heard, by queue or `beat`."""
    found: dict[str, list[float]] = {}
    for name, age in ages().items():
        found.setdefault(name.split("/", 1)[0], []).append(age)
    return found


def _rates(parts: Parts) -> Iterator[Metric]:
    labels = ("installation", "bucket")
    left = GaugeMetricFamily("deskmark_rate_left", "Calls left in a rate limit's window", labels=labels)
    total = GaugeMetricFamily("deskmark_rate_limit", "Calls of a rate limit's window", labels=labels)
    paused = GaugeMetricFamily("deskmark_rate_paused_seconds", "How long the helpdesk asked to wait", labels=labels)
    for budget in parts.budgets():
        installation, _, bucket = budget.bucket.partition("/")
        for family, value in ((left, budget.left), (total, budget.total), (paused, budget.paused)):
            family.add_metric((installation, bucket), value)
    yield from (left, total, paused)


def _gauge(name: str, help_text: str, label: str, values: Mapping[Any, int] | Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=(label,))
    for key, value in values.items():
        family.add_metric((str(key),), value)
    return family
