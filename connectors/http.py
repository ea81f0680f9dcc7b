"""The one place where requests leave for a helpdesk: time-outs, rate limits, and what each answer means.

It only classifies (`connectors.errors`); retrying is the tasks' business. Nothing here logs a body.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

import requests

from connectors.addresses import ForbiddenAddress, Hosts
from connectors.errors import Conflict, ConnectorError, CredentialsRefused, NotFound, Rejected, RetryLater, Throttled
from connectors.limiter import Limiter

TIMEOUT = (3.05, 20.0)
DEFAULT_WAIT = 30.0
LONGEST_WAIT = 3600.0
"""Seconds; a header that asks for more is believed no further: the next answer says it again."""


_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request to a helpdesk, built purely and sent by `Http`. `path` starts with `/`."""

    method: str
    path: str
    json: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    """Beside those of the session, or in their place."""
    text: bool = False
    """The answer is text, and its body a string."""


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """A 2xx answer: its JSON body (an empty mapping when there is none), or its text; headers, names in any case."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Http:
    """Sends requests under the shared limiter. One per installation; the session carries authentication."""

    def __init__(self, base_url: str, session: requests.Session, limiter: Limiter, *, name: str, hosts: Hosts) -> None:
        """`name` starts every rate-limit bucket of this installation, so that two installations never share one.

        `hosts` is where its helpdesk may be: whatever stands in the database, a token goes nowhere else.
        """
        self.base_url = base_url.rstrip("/")
        self.session = session
        self.name = name
        self._hosts = hosts
        self._limiter = limiter

    def send(self, request: ApiRequest, *, bucket: str, rate: str) -> ApiResponse:
        """Send one request; raises `RetryLater`, `Conflict`, `NotFound`, or `Rejected` with the helpdesk's own words.

        Nothing is sent to a host that is not the vendor's (`ForbiddenAddress`), and no redirect is followed.

        `bucket` and `rate` are the helpdesk's limit that this call counts against. `response` of the raised error's
        cause is kept (`error.__cause__`) for connectors that read more into a 4xx.
        """
        self._hosts.check(self.base_url)
        if not request.path.startswith("/"):
            raise ForbiddenAddress("the path of a request must start with a slash")
        name = f"{self.name}/{bucket}"
        self._limiter.take(name, rate)
        try:
            response = self.session.request(
                request.method,
                self.base_url + request.path,
                json=request.json,
                params=request.query,
                headers=request.headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise RetryLater(f"{request.method} {request.path}: {type(error).__name__}") from error
        if 200 <= response.status_code < 300:
            body = response.text if request.text else _body(response)
            return ApiResponse(response.status_code, body, response.headers)
        refusal = classify(request, response)
        if isinstance(refusal, Throttled):
            self._limiter.pause(name, refusal.after)
        raise refusal from requests.HTTPError(response=response)

    def take(self, bucket: str, rate: str) -> None:
        """Count one call against a further limit that a request falls under; raises `RetryLater` when it is used up."""
        self._limiter.take(f"{self.name}/{bucket}", rate)

    def pause(self, bucket: str, seconds: float) -> None:
        """Stop calling `bucket` for `seconds`, for all workers: its headers said that nothing is left."""
        self._limiter.pause(f"{self.name}/{bucket}", seconds)


def classify(request: ApiRequest, response: requests.Response) -> ConnectorError:
    """What the caller must do about an answer that is not 2xx."""
    status, what = response.status_code, f"{request.method} {request.path}: HTTP {response.status_code}"
    if status == 429:
        return Throttled(what, after=wait(response.headers))
    if status >= 500 or status in (408, 425):
        return RetryLater(what, after=wait(response.headers))
    if status == 409:
        return Conflict(what)
    if status in (404, 410):
        return NotFound(what)
    if status == 401:
        return CredentialsRefused(f"{what}: the access token was refused")
    if status == 403:
        return Rejected(f"{what}: the token lacks a scope or the plan lacks this feature")
    return Rejected(what)


def wait(headers: Mapping[str, str]) -> float:
    """Seconds to wait: `Retry-After` (seconds or a date), else `X-RateLimit-Reset` (unix time), else a default."""
    value = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), LONGEST_WAIT)
    if value:
        try:
            return _until(parsedate_to_datetime(value).timestamp())
        except (ValueError, OverflowError):
            return DEFAULT_WAIT
    reset = headers.get("X-RateLimit-Reset", "").strip()
    return _until(float(reset)) if _SECONDS.fullmatch(reset) else DEFAULT_WAIT


def _until(moment: float) -> float:
    return min(max(1.0, moment - time()), LONGEST_WAIT)


def _body(response: requests.Response) -> Any:
    if not response.content:
        return {}
    try:
        return response.json()
    except requests.JSONDecodeError as error:
        raise RetryLater("the helpdesk answered 2xx with a body that is not JSON") from error
