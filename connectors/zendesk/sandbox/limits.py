"""The sandbox's rate limits: the account's, those for updating tickets and for exports, and one for each ticket."""

from __future__ import annotations

import math
import re
import time
from threading import Lock

_TICKET = re.compile(r"^/api/v2/tickets/(?P<id>\d+)(?:/tags)?$")
EXPORTS = "incremental"
MINUTE = 60.0
TEN_MINUTES = 600.0


class Limits:
    """Moving windows over seconds. `account`, `updates`, `incremental` and `per_ticket` may be set to anything."""

    def __init__(self) -> None:
        self.account = 700
        self.updates = 100
        self.per_ticket = 30
        self.incremental = 10
        self._calls: dict[str, list[float]] = {}
        self._refusals, self._refuse_for = 0, 0.0
        self._lock = Lock()

    def refuse_next(self, requests: int, seconds: float) -> None:
        """Refuse the next requests."""
        self._refusals, self._refuse_for = requests, seconds

    def take(self, method: str, path: str) -> float | None:
        """Count one request; the seconds to wait when it is refused."""
        if not path.startswith("/api/"):
            return None
        with self._lock:
            if self._refusals > 0:
                self._refusals -= 1
                return self._refuse_for
            limits = self._limits(method, path)
            for name, most, window in limits:
                used = self._used(name, window)
                if len(used) >= most:
                    return window - (time.monotonic() - used[0])
            for name, _, _ in limits:
                self._calls[name].append(time.monotonic())
            return None

    def headers(self, method: str, path: str) -> dict[str, str]:
        """What an answer says of the limits; each of the two endpoint limits in one of Zendesk's two spellings."""
        with self._lock:
            said: dict[str, str] = {}
            for name, most, window in self._limits(method, path):
                used = self._used(name, window)
                left = max(0, most - len(used))
                resets = math.ceil(window - (time.monotonic() - used[0])) if used else int(window)
                if name == "account":
                    said |= {"x-rate-limit": str(most), "x-rate-limit-remaining": str(left)}
                    said |= {"ratelimit-limit": str(most), "ratelimit-remaining": str(left)}
                    said["ratelimit-reset"] = str(resets)
                elif name != EXPORTS:
                    spelled = "zendesk-rate-limit-tickets-update"
                    key = spelled if name == "updates" else "zendesk-ratelimit-per-ticket-updates"
                    said[key] = f"total={most}; remaining={left}; resets={resets}"
            return said

    def _limits(self, method: str, path: str) -> list[tuple[str, int, float]]:
        found = [("account", self.account, MINUTE)]
        if path.startswith("/api/v2/incremental/"):
            found.append((EXPORTS, self.incremental, MINUTE))
        ticket = _TICKET.match(path)
        if method == "PUT" and (ticket or path == "/api/v2/tickets/update_many"):
            found.append(("updates", self.updates, MINUTE))
        if method == "PUT" and ticket:
            found.append((f"ticket {ticket['id']}", self.per_ticket, TEN_MINUTES))
        return found

    def _used(self, name: str, window: float) -> list[float]:
        since = time.monotonic() - window
        self._calls[name] = [moment for moment in self._calls.get(name, []) if moment > since]
        return self._calls[name]
