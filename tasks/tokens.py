"""An installation's access and refresh token in its row: replaced by one process at a time, not lost, not used twice.

A refresh token is good once, and using it kills both tokens. So whoever wants to use it first writes into the row that
it is about to, in a transaction of its own: others wait, and no lock is held while the helpdesk is asked. What the
helpdesk answers is stored in a second transaction, if the refresh token is still the one that was used. A process that
dies in between leaves its mark: after `LEASE` the next one tries the old token, and when the helpdesk had already
replaced it, says plainly that its answer was lost and the account must be connected again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from secrets import token_hex
from threading import Lock

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from connectors.errors import CredentialsRefused, RetryLater, Throttled
from connectors.tokens import Ask, Secrets
from service.store.database import Database
from service.store.models import Installation
from service.store.secrets import SecretBox

LEASE = timedelta(minutes=2)
"""How long one process may take to ask; longer than the request's time-out."""

SOON = 2.0
"""Seconds after which whoever had to wait looks again."""

SINCE, BY = "renewing_since", "renewing_by"


class Unsaved:
    """Answers that the database would not take: kept in the process until it does."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, Secrets]] = {}
        self._lock = Lock()

    def put(self, installation_id: str, spent: str, fresh: Secrets) -> None:
        """Keep `fresh`, which came for the refresh token `spent`."""
        with self._lock:
            self._kept[installation_id] = (spent, fresh)

    def take(self, installation_id: str) -> tuple[str, Secrets] | None:
        """What was kept of an installation; it is kept no longer."""
        with self._lock:
            return self._kept.pop(installation_id, None)


UNSAVED = Unsaved()
"""Of this process: its clients come and go with their installation's row."""


class StoredTokens:
    """Implements `connectors.tokens.Tokens` over the row of one installation."""

    def __init__(
        self, database: Database, box: SecretBox, installation_id: str, clock: Callable[[], datetime], unsaved: Unsaved
    ) -> None:
        self._database = database
        self._box = box
        self._id = installation_id
        self._clock = clock
        self._unsaved = unsaved

    def renewed(self, spent: str, ask: Ask) -> Secrets:
        """See `connectors.tokens.Tokens.renewed`."""
        self._save_unsaved()
        mine = token_hex(8)
        held, since = self._begin(spent, mine)
        if since is None:
            return held
        try:
            fresh = ask(held)
        except CredentialsRefused as error:
            return self._refused(held, since, error)
        except RetryLater:
            self._give_up(mine)
            raise
        return self._keep(held["refresh_token"], fresh)

    def _begin(self, spent: str, mine: str) -> tuple[Secrets, str | None]:
        """The secrets, and since when (as text, "" for now) renewing is being tried; `None`: somebody has done it."""
        now = self._clock()
        with self._database.begin() as session:
            row, held = self._locked(session)
            if held.get("access_token") != spent or not held.get("refresh_token"):
                return held, None
            since = held.get(SINCE, "")
            if held.get(BY) and now - datetime.fromisoformat(since) < LEASE:
                raise Throttled("another worker is renewing the access token", after=SOON)
            row.secrets = self._box.lock({**held, SINCE: now.isoformat(), BY: mine})
        return held, since

    def _keep(self, used: str, fresh: Secrets) -> Secrets:
        try:
            return self._store(used, fresh)
        except SQLAlchemyError:
            # The old tokens are dead: without these the installation would have to be connected again.
            self._unsaved.put(self._id, used, fresh)
            return fresh

    def _store(self, used: str, fresh: Secrets) -> Secrets:
        with self._database.begin() as session:
            row, held = self._locked(session)
            if held.get("refresh_token") != used:
                return held  # an admin has connected the account again meanwhile
            kept = {**_unmarked(held), **fresh}
            row.secrets = self._box.lock(kept)
            return kept

    def _save_unsaved(self) -> None:
        kept = self._unsaved.take(self._id)
        if kept is None:
            return
        try:
            self._store(*kept)
        except SQLAlchemyError:
            self._unsaved.put(self._id, *kept)
            raise

    def _refused(self, held: Secrets, since: str, error: CredentialsRefused) -> Secrets:
        """Tokens that came meanwhile; else the refusal, with what went before it."""
        with self._database.begin() as session:
            row, now = self._locked(session)
            if now.get("refresh_token") != held["refresh_token"]:
                return now
            row.secrets = self._box.lock({**_unmarked(now), **({SINCE: since} if since else {})})
        if not since:
            raise error
        raise CredentialsRefused(
            f"renewing the access token was cut off at {since[:16].replace('T', ' ')} UTC before the answer could be "
            "kept, and the helpdesk knows the old one no more: connect the account again"
        ) from error

    def _give_up(self, mine: str) -> None:
        """Let others try at once. Since when it is tried stays: the helpdesk may have heard us."""
        with self._database.begin() as session:
            row, held = self._locked(session)
            if held.get(BY) == mine:
                row.secrets = self._box.lock({name: value for name, value in held.items() if name != BY})

    def _locked(self, session: Session) -> tuple[Installation, Mapping[str, str]]:
        row = session.get_one(Installation, self._id, with_for_update=True)
        return row, self._box.unlock(row.secrets)


def _unmarked(held: Secrets) -> dict[str, str]:
    return {name: value for name, value in held.items() if name not in (SINCE, BY)}
