"""One rate limit for all workers: a bucket per installation and endpoint, kept where every worker sees it.

Windows and storage are the `limits` library's; this module only says what to do when a bucket is empty (`Throttled`,
never a sleep in a worker) and remembers a pause that the helpdesk itself asked for.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress

from limits import parse
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from connectors.errors import Throttled

UNREACHABLE = 5.0
"""Seconds to wait when the storage of the limits does not answer."""


class Limiter:
    """Rate limits over `storage_uri`: `redis://...` shared by all workers, `memory://` for one process."""

    def __init__(self, storage_uri: str = "memory://") -> None:
        options = {} if storage_uri.startswith("memory") else {"socket_timeout": 2.0, "socket_connect_timeout": 2.0}
        storage = storage_from_string(storage_uri, wrap_exceptions=True, **options)
        assert isinstance(storage, Storage)
        self._storage = storage
        self._windows = MovingWindowRateLimiter(storage)

    def take(self, bucket: str, rate: str) -> None:
        """Count one call against `bucket`, at most `rate` (e.g. "100/minute"); `Throttled` when none is left.

        Where the shared storage cannot be reached nobody calls: all workers at once would be too many.
        """
        try:
            self._take(bucket, rate)
        except StorageError as error:
            raise Throttled("the storage of the shared rate limit cannot be reached", after=UNREACHABLE) from error

    def _take(self, bucket: str, rate: str) -> None:
        pause = self._storage.get_expiry(_pause(bucket)) - time.time() if self._storage.get(_pause(bucket)) else 0.0
        if pause > 0:
            raise Throttled(f"{bucket}: the helpdesk asked to wait", after=pause)
        limit = parse(rate)
        if not self._windows.hit(limit, bucket):
            reset = self._windows.get_window_stats(limit, bucket).reset_time
            raise Throttled(f"{bucket}: our own limit of {rate} is used up", after=max(1.0, reset - time.time()))

    def pause(self, bucket: str, seconds: float) -> None:
        """Let nobody call `bucket` for `seconds`: the helpdesk said so in a header."""
        with suppress(StorageError):
            self._storage.incr(_pause(bucket), math.ceil(max(1.0, seconds)))


def _pause(bucket: str) -> str:
    return f"deskmark-pause/{bucket}"
