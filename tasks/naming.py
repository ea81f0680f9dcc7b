"""Learning how a helpdesk calls the brands, teams and bots whose ids its conversations carry.

About once a day, within the hour after a new one is seen, when a helpdesk is prepared and when it is tested. Nothing
depends on it: without a name the id is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from connectors.base import Client
from connectors.errors import ConnectorError
from connectors.names import Kind, Names
from connectors.registry import self_tests
from service.store import audit, cursors, dimension_names
from service.store.database import Database
from service.store.models import Installation
from tasks.runtime import Runtime

CURSOR = "names"
EVERY = timedelta(days=1)
SOONER = timedelta(hours=1)
"""Between two askings while a value has no answer, or the last one failed."""

LATELY, LONG_AGO = timedelta(days=7), timedelta(days=365)
"""Days in which a new value is looked for, and bots that are asked about."""

FAILED = "failed"
"""In place of the kinds that were told, which the cursor holds."""

ACTOR = "deskmark"
log = structlog.get_logger(__name__)


def refresh(runtime: Runtime, row: Installation) -> bool:
    """Ask the helpdesk if it is time; whether it was asked and answered."""
    now = runtime.clock()
    with runtime.database.read() as session:
        asked = cursors.get(session, row.id, CURSOR)
        wait = EVERY
        if asked is not None and now - asked[1] >= SOONER:
            lately = dimension_names.seen(session, row.id, since=(now - LATELY).date())
            if asked[0] == FAILED or lately - dimension_names.asked_before(session, row.id):
                wait = SOONER
    if asked is not None and now - asked[1] < wait:
        return False
    return learn(runtime.database, runtime.client(row), row.id, now=now) is not None


def learn(database: Database, client: Client, installation_id: str, *, now: datetime) -> Names | None:
    """Ask the helpdesk and keep what it tells; `None`: it did not answer. No transaction is open while it is asked.

    A team that was renamed keeps being written to: rules that name it by its former name name it by its new one too.
    """
    with database.read() as session:
        seen = dimension_names.seen(session, installation_id, since=(now - LONG_AGO).date())
    try:
        told = client.names(frozenset(value for dimension, value in seen if dimension == "bot"))
    except ConnectorError as error:
        log.info("names_not_told", installation=installation_id, error=str(error))
        with database.begin() as session:
            cursors.put(session, installation_id, CURSOR, FAILED, now=now)
        return None
    with database.begin() as session:
        named = {kind.value: names for kind, names in told.items()}
        renamed = dimension_names.keep(session, installation_id, named, asked=seen, now=now)
        cursors.put(session, installation_id, CURSOR, " ".join(sorted(named)), now=now)
        _keep_writing_to(session, installation_id, renamed, now=now)
    log.info("names_learned", installation=installation_id, names=sum(map(len, told.values())))
    return told


def unnamed(session: Session, row: Installation) -> tuple[Kind, ...]:
    """Kinds whose names the helpdesk refused when it was asked last; none while it was never asked or did not answer.

    Before, an answer was kept without the kinds that were told: nothing is known of it then.
    """
    asked = cursors.get(session, row.id, CURSOR)
    if asked is None or asked[0] in (FAILED, "") or row.connector not in self_tests():
        return ()
    told = asked[0].split()
    return tuple(kind for kind in self_tests()[row.connector].names if kind.value not in told)


def _keep_writing_to(session: Session, installation_id: str, renamed: Mapping[str, str], *, now: datetime) -> None:
    """Add the new names of renamed teams to the write rules that name them."""
    row = session.get_one(Installation, installation_id)
    if not renamed or not row.write_rules:
        return
    groups = list(row.write_rules.get("groups", []))
    known = {word.casefold() for word in groups}
    new = [new for old, new in renamed.items() if old.casefold() in known and new.casefold() not in known]
    if not new:
        return
    row.write_rules = {**row.write_rules, "groups": [*groups, *new]}
    audit.record(
        session,
        actor=ACTOR,
        action="change write rules",
        target=installation_id,
        installation_id=installation_id,
        now=now,
        details={"groups": str([*groups, *new]), "why": "renamed in the helpdesk"},
    )
