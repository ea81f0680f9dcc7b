"""Brings the counters of all processes together: each adds what it counted to the board, any one reads them all.

Prometheus' own ways fit neither our workers, which are several processes on several machines behind no port, nor a web
of several processes of which one answers the scrape (ADR 015). The counting itself is its client library's.
"""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Iterator, Mapping
from threading import Event, Lock, Thread

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

from service.telemetry.board import Board, BoardDown
from service.telemetry.holding import Holding
from service.telemetry.metrics import EDITION

EVERY_SECONDS = 2.0
SHARED = frozenset({"counter", "histogram", "summary"})
_STARTING = Lock()


class Sharing:
    """Adds one process's counters to the board every two seconds. Safe from several threads, and after a fork."""

    def __init__(self, board: Board, registry: CollectorRegistry, holding: Holding | None = None) -> None:
        """`registry` holds this process's counters. `holding` is told as often, where nothing else does it."""
        self._board, self._registry, self._holding = board, registry, holding
        self._told: dict[str, float] = {}
        self._process = 0
        self._stop = Event()
        self._lock = Lock()

    def start(self) -> None:
        """Go on in a thread of this process; a second call, also in a forked child, does what is right."""
        with _STARTING:
            if self._process == os.getpid():
                return
            self._process = os.getpid()
            self._stop, self._lock = Event(), Lock()
        Thread(target=self._run, name="sharing", daemon=True).start()
        atexit.register(self._end)

    def stop(self) -> None:
        """Add what is left and end the thread."""
        self._end()

    def flush(self) -> bool:
        """Add what was counted since the last time; false when the board is away, and then nothing is lost."""
        with self._lock:
            counted = {_field(sample): sample.value for sample in _samples(self._registry)}
            more = {field: value - self._told.get(field, 0.0) for field, value in counted.items()}
            more = {field: amount for field, amount in more.items() if amount}
            if not more:
                return True
            try:
                self._board.add(EDITION, more)
            except BoardDown:
                return False
            self._told = counted
            return True

    def _run(self) -> None:
        stop = self._stop
        self._tell()
        while not stop.wait(EVERY_SECONDS):
            self.flush()
            self._tell()

    def _tell(self) -> None:
        if self._holding is not None:
            self._holding.tell()

    def _end(self) -> None:
        self._stop.set()
        self.flush()
        if self._holding is not None:
            self._holding.end()


def everybody(board: Board, registry: CollectorRegistry) -> Iterator[Metric]:
    """The counters of all processes, as metrics. Raises `BoardDown`.

    Only what `registry` defines is shown: it knows each metric's kind and help.
    """
    samples = [_sample(field, value) for field, value in board.counts(EDITION).items()]
    yield from _families(registry, samples)


def alone(registry: CollectorRegistry) -> Iterator[Metric]:
    """The counters of this process only, in the same form."""
    yield from _families(registry, list(_samples(registry)))


def _families(registry: CollectorRegistry, samples: list[Sample]) -> Iterator[Metric]:
    for known in registry.collect():
        names = {known.name + end for end in ("_total", "_count", "_sum", "_bucket")}
        metric = Metric(known.name, known.documentation, known.type)
        metric.samples = sorted((sample for sample in samples if sample.name in names), key=_order)
        yield metric


def _order(sample: Sample) -> tuple[list[tuple[str, str]], str, float]:
    """Series by series, and in a histogram bucket by bucket, as Prometheus' format asks for."""
    labels = sorted(item for item in sample.labels.items() if item[0] != "le")
    return labels, sample.name, float(sample.labels.get("le", 0))


def _samples(registry: CollectorRegistry) -> Iterator[Sample]:
    for metric in registry.collect():
        if metric.type in SHARED:
            yield from (sample for sample in metric.samples if not sample.name.endswith("_created"))


def _field(sample: Sample) -> str:
    return json.dumps([sample.name, sorted(sample.labels.items())], separators=(",", ":"))


def _sample(field: str, value: float) -> Sample:
    name, labels = json.loads(field)
    known: Mapping[str, str] = dict(labels)
    return Sample(name, dict(known), value)
