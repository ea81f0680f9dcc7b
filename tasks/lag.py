"""How long a conversation's way took, from stage to stage: told once a webhook, for what came live.

A conversation that is judged again because of another one, or that came from history, kept nobody waiting.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from service.store.models import Conversation
from service.telemetry.metrics import LAG, Stage

Lags = Mapping[Stage, float]


def when_scored(row: Conversation, *, now: datetime) -> Lags:
    """Seconds from the webhook to the scores of a conversation as it was when it was claimed."""
    if row.asked_at is None or row.backfilled or not row.reread:
        return {}
    return {Stage.WEBHOOK_TO_SCORED: (now - row.asked_at).total_seconds()}


def when_written(row: Conversation, *, now: datetime) -> Lags:
    """Seconds from the webhook and from the scores to the write-back."""
    if row.asked_at is None or row.backfilled or row.scored_at is None:
        return {}
    return {
        Stage.SCORED_TO_WRITTEN: (now - row.scored_at).total_seconds(),
        Stage.WEBHOOK_TO_WRITTEN: (now - row.asked_at).total_seconds(),
    }


def tell(lags: Lags) -> None:
    """Count them. After the transaction: only what is so is counted."""
    for stage, seconds in lags.items():
        LAG.labels(stage=stage.value).observe(max(0.0, seconds))
