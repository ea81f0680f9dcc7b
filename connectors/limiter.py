"""One rate limit for all workers: a bucket per installation and endpoint, kept where every worker sees it.

Windows and storage are the `limits` library's; this module only says what to do when a bucket is empty (`Throttled`,
never a sleep in a worker) and remembers a pause that the helpdesk itself asked for.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import dataclass

import redis
from limits import parse
from limits.errors import StorageError
from limits.storage import RedisStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from connectors.errors import Throttled

UNREACHABLE = 5.0
"""Seconds to wait when the storage of the limits does not answer."""


BUCKETS = "deskmark:buckets"
"""Where the buckets in use stand with their rates, for whoever wants to know what is left of each."""
TOLD_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class Budget:
    """What a bucket has left: `left` of `total` calls in its window, or none for `paused` seconds."""

    bucket: str
    rate: str
    total: int
    left: int
    paused: float


class Limiter:
    """Rate limits over `storage_uri`: `redis://...` shared by all workers, `memory://` for one process."""

    def __init__(self, storage_uri: str = "memory://") -> None:
        options = {} if storage_uri.startswith("memory") else {"socket_timeout": 2.0, "socket_connect_timeout": 2.0}
        storage = storage_from_string(storage_uri, wrap_exceptions=True, **options)
        assert isinstance(storage, Storage)
        self._storage = storage
        self._windows = MovingWindowRateLimiter(storage)
        self._used: dict[str, tuple[str, float]] = {}

    def take(self, bucket: str, rate: str) -> None:
        """Count one call against `bucket`, at most `rate` (e.g. "100/minute"); `Throttled` when none is left.

        Where the shared storage cannot be reached nobody calls: all workers at once would be too many.
        """
        try:
            self._take(bucket, rate)
        except StorageError as error:
            raise Throttled(
                "the storage of the shared rate limit cannot be reached", after=UNREACHABLE, ours=True
            ) from error

    def _take(self, bucket: str, rate: str) -> None:
        self._remember(bucket, rate)
        pause = self._paused(bucket)
        if pause > 0:
            raise Throttled(f"{bucket}: the helpdesk asked to wait", after=pause)
        limit = parse(rate)
        if not self._windows.hit(limit, bucket):
            reset = self._windows.get_window_stats(limit, bucket).reset_time
            after = max(1.0, reset - time.time())
            raise Throttled(f"{bucket}: our own limit of {rate} is used up", after=after, ours=True)

    def budgets(self) -> tuple[Budget, ...]:
        """What is left of every bucket that was used, in the order of their names. Raises `StorageError`."""
        used = {bucket: rate for bucket, (rate, _) in self._used.items()}
        if isinstance(self._storage, RedisStorage):
            try:
                kept = self._storage.storage.hgetall(BUCKETS)
            except redis.RedisError as error:
                raise StorageError(error) from error
            used = {bucket.decode(): rate.decode() for bucket, rate in kept.items()}
        return tuple(self._budget(bucket, rate) for bucket, rate in sorted(used.items()))

    def _budget(self, bucket: str, rate: str) -> Budget:
        limit = parse(rate)
        left = self._windows.get_window_stats(limit, bucket).remaining
        return Budget(bucket, rate, limit.amount, left, max(0.0, self._paused(bucket)))

    def _paused(self, bucket: str) -> float:
        name = _pause(bucket)
        return self._storage.get_expiry(name) - time.time() if self._storage.get(name) else 0.0

    def _remember(self, bucket: str, rate: str) -> None:
        """Told again now and then: the storage may have been emptied. A single ticket's limit is nobody's budget."""
        if bucket.rpartition("/")[2].isdecimal():
            return
        known, now = self._used.get(bucket), time.monotonic()
        if known is not None and known[0] == rate and now - known[1] < TOLD_EVERY:
            return
        self._used[bucket] = (rate, now)
        if isinstance(self._storage, RedisStorage):
            with suppress(redis.RedisError):
                self._storage.storage.hset(BUCKETS, bucket, rate)

    def pause(self, bucket: str, seconds: float) -> None:
        """Let nobody call `bucket` for `seconds`: the helpdesk said so in a header."""
        with suppress(StorageError):
            self._storage.incr(_pause(bucket), math.ceil(max(1.0, seconds)))


class Share(Limiter):
    """A part of another limiter's rates: what takes here takes from the whole as well, and never more than its part.

    So whoever uses the whole always finds at least the rest.
    """

    def __init__(self, whole: Limiter, percent: int) -> None:
        """`percent` of every rate, from 1 to 100."""
        self._whole = whole
        self.percent = percent

    def take(self, bucket: str, rate: str) -> None:
        """Count one call against the part and the whole; `Throttled` when either has none left."""
        self._whole.take(_part(bucket), portion(rate, self.percent))
        self._whole.take(bucket, rate)

    def pause(self, bucket: str, seconds: float) -> None:
        """Let nobody call `bucket`, whoever uses the whole neither: the helpdesk said so."""
        self._whole.pause(bucket, seconds)

    def spare(self, bucket: str, *, left: int, total: int, resets: float) -> None:
        """Stop using `bucket` here for `resets` seconds when what the helpdesk says is `left` of `total` is the others'
        part: they, or programs that we know nothing of, have used more than usual.
        """
        if left * 100 <= total * (100 - self.percent):
            self._whole.pause(_part(bucket), resets)


def portion(rate: str, percent: int) -> str:
    """`percent` of a rate, at least one call.

    >>> portion("25/minute", 50), portion("1/10 second", 5)
    ('12/minute', '1/10 second')
    """
    item = parse(rate)
    span = item.GRANULARITY.name if item.multiples == 1 else f"{item.multiples} {item.GRANULARITY.name}"
    return f"{max(1, item.amount * percent // 100)}/{span}"


def _part(bucket: str) -> str:
    return f"{bucket}/history"


def _pause(bucket: str) -> str:
    return f"deskmark-pause/{bucket}"
