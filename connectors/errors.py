"""Errors of talking to a helpdesk, named by what the caller must do. Raised in one place each, retried by tasks."""

from __future__ import annotations


class ConnectorError(Exception):
    """Any failure of a connector; the message says what to do and never holds a customer's text."""


class RetryLater(ConnectorError):
    """Try again; not before `after` seconds have passed. Rate limits, time-outs, 5xx and connection errors."""

    def __init__(self, message: str, *, after: float = 30.0) -> None:
        super().__init__(message)
        self.after = after


class Throttled(RetryLater):
    """A rate limit, the helpdesk's or our own: nothing is wrong with this conversation, so no attempt is counted."""

    def __init__(self, message: str, *, after: float = 30.0, ours: bool = False) -> None:
        """`ours`: it is our own limit, or its storage, that makes us wait; the helpdesk has said nothing."""
        super().__init__(message, after=after)
        self.ours = ours


class CredentialsRefused(RetryLater):
    """The token or OAuth client is refused: every conversation waits, no attempt is counted, until an admin mends it.

    Every message ends in `ADVICE`, by which a stored one is told from other errors.
    """

    ADVICE = "check the installation's credentials"

    def __init__(self, message: str, *, after: float = 900.0) -> None:
        """`message` says what was refused."""
        super().__init__(f"{message}; {self.ADVICE}", after=after)


class Conflict(ConnectorError):
    """The conversation changed since it was read (409): read it again, plan again, write again."""


class Rejected(ConnectorError):
    """The helpdesk refuses this request for good (4xx): a setting, a scope or the request itself must change."""


class NotFound(ConnectorError):
    """The conversation is not there (any more)."""


class Merged(NotFound):
    """The conversation was merged into another one: it is no conversation of its own any more."""


class NotWritable(ConnectorError):
    """It can be read but not written now: keep the verdict, show it, write when the conversation becomes writable."""


class InvalidSignature(ConnectorError):
    """A webhook that the helpdesk did not sign with our secret, or too long ago: answer 401, record nothing."""


class OptedOut(ConnectorError):
    """The conversation, its customer or its organisation carries the ignore tag: do not read, store or score it."""
