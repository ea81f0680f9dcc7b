"""Spans and reports of unforeseen errors, started once in each process that does work, where they are switched on."""

from __future__ import annotations

import os
from importlib.util import find_spec
from threading import Lock

from service.telemetry.faults import start_faults, stop_faults
from service.telemetry.spans import ENDPOINTS, TelemetryMissing, start_spans, stop_spans


class Watching:
    """What is told outside: OpenTelemetry by its environment variables, Sentry by `dsn`; both off by default."""

    def __init__(self, dsn: str) -> None:
        """Raises `TelemetryMissing` when something is switched on whose extra is not installed."""
        if dsn and find_spec("sentry_sdk") is None:
            raise TelemetryMissing("DESKMARK_SENTRY_DSN is set: install deskmark[sentry] or unset it")
        wanted = any(os.environ.get(name) for name in ENDPOINTS)
        if wanted and (find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None):
            raise TelemetryMissing(f"{ENDPOINTS[0]} is set: install deskmark[otel] or unset it")
        self._dsn, self._process, self._lock = dsn, 0, Lock()

    def start(self, kind: str) -> None:
        """Go on in this process; a second call does nothing, one in a forked child begins anew."""
        if self._process == os.getpid():
            return
        with self._lock:
            if self._process != os.getpid():
                self._process = os.getpid()
                start_spans(f"{kind}-{self._process}")
                start_faults(self._dsn)

    def stop(self) -> None:
        """Send what waits, and end."""
        stop_spans()
        stop_faults()
