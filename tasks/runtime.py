"""What the work needs, put together once a process and passed in: database, helpdesks, text engine, queue, clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Protocol

from sqlalchemy import Row

from connectors.base import Client, Connector, Installation
from connectors.counted import CountedSession
from connectors.history import History
from connectors.http import Http
from connectors.limiter import Limiter, Share
from connectors.tokens import Tokens
from service.language.embedding import Named
from service.language.intents import IntentCatalog
from service.language.known_names import NOBODY, NameFinder
from service.policy_document import policy_from_json
from service.scoring.score import Policy
from service.settings import Settings
from service.store import models
from service.store.database import Database
from service.store.secrets import SecretBox
from tasks.catalogs import Catalogs
from tasks.tokens import UNSAVED, StoredTokens

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


class Queue(Protocol):
    """Where work is announced. Nothing depends on a message arriving: what is due stands in the database."""

    def ingest(self, delivery_ids: Iterable[int]) -> None:
        """Look at deliveries."""
        ...

    def score(self, conversation_ids: Iterable[str]) -> None:
        """Score conversations that are due."""
        ...

    def score_history(self, conversation_ids: Iterable[str]) -> None:
        """Score backfilled conversations that are due, behind all others."""
        ...

    def write_back(self, conversation_ids: Iterable[str]) -> None:
        """Write verdicts back that are due."""
        ...

    def ask(self, installation_ids: Iterable[str]) -> None:
        """Ask these installations' helpdesks what ended and what changed, or whether they answer again."""
        ...


class Clients:
    """One API client for each installation, kept until its row changes: connections and access tokens are reused."""

    def __init__(self, connectors: Mapping[str, Connector], limiter: Limiter, *, local: bool = False) -> None:
        """`limiter` is shared by all of them; `local`: stand-ins on this machine may be talked to."""
        self._connectors = connectors
        self._limiter = limiter
        self._local = local
        self._kept: dict[str, tuple[object, Client]] = {}
        self._pasts: dict[str, tuple[object, History]] = {}
        self._lock = Lock()

    def history(self, installation: Installation, percent: int) -> History:
        """The past of an installation, read with `percent` of its limits at most; kept like a client."""
        made_from = (*_made_from(installation), percent)
        with self._lock:
            kept = self._pasts.get(installation.id)
            if kept is not None and kept[0] == made_from:
                return kept[1]
            share = Share(self._limiter, percent)
            past = self._connectors[installation.connector].history(
                installation, self._http(installation, share), share
            )
            self._pasts[installation.id] = (made_from, past)
            return past

    def of(self, installation: Installation) -> Client:
        """The client of an installation. Raises `KeyError` for a helpdesk we have no connector for."""
        made_from = _made_from(installation)
        with self._lock:
            kept = self._kept.get(installation.id)
            if kept is not None and kept[0] == made_from:
                return kept[1]
            client = self._connectors[installation.connector].client(
                installation, self._http(installation, self._limiter)
            )
            self._kept[installation.id] = (made_from, client)
            return client

    def _http(self, installation: Installation, limiter: Limiter) -> Http:
        hosts = replace(self._connectors[installation.connector].hosts, local=self._local)
        session = CountedSession(installation.connector)
        return Http(installation.base_url, session, limiter, name=installation.id, hosts=hosts)


def _made_from(installation: Installation) -> tuple[object, ...]:
    return (installation.base_url, dict(installation.secrets), dict(installation.options), installation.prefix)


class Ground(Protocol):
    """What it takes to say what should stand on a conversation: no helpdesk is asked for that."""

    @property
    def settings(self) -> Settings:
        """All settings."""
        ...

    @property
    def clock(self) -> Clock:
        """What tells the time."""
        ...

    @property
    def names(self) -> NameFinder:
        """Finds names in free prose."""
        ...

    def policy(self, row: models.Installation) -> Policy:
        """The policy of a stored installation."""
        ...


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that work on conversations needs."""

    settings: Settings
    database: Database
    secrets: SecretBox
    clients: Clients
    embedder: Named
    queue: Queue
    clock: Clock = field(default=utc_now)
    catalogs: Catalogs = field(default_factory=Catalogs)
    names: NameFinder = NOBODY

    def installation(self, row: models.Installation) -> Installation:
        """A stored installation with its secrets decrypted, whose tokens can be renewed."""
        return connected(row, self.secrets, stored_tokens(row.id, self.database, self.secrets, self.clock))

    def client(self, row: models.Installation) -> Client:
        """The API client of a stored installation."""
        return self.clients.of(self.installation(row))

    def policy(self, row: models.Installation) -> Policy:
        """The policy of a stored installation: its own keys over the settings."""
        return policy_of(self.settings, row.policy)

    def catalog(self, row: models.Installation) -> IntentCatalog | None:
        """The intent catalog of a stored installation as it is now; `None` where it has none."""
        return self.catalogs.of(row.id, self.database, self.embedder)


def policy_of(settings: Settings, own: Mapping[str, Any] | None) -> Policy:
    """The policy that `own` keys of a policy document make over the settings. Raises `DocumentError`."""
    return policy_from_json(json.dumps(policy_document(settings, own))) if own else settings.policy()


def policy_document(settings: Settings, own: Mapping[str, Any] | None) -> dict[str, Any]:
    """A policy document of the settings with `own` keys over them; the keys of neither are left out."""
    general = {"repeat_window_hours": settings.repeat_window_hours, "review_confidence": settings.review_confidence}
    return {**general, **(own or {})}


def stored_tokens(installation_id: str, database: Database, secrets: SecretBox, clock: Clock = utc_now) -> StoredTokens:
    """Where the installation's tokens are kept."""
    return StoredTokens(database, secrets, installation_id, clock, UNSAVED)


def connected(row: models.Installation | Row[Any], secrets: SecretBox, tokens: Tokens | None = None) -> Installation:
    """The installation as connectors know it; `tokens` renews what runs out. Raises `SecretsUnreadable`."""
    return Installation(
        id=row.id,
        connector=row.connector,
        account=row.account,
        base_url=row.base_url,
        secrets=secrets.unlock(row.secrets),
        options=row.options,
        account_group=row.account_group,
        prefix=row.prefix,
        tokens=tokens,
    )
