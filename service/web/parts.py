"""What the views work with, built once by `service.app` and found through the Flask application."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from connectors.base import Connector
from connectors.limiter import Budget
from service.language.known_names import NOBODY, NameFinder
from service.settings import Settings
from service.store.database import Database
from service.store.secrets import SecretBox
from service.telemetry.board import Board
from service.web.inbox import Inbox
from service.web.known import KnownInstallations
from service.web.refusals import Refusals
from service.web.throttle import Throttle
from tasks.runtime import Clock, Queue, utc_now

EXTENSION = "deskmark"
KNOWN = "deskmark-known"
INBOX = "deskmark-inbox"
REFUSALS = "deskmark-refusals"


class BrokerDown(RuntimeError):
    """The broker does not answer."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one running web process.

    `queue` tells the workers what to look at; that a message is lost costs time only. `waiting` gives the number of
    messages in each queue of the broker and raises `BrokerDown`. `tries` counts sign-ins. `budgets` gives what is left
    of each rate limit and raises `StorageError`; `board` holds what all processes tell of themselves, `None`: this one.
    `names` finds names in free prose, for what is shown masked.
    """

    settings: Settings
    database: Database
    box: SecretBox
    connectors: Mapping[str, Connector]
    queue: Queue
    waiting: Callable[[], Mapping[str, int]]
    now: Clock = utc_now
    tries: Throttle = field(default_factory=Throttle)
    budgets: Callable[[], Sequence[Budget]] = tuple
    board: Board | None = None
    names: NameFinder = NOBODY


def known() -> KnownInstallations:
    """The installations that this application remembers."""
    return cast(KnownInstallations, current_app.extensions[KNOWN])


def refusals() -> Refusals:
    """Where this application counts refused webhooks."""
    return cast(Refusals, current_app.extensions[REFUSALS])


def inbox() -> Inbox:
    """Where this application records webhooks."""
    return cast(Inbox, current_app.extensions[INBOX])


def parts() -> Parts:
    """The parts of the application that answers this request."""
    return cast(Parts, current_app.extensions[EXTENSION])
