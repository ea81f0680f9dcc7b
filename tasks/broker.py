"""Kombu's Redis transport, which takes its own closed connection for a lost one.

When the broker dies while a task is in hand, Celery drops the connection and then acknowledges on it. Kombu 5.7 fails
there with an `AttributeError` that nobody expects, and the worker ends; as a connection error it is expected, the
worker connects again, and the row's lease brings the work back.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as kombu_redis
from redis.exceptions import ConnectionError as ConnectionLost


class Channel(kombu_redis.Channel):
    """A channel whose connection may be gone already."""

    def _connparams(self, *args: Any, **kwargs: Any) -> Any:
        if self.connection.client is None:
            raise ConnectionLost("the connection to the broker was closed")
        return super()._connparams(*args, **kwargs)  # type: ignore[misc]  # the stubs leave it out


class Transport(kombu_redis.Transport):
    """The transport with that channel."""

    Channel = Channel


def install() -> None:
    """Use it for all `redis://` and `rediss://` addresses of this process."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
