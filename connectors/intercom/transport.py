"""Requests on their way to Intercom: token, version, rate headers, and a count of them."""

from __future__ import annotations

import random
import threading

import requests

from connectors.errors import ConnectorError, Throttled
from connectors.http import ApiRequest, ApiResponse, Http, wait

VERSION = "2.15"
BUCKET = "api"
RATE = "1600/10 second"
"""10,000 calls a minute for an app, which Intercom spreads over windows of ten seconds; a little is left to others."""

JITTER = 2.0
"""Seconds over which waiting workers spread when throttled, so that they do not all return at the reset."""


class Transport:
    """Sends requests of one installation. Shared by the threads of a worker; each counts its own."""

    def __init__(self, http: Http, token: str) -> None:
        """`http`'s session carries the token and the version from here on."""
        headers = {"Authorization": f"Bearer {token}", "Intercom-Version": VERSION, "Accept": "application/json"}
        http.session.headers.update(headers)
        self._http = http
        self._counted = threading.local()

    def send(self, request: ApiRequest) -> ApiResponse:
        """Send one request and obey the rate headers of its answer. Source: Intercom's page "Rate limiting"."""
        self._counted.calls = self.calls() + 1
        try:
            response = self._http.send(request, bucket=BUCKET, rate=RATE)
        except Throttled as error:
            spread = random.uniform(0, JITTER)  # noqa: S311 - spreads load, hides nothing
            raise Throttled(str(error), after=error.after + spread, ours=error.ours) from error
        if response.headers.get("X-RateLimit-Remaining", "").strip() == "0":
            self._http.pause(BUCKET, wait({"X-RateLimit-Reset": response.headers.get("X-RateLimit-Reset", "")}))
        return response

    def calls(self) -> int:
        """Requests that this thread has sent."""
        return int(getattr(self._counted, "calls", 0))


def response_of(error: ConnectorError) -> requests.Response | None:
    """The answer that an error was made from, where there was one."""
    cause = error.__cause__
    return cause.response if isinstance(cause, requests.HTTPError) else None


def status_of(error: ConnectorError) -> int | None:
    """The HTTP status that an error was made from."""
    response = response_of(error)
    return None if response is None else response.status_code
