"""Where processes tell of themselves, for every other process to read: three hashes in the broker's Redis.

Nothing depends on it. When the broker is emptied, counters begin at 0 again, which Prometheus expects of a restart.
Times are the broker's own, so that machines whose clocks differ agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis

SECONDS = 1.0
COUNTS = "deskmark:counts"
HEARD = "deskmark:heard"
HOLD = "deskmark:hold"
COUNTS_KEPT = 7 * 86_400
"""How long the counters of a version that counts differently stay when nobody adds to them any more."""
FORGOTTEN_AFTER = 3600.0
"""A process that was not heard for so long is not coming back under that name."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process, the fingerprints of its secret keys (it encrypts with the first), and seconds since it said so."""

    name: str
    keys: tuple[str, ...]
    age: float


class BoardDown(RuntimeError):
    """The broker does not answer."""


class Board:
    """Counters and heartbeats of all processes of one broker. Every method raises `BoardDown`."""

    def __init__(self, url: str) -> None:
        """`url` is the broker's; nothing is opened before the first call."""
        self._client = redis.Redis.from_url(
            url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=None, decode_responses=True
        )

    def add(self, edition: str, amounts: Mapping[str, float]) -> None:
        """Add to counters, all or none. Those of another `edition` are apart."""
        name = f"{COUNTS}:{edition}"
        try:
            with self._client.pipeline(transaction=True) as together:
                for field, amount in amounts.items():
                    together.hincrbyfloat(name, field, amount)
                together.expire(name, COUNTS_KEPT)
                together.execute()
        except (redis.RedisError, OSError) as error:
            raise BoardDown(type(error).__name__) from error

    def counts(self, edition: str) -> dict[str, float]:
        """All counters."""
        try:
            kept: Mapping[Any, Any] = self._client.hgetall(f"{COUNTS}:{edition}")
        except (redis.RedisError, OSError) as error:
            raise BoardDown(type(error).__name__) from error
        return {field: float(amount) for field, amount in kept.items()}

    def here(self, name: str) -> None:
        """`name` is alive now."""
        try:
            self._client.hset(HEARD, name, str(self._now()))
        except (redis.RedisError, OSError) as error:
            raise BoardDown(type(error).__name__) from error

    def gone(self, name: str) -> None:
        """`name` ended as it should."""
        try:
            self._client.hdel(HEARD, name)
        except (redis.RedisError, OSError) as error:
            raise BoardDown(type(error).__name__) from error

    def heard(self) -> dict[str, float]:
        """For how many seconds each process was not heard; those that are gone for long are left out."""
        try:
            now = self._now()
            kept: Mapping[Any, Any] = self._client.hgetall(HEARD)
            ages = {name: max(0.0, now - float(at)) for name, at in kept.items()}
            if lost := [name for name, age in ages.items() if age > FORGOTTEN_AFTER]:
                self._client.hdel(HEARD, *lost)
        except (redis.RedisError, OSError) as error:
            raise BoardDown(type(error).__name__) from error
        return {name: age for name, age in ages.items() if age <= FORGOTTEN_AFTER}

    def hold(self, name: str, keys: Sequence[str]) -> None:
        """`name` is alive now and holds the keys with these fingerprints."""
        try:
            self._client.hset(HOLD, name, " ".join((str(self._now()), *keys)))
        except (redis.RedisError, OSError) as error:
            raise BoardDown(type(error).__name__) from error

    def holders(self) -> list[Holder]:
        """Which keys each process holds, by name; those that are gone for long are left out."""
        try:
            now = self._now()
            kept: Mapping[Any, Any] = self._client.hgetall(HOLD)
            found = [_holder(name, told, now) for name, told in sorted(kept.items())]
            if lost := [each.name for each in found if each.age > FORGOTTEN_AFTER]:
                self._client.hdel(HOLD, *lost)
        except (redis.RedisError, OSError) as error:
            raise BoardDown(type(error).__name__) from error
        return [each for each in found if each.age <= FORGOTTEN_AFTER]

    def lets_go(self, name: str) -> None:
        """`name` ended as it should, and holds no key any more."""
        try:
            self._client.hdel(HOLD, name)
        except (redis.RedisError, OSError) as error:
            raise BoardDown(type(error).__name__) from error

    def _now(self) -> float:
        seconds, microseconds = self._client.time()
        return float(seconds) + float(microseconds) / 1e6


def _holder(name: str, told: str, now: float) -> Holder:
    at, *keys = told.split()
    return Holder(name, tuple(keys), max(0.0, now - float(at)))
