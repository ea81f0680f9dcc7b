"""How often something may be tried: sign-ins by address and by account, keys of the API by address.

Counted in the broker, for all processes together; while that is down each process counts for itself. Every count
passes, so nobody is locked out for good.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address

import redis
import structlog
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

PER_ADDRESS = parse("20/minute")
"""Sign-ins that one address may try, of whomever, with whatever."""
PER_ACCOUNT = parse("10/15 minutes")
"""Wrong passwords of one account, from wherever; browsers that it signed in with before are counted each by itself."""
WRONG_KEYS = parse("30/minute")
"""Keys of the API that are none, from one address. One that is right is never counted."""
PER_CODE = parse("10/hour")
"""Wrong codes of one account: there are a million, and three fit at a time."""

SECONDS = 1.0
"""Longest wait for the broker."""

log = structlog.get_logger(__name__)


class Throttle:
    """Counts tries."""

    def __init__(self, broker: str | None = None) -> None:
        """`broker`: the address of the Redis that all processes share; `None`: this process counts for itself."""
        self._shared = None
        if broker:
            storage = RedisStorage(
                broker, key_prefix="deskmark:tries", socket_timeout=SECONDS, socket_connect_timeout=SECONDS
            )
            self._shared = MovingWindowRateLimiter(storage)
        self._own = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, limit: RateLimitItem, *names: str) -> bool:
        """Count a try; `False`: it is one too many."""
        if self._shared is not None:
            with _broker_may_be_down():
                return self._shared.hit(limit, *names)
        return self._own.hit(limit, *names)

    def wait(self, limit: RateLimitItem, *names: str) -> int:
        """Seconds until another try counts as one of those that are allowed, at least one."""
        window = self._own.get_window_stats(limit, *names)
        if self._shared is not None:
            with _broker_may_be_down():
                window = self._shared.get_window_stats(limit, *names)
        return max(1, math.ceil(window.reset_time - time.time()))

    def forget(self, limit: RateLimitItem, *names: str) -> None:
        """Begin to count anew: the last try was right."""
        self._own.clear(limit, *names)
        if self._shared is not None:
            with _broker_may_be_down():
                self._shared.clear(limit, *names)


@contextmanager
def _broker_may_be_down() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        log.warning("tries are counted by each process for itself", error=type(error).__name__)


def network(address: str | None) -> str:
    """What an address is counted as: itself, or the /64 of an IPv6 address, which one visitor has as a whole."""
    try:
        known = ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(IPv6Address(int(known) >> 64 << 64)) if isinstance(known, IPv6Address) else str(known)
