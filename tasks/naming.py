"""Learning how a helpdesk calls the brands, teams and bots whose ids its conversations carry.

About once a day, within the hour after a new one is seen, when a helpdesk is prepared and when it is tested. Nothing
depends on it: without a name the id is shown.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from connectors.base import Client
from connectors.errors import ConnectorError
from service.store import cursors, dimension_names
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
    return learn(runtime.database, runtime.client(row), row.id, now=now)


def learn(database: Database, client: Client, installation_id: str, *, now: datetime) -> bool:
    """Ask the helpdesk and keep what it tells; whether it answered. No transaction is open while it is asked."""
    with database.read() as session:
        seen = dimension_names.seen(session, installation_id, since=(now - LONG_AGO).date())
    try:
        told = client.names(frozenset(value for dimension, value in seen if dimension == "bot"))
    except ConnectorError as error:
        log.info("names_not_told", installation=installation_id, error=str(error))
        with database.begin() as session:
            cursors.put(session, installation_id, CURSOR, FAILED, now=now)
        return False
    with database.begin() as session:
        named = {kind.value: names for kind, names in told.items()}
        dimension_names.keep(session, installation_id, named, asked=seen, now=now)
        cursors.put(session, installation_id, CURSOR, "", now=now)
    log.info("names_learned", installation=installation_id, names=sum(map(len, told.values())))
    return True
