"""A session that counts what it asks: requests by helpdesk and status, each with a span. Never a body or a query."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog

from service.telemetry.metrics import API_CALLS
from service.telemetry.trace import traced

NO_ANSWER = "none"
log = structlog.get_logger(__name__)


class CountedSession(requests.Session):
    """A `requests.Session` of one helpdesk."""

    def __init__(self, connector: str) -> None:
        """`connector` is the helpdesk's kind."""
        super().__init__()
        self._connector = connector

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As `requests` does."""
        began, status = time.perf_counter(), NO_ANSWER
        try:
            with traced("helpdesk request", None, connector=self._connector, method=request.method):
                response = super().send(request, **kwargs)
            status = str(response.status_code)
            return response
        finally:
            API_CALLS.labels(connector=self._connector, status=status).inc()
            milliseconds = round((time.perf_counter() - began) * 1000, 1)
            path = urlsplit(request.url or "").path
            log.debug("asked", method=request.method, path=path, status=status, milliseconds=milliseconds)
