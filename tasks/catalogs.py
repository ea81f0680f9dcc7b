"""Each installation's fitted intent catalog: loaded once a process, and again when its examples have changed."""

from __future__ import annotations

from threading import Lock

import numpy as np
import structlog

from service.language.embedding import Named
from service.language.intent_packing import fitted_by, pack, unpack
from service.language.intents import IntentCatalog
from service.store import intents
from service.store.database import Database

AT_ONCE = 256
log = structlog.get_logger(__name__)


class Catalogs:
    """The catalogs of this process, by installation."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, IntentCatalog | None]] = {}
        self._lock = Lock()

    def of(self, installation_id: str, database: Database, model: Named) -> IntentCatalog | None:
        """The installation's catalog as it is now; `None` where it has no examples.

        One that nobody has fitted yet, or that older code or another model fitted, is fitted here and kept for all.
        """
        with database.read() as session:
            revision = intents.revision(session, installation_id)
        if revision is None:
            return None
        with self._lock:
            kept = self._kept.get(installation_id)
            if kept is None or kept[0] != revision:
                kept = revision, _loaded(installation_id, database, model) or fit(installation_id, database, model)
                self._kept[installation_id] = kept
            return kept[1]


def _loaded(installation_id: str, database: Database, model: Named) -> IntentCatalog | None:
    with database.read() as session:
        packed = intents.fitted(session, installation_id, fitted_by=fitted_by(model.id))
    return None if packed is None else unpack(packed)


def fit(installation_id: str, database: Database, model: Named) -> IntentCatalog | None:
    """Fit the catalog from its examples and keep it for every process; `None` without examples."""
    with database.read() as session:
        revision = intents.revision(session, installation_id)
        known = intents.examples(session, installation_id)
    if revision is None or not known:
        return None
    parts = [known[start : start + AT_ONCE] for start in range(0, len(known), AT_ONCE)]
    vectors = np.vstack([model.vectors([example.text for example in part]) for part in parts])
    catalog = IntentCatalog.fit(known, vectors)
    with database.begin() as session:
        intents.keep_fitted(
            session, installation_id, revision=revision, fitted_by=fitted_by(model.id), fitted=pack(catalog)
        )
    log.info("intents_fitted", installation=installation_id, examples=len(known), intents=len(catalog.names))
    return catalog
