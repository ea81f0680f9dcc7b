"""What every process counts, as Prometheus knows it: definitions only. How the processes' numbers come together is
`service.telemetry.sharing`'s business; what a database or broker can be asked for is not counted here at all.
"""

from __future__ import annotations

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Histogram, Summary

REGISTRY = CollectorRegistry()
EDITION = "1"
"""Raised when a label or a bucket changes: numbers of two editions are never added up."""


class Stage(StrEnum):
    """A part of the way from the webhook to the note."""

    WEBHOOK_TO_SCORED = "webhook_to_scored"
    SCORED_TO_WRITTEN = "scored_to_written"
    WEBHOOK_TO_WRITTEN = "webhook_to_written"


WEBHOOKS = Counter("deskmark_webhooks", "Webhooks answered", ("connector", "result"), registry=REGISTRY)
WEBHOOK_SECONDS = Histogram(
    "deskmark_webhook_seconds",
    "Time to answer a webhook",
    ("connector",),
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5),
    registry=REGISTRY,
)
LAG_NAME = "deskmark_lag_seconds"
LAG = Histogram(
    LAG_NAME,
    "From one stage of a conversation's way to the next, the settle time included",
    ("stage",),
    buckets=(1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 14_400, 86_400),
    registry=REGISTRY,
)
API_CALLS = Counter(
    "deskmark_api_calls",
    "Requests to helpdesks by status (none: no answer)",
    ("connector", "status"),
    registry=REGISTRY,
)
PUT_OFF = Counter("deskmark_put_off", "Attempts that are made again later", ("work", "reason"), registry=REGISTRY)
GIVEN_UP = Counter("deskmark_given_up", "Work that was given up until somebody looks", ("work",), registry=REGISTRY)
TASK_SECONDS = Histogram(
    "deskmark_task_seconds",
    "Time that a task took",
    ("task",),
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120),
    registry=REGISTRY,
)
TASKS_FAILED = Counter("deskmark_tasks_failed", "Tasks that ended in an unforeseen error", ("task",), registry=REGISTRY)
SCORE_SECONDS = Summary(
    "deskmark_score_seconds", "Time to compute a score of an episode", ("score",), registry=REGISTRY
)
