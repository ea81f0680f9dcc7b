"""One rate limit for all workers: a bucket per installation and endpoint, kept where every worker sees it.

Windows and storage are the `limits` library's; this module only says what to do when a bucket is empty (`RetryLater`,
never a sleep in a worker) and remembers a pause that the helpdesk itself asked for.
"""

from __future__ import annotations

import math
import time

from limits import parse
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from connectors.errors import RetryLater


class Limiter:
    """Rate limits over `storage_uri`: `redis://...` shared by all workers, `memory://` for one process."""

    def __init__(self, storage_uri: str = "memory://") -> None:
        storage = storage_from_string(storage_uri)
        assert isinstance(storage, Storage)
        self._storage = storage
        self._windows = MovingWindowRateLimiter(storage)

    def take(self, bucket: str, rate: str) -> None:
        """Count one call against `bucket`, at most `rate` (e.g. "100/minute"); `RetryLater` when none is left."""
        pause = self._storage.get_expiry(_pause(bucket)) - time.time() if self._storage.get(_pause(bucket)) else 0.0
        if pause > 0:
            raise RetryLater(f"{bucket}: the helpdesk asked to wait", after=pause)
        limit = parse(rate)
        if not self._windows.hit(limit, bucket):
            reset = self._windows.get_window_stats(limit, bucket).reset_time
            raise RetryLater(f"{bucket}: our own limit of {rate} is used up", after=max(1.0, reset - time.time()))

    def pause(self, bucket: str, seconds: float) -> None:
        """Let nobody call `bucket` for `seconds`: the helpdesk said so in a header."""
        self._storage.incr(_pause(bucket), math.ceil(max(1.0, seconds)))


def _pause(bucket: str) -> str:
    return f"deskmark-pause/{bucket}"
