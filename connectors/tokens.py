"""Where a connector keeps access tokens that run out, and are replaced together with what replaces them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

Secrets = Mapping[str, str]
"""An installation's secrets by name. Of a signed-in account: `access_token`, `refresh_token`, `token_expires_at` (unix
time in seconds, as text), `client_id`, `client_secret`."""

Ask = Callable[[Secrets], Secrets]
"""Asks the helpdesk for new tokens with the old ones. Raises `CredentialsRefused` or `RetryLater`."""


class Tokens(Protocol):
    """The stored tokens of one installation, shared by all processes."""

    def renewed(self, spent: str, ask: Ask) -> Secrets:
        """The secrets with a good access token in place of `spent`.

        `ask` is called by one process at a time and only when nobody has replaced `spent` yet, since a refresh token is
        good once. What it answers is stored before it is returned. Raises what `ask` raises, and `Throttled` while
        another process is asking.
        """
        ...
