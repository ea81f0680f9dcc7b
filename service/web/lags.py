"""How long conversations took from stage to stage: the histograms, read as seconds within which most were."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client.core import Metric

from service.telemetry.metrics import LAG_NAME


@dataclass(frozen=True, slots=True)
class Lag:
    """A stage: how many conversations, and the bucket's seconds within which half and 95 of 100 of them were.

    Infinite: longer than the longest bucket.
    """

    stage: str
    count: int
    half: float
    most: float


def lags(metrics: Iterable[Metric]) -> list[Lag]:
    """The stages that were counted, since the broker was last emptied."""
    buckets: dict[str, list[tuple[float, float]]] = {}
    for metric in metrics:
        for sample in metric.samples if metric.name == LAG_NAME else ():
            if sample.name.endswith("_bucket"):
                buckets.setdefault(sample.labels["stage"], []).append((float(sample.labels["le"]), sample.value))
    return [_lag(stage, sorted(found)) for stage, found in buckets.items()]


def _lag(stage: str, buckets: list[tuple[float, float]]) -> Lag:
    whole = buckets[-1][1]

    def within(part: float) -> float:
        return next((seconds for seconds, count in buckets if count >= part * whole), math.inf)

    return Lag(stage, int(whole), within(0.5), within(0.95))
