"""Webhooks leave the sandbox as they leave Zendesk: signed, in no order, retried only for what Zendesk retries."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import requests

from connectors.stand_in import Background
from connectors.zendesk.sandbox.shapes import stamp
from connectors.zendesk.webhook import sign

TIMEOUT = 12.0
CONFLICT_RETRIES = 3
WAITING_RETRIES = 3
TIMEOUT_RETRIES = 5
LONGEST_WAIT = 60.0

# The breaker: over five minutes, from 100 requests on, more than 70 % errors or more than 1,000 stop it for 5 seconds.
WINDOW, ENOUGH, SHARE, MOST, BLOCKED = 300.0, 100, 0.7, 1_000, 5.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver; `status` is `None` for a time-out or a refused connection."""

    webhook_id: str
    invocation_id: str
    number: int
    status: int | None


@dataclass(frozen=True, slots=True)
class Invocation:
    """One thing to deliver; its id is the same for every attempt."""

    webhook_id: str
    url: str
    secret: str
    body: bytes
    id: str


class Hooks:
    """Delivers in the background. `retry_delay` (seconds) stands for Zendesk's own pauses and caps a Retry-After.

    `duplicates` more invocations are made of everything, under ids of their own, as Zendesk says may happen.
    `unreachable`: nothing gets through to any endpoint. `skew` is how far Zendesk's clock is from `clock`.
    """

    def __init__(
        self, clock: Callable[[], datetime], *, account_id: int, retry_delay: float, timeout: float = TIMEOUT
    ) -> None:
        self.duplicates = 0
        self.unreachable = False
        self.skew = timedelta(0)
        self.attempts: list[Attempt] = []
        self._clock = clock
        self._account_id = account_id
        self._retry_delay = retry_delay
        self._timeout = timeout
        self._session = requests.Session()
        self._background = Background("zendesk-sandbox-hooks")
        self._lock = threading.Lock()
        self._held: list[tuple[str, str, str, bytes]] | None = None
        self._outcomes: list[tuple[float, bool]] = []
        self._blocked_until = 0.0

    def send(self, webhook_id: str, url: str, secret: str, body: object) -> None:
        """Deliver `body`: text as it is, anything else as JSON."""
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        with self._lock:
            if self._held is not None:
                self._held.append((webhook_id, url, secret, raw))
                return
        for _ in range(1 + self.duplicates):
            invocation = Invocation(webhook_id, url, secret, raw, uuid.uuid4().hex.upper()[:26])
            self._background.do(partial(self._deliver, invocation, 1, 0))

    def test(self, webhook_id: str, url: str, secret: str, body: str) -> int | None:
        """Deliver once, now; the status of the answer, `None` when there was none."""
        invocation = Invocation(webhook_id, url, secret, body.encode(), uuid.uuid4().hex.upper()[:26])
        return self._post(invocation)[0]

    def hold(self) -> None:
        """Keep back what is to be sent, until `release`."""
        with self._lock:
            self._held = self._held if self._held is not None else []

    def release(self, *, backwards: bool = True) -> None:
        """Send what was held back, the newest first unless told otherwise."""
        with self._lock:
            held, self._held = self._held or [], None
        for item in reversed(held) if backwards else held:
            self.send(item[0], item[1], item[2], item[3].decode())

    def flush(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is under way, retries included; whether that was so within `timeout` seconds."""
        return self._background.flush(timeout)

    def stop(self) -> None:
        """Send nothing more and let go of the threads."""
        self._background.stop()
        self._session.close()

    def _deliver(self, invocation: Invocation, number: int, timeouts: int) -> None:
        if time.monotonic() < self._blocked_until:
            return
        status, wait, timed_out = self._post(invocation)
        self.attempts.append(Attempt(invocation.webhook_id, invocation.id, number, status))
        self._judge(status is not None and status < 400)
        if timed_out and timeouts < TIMEOUT_RETRIES:
            self._again(invocation, number, timeouts + 1, self._retry_delay)
        elif status == 409 and number <= CONFLICT_RETRIES:
            self._again(invocation, number, timeouts, self._retry_delay)
        elif status in (429, 503) and wait is not None and wait < LONGEST_WAIT and number <= WAITING_RETRIES:
            self._again(invocation, number, timeouts, min(wait, self._retry_delay))

    def _again(self, invocation: Invocation, number: int, timeouts: int, delay: float) -> None:
        self._background.do(lambda: self._deliver(invocation, number + 1, timeouts), delay=delay)

    def _post(self, invocation: Invocation) -> tuple[int | None, float | None, bool]:
        """Status, Retry-After in seconds, and whether it timed out. The signed time is that of the attempt."""
        if self.unreachable:
            return None, None, False
        at = stamp(self._clock() + self.skew)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Zendesk Webhook",
            "X-Zendesk-Account-Id": str(self._account_id),
            "X-Zendesk-Webhook-Id": invocation.webhook_id,
            "X-Zendesk-Webhook-Invocation-Id": invocation.id,
            "X-Zendesk-Webhook-Signature-Timestamp": at,
            "X-Zendesk-Webhook-Signature": sign(invocation.secret, at, invocation.body),
        }
        try:
            response = self._session.post(
                invocation.url, data=invocation.body, headers=headers, timeout=self._timeout, allow_redirects=False
            )
        except requests.Timeout:
            return None, None, True
        except requests.RequestException:
            return None, None, False
        wait = response.headers.get("Retry-After", "")
        return response.status_code, float(wait) if wait.isdecimal() else None, False

    def _judge(self, fine: bool) -> None:
        now = time.monotonic()
        with self._lock:
            self._outcomes = [item for item in self._outcomes if item[0] > now - WINDOW] + [(now, fine)]
            errors = sum(1 for _, good in self._outcomes if not good)
            if len(self._outcomes) >= ENOUGH and (errors / len(self._outcomes) > SHARE or errors > MOST):
                self._blocked_until = now + BLOCKED
