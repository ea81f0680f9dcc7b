"""Installations as webhooks need them, remembered for a moment: a burst of webhooks asks the database once."""

from __future__ import annotations

import time
from dataclasses import dataclass

from connectors.base import Installation
from service.store import installations
from service.store.database import Database
from service.store.secrets import SecretBox
from tasks.runtime import connected

SECONDS = 2.0
"""How late a changed secret, or an installation that was left, may be noticed."""
MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Seen:
    installation: Installation | None
    until: float


class KnownInstallations:
    """Reads installations and decrypts their secrets, once in `SECONDS` each. Safe to use from several threads."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        self._database = database
        self._box = box
        self._decoy = box.lock({"webhook_secret": "none", "client_secret": "none"})
        self._seen: dict[str, _Seen] = {}

    def get(self, installation_id: str) -> Installation | None:
        """The installation with this id that webhooks are taken for. Raises `SecretsUnreadable`.

        One that is paused, by itself or by an admin, takes them: what they ask for waits. One that was disconnected,
        or whose conversations come from a file, does not.
        """
        now = time.monotonic()
        seen = self._seen.get(installation_id)
        if seen is None or seen.until < now:
            seen = _Seen(self._read(installation_id), now + SECONDS)
            if len(self._seen) >= MOST:  # Guessed ids are remembered like others, and must not pile up.
                self._seen.clear()
            self._seen[installation_id] = seen
        return seen.installation

    def forget(self) -> None:
        """Read everything anew: something was changed in this process."""
        self._seen.clear()

    def _read(self, installation_id: str) -> Installation | None:
        with self._database.single() as connection:
            row = installations.plain(connection, installation_id)
        if row is None or row.disconnected_at is not None or installations.is_imported(row):
            self._box.unlock(self._decoy)  # A guessed id costs as much as a right one.
            return None
        return connected(row, self._box)
