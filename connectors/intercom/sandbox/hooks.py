"""Sends the sandbox's webhooks the way Intercom does: signed, 5 seconds at most, one retry, no order, duplicates.

Answers mean what they mean to Intercom: 410 ends the subscription, 429 is throttled, any other failure is tried once
more. Source: Intercom's page "Webhook notifications".
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from connectors.intercom.sandbox.workspace import Record
from connectors.stand_in import Background

TIMEOUT = 5.0
RETRY_DELAY = 60.0
THROTTLED_AT_MOST = 120
"""Intercom drops what it has throttled for two hours: 120 times its delay of a minute."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver a notification; `status` is `None` when nothing answered in time."""

    topic: str
    notification_id: str
    number: int
    status: int | None


class Hooks:
    """One webhook subscription. `retry_delay` is in seconds; `duplicates` more copies of everything are sent."""

    def __init__(self, secret: str, *, retry_delay: float = RETRY_DELAY, timeout: float = TIMEOUT) -> None:
        self.url: str | None = None
        self.disabled = False
        self.duplicates = 0
        self.attempts: list[Attempt] = []
        self._secret = secret
        self._retry_delay = retry_delay
        self._timeout = timeout
        self._session = requests.Session()
        self._background = Background("intercom-sandbox-hooks")
        self._held: list[Record] | None = None

    def connect(self, url: str) -> None:
        """Save the address: it must be HTTPS (or on this machine) and answer a HEAD request with 2xx."""
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
            raise ValueError("Intercom accepts HTTPS addresses only")
        status = self._session.head(url, timeout=self._timeout, allow_redirects=False).status_code
        if not 200 <= status < 300:
            raise ValueError(f"the address answered HEAD with {status}")
        self.url, self.disabled = url, False

    def send(self, notification: Record) -> None:
        """Deliver in the background; nothing is sent without a subscription."""
        if self.url is None or self.disabled:
            return
        if self._held is not None:
            self._held.append(notification)
            return
        for _ in range(1 + self.duplicates):
            self._background.do(lambda: self._deliver(notification, 1, waited=0.0))

    def hold(self) -> None:
        """Keep back what is to be sent, until `release`."""
        self._held = self._held or []

    def release(self, *, backwards: bool = True) -> None:
        """Send what was held back, the newest first unless told otherwise."""
        held, self._held = self._held or [], None
        for notification in reversed(held) if backwards else held:
            self.send(notification)

    def flush(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is under way, retries included; whether that was so within `timeout` seconds."""
        return self._background.flush(timeout)

    def stop(self) -> None:
        """Send nothing more and let go of the threads."""
        self._background.stop()
        self._session.close()

    def _deliver(self, notification: Record, number: int, *, waited: float) -> None:
        if self.disabled or self.url is None:
            return
        status = self._post(self.url, {**notification, "delivery_attempts": number})
        self.attempts.append(Attempt(notification["topic"], notification["id"], number, status))
        if status == 410:
            self.disabled = True
        elif status == 429:
            delay = self._retry_delay * 2.0 ** (number - 1)
            if waited + delay <= self._retry_delay * THROTTLED_AT_MOST:
                self._background.do(lambda: self._deliver(notification, number + 1, waited=waited + delay), delay=delay)
        elif (status is None or not 200 <= status < 300) and number == 1:
            self._background.do(lambda: self._deliver(notification, 2, waited=waited), delay=self._retry_delay)

    def _post(self, url: str, notification: Record) -> int | None:
        body = json.dumps(notification).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "intercom-parrot-service-client/1.0",
            "X-Hub-Signature": "sha1=" + hmac.new(self._secret.encode(), body, hashlib.sha1).hexdigest(),
        }
        try:
            return self._session.post(
                url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            ).status_code
        except requests.RequestException:
            return None
