"""Numbers for Prometheus. What is in a database is counted there when asked, so every process says the same.

Only what a web process alone can know (webhooks by result, how long they took) is counted in memory; with
`PROMETHEUS_MULTIPROC_DIR` set, over all web processes together.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from service.store import overview
from service.store.models import DeliveryState, State, WriteState
from service.web.parts import BrokerDown, Parts

_PROCESS = CollectorRegistry()
WEBHOOKS = Counter("deskmark_webhooks", "Webhooks answered by this service", ("connector", "result"), registry=_PROCESS)
WEBHOOK_SECONDS = Histogram(
    "deskmark_webhook_seconds",
    "Time to answer a webhook",
    ("connector",),
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5),
    registry=_PROCESS,
)


def exposition(parts: Parts) -> bytes:
    """All metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_InProcess())
    registry.register(_Stored(parts))
    return generate_latest(registry)


class _InProcess(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from _PROCESS.collect()


class _Stored(Collector):
    """Counts by state, age of the oldest waiting work, length of the broker's queues, and whether both answer."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: registering must not ask the database."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("deskmark_up", "Whether a part answers", labels=("part",))
        try:
            with self._parts.database.read() as session:
                counts = overview.counts(session)
            yield from _counted(counts, self._parts.now())
            up.add_metric(("database",), 1)
        except SQLAlchemyError:
            up.add_metric(("database",), 0)
        try:
            yield _family("deskmark_queue_messages", "Messages in a queue", "queue", self._parts.waiting())
            up.add_metric(("broker",), 1)
        except BrokerDown:
            up.add_metric(("broker",), 0)
        yield up


def _counted(counts: overview.Counts, now: datetime) -> Iterator[Metric]:
    deliveries = {state: counts.deliveries.get(state, 0) for state in DeliveryState}
    conversations = {state: counts.conversations.get(state, 0) for state in State}
    writes = {state: counts.writes.get(state, 0) for state in WriteState}
    yield _family("deskmark_deliveries", "Webhook deliveries kept, by state", "state", deliveries)
    yield _family("deskmark_conversations", "Conversations kept, by state (scored, dead, ...)", "state", conversations)
    yield _family("deskmark_writebacks", "Verdicts, by how far they came back to the helpdesk", "state", writes)
    oldest = {"score": counts.oldest_due_at, "writeback": counts.oldest_write_due_at}
    ages = {work: max(0.0, (now - at).total_seconds()) if at else 0.0 for work, at in oldest.items()}
    yield _family("deskmark_oldest_due_seconds", "For how long the oldest due work has waited", "work", ages)


def _family(name: str, help_text: str, label: str, values: Mapping[Any, int] | Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=(label,))
    for key, value in values.items():
        family.add_metric((str(key),), value)
    return family
