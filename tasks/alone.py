"""A runtime in one process, for commands that work on what is stored: no broker, no worker, no shared limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from connectors.limiter import Limiter
from connectors.registry import connectors
from service.language.embedding import CachedEmbedder
from service.language.model import MiniLM
from service.name_lists import finder
from service.settings import Settings
from service.store.database import Database
from service.store.secrets import SecretBox
from service.store.vectors import StoredVectors
from tasks.runtime import Clients, Runtime, utc_now


@dataclass(frozen=True, slots=True)
class Kept:
    """A queue without workers: remembers what was asked to be scored. What else is due waits for the service."""

    ids: dict[str, None] = field(default_factory=dict)

    def ingest(self, delivery_ids: Iterable[int]) -> None:
        """Not announced: the sweep of the running service does it."""

    def score(self, conversation_ids: Iterable[str]) -> None:
        """Keep them for whoever works alone."""
        self.ids.update(dict.fromkeys(conversation_ids))

    def score_history(self, conversation_ids: Iterable[str]) -> None:
        """Not announced: the sweep of the running service does it."""

    def write_back(self, conversation_ids: Iterable[str]) -> None:
        """Not announced: the sweep of the running service does it."""

    def ask(self, installation_ids: Iterable[str]) -> None:
        """Not announced: the beat of the running service does it."""


def alone(settings: Settings, database: Database) -> Runtime:
    """What storing, scoring and grouping needs. It loads the text model when that is first used (`ModelMissing`)."""
    return Runtime(
        settings=settings,
        database=database,
        secrets=SecretBox(settings.secret_key.get_secret_value()),
        clients=Clients(connectors(), Limiter(), local=settings.local_helpdesks),
        embedder=CachedEmbedder(MiniLM(settings.model_dir), StoredVectors(database, clock=utc_now)),
        queue=Kept(),
        names=finder(switched_on=settings.pii_names),
    )
