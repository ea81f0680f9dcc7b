"""Asking one helpdesk what no webhook told: what ended, what went away; or, while it is paused, whether it answers.

One task an installation, so that a slow or failing helpdesk delays no other; one at a time, so that a slow one does
not take worker after worker.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import structlog

from connectors.errors import ConnectorError
from service.store import cursors, installations
from service.store.models import Installation
from tasks import changing, naming, pausing, reconciling
from tasks.runtime import Runtime

TURN = "asking"
LEASE = timedelta(minutes=5)
"""A turn that was not kept for so long belongs to a worker that died."""
log = structlog.get_logger(__name__)


def ask(runtime: Runtime, installation_id: str) -> None:
    """Ask one helpdesk, unless somebody else does; a paused one only whether it answers again."""
    row = _row(runtime, installation_id)
    if row is not None:
        changing.settle_deleted(runtime, row)
    if row is not None and row.paused_at is not None and pausing.probe(runtime, installation_id):
        row = _row(runtime, installation_id)
    if row is None or installations.is_imported(row) or not installations.working(row, runtime.clock()):
        return
    token = uuid4().hex
    if not _turn(runtime, installation_id, token):
        return
    try:
        _ask(runtime, row, token)
    finally:
        with runtime.database.begin() as session:
            cursors.release(session, installation_id, TURN, token)


def _ask(runtime: Runtime, row: Installation, token: str) -> None:
    def still_ours() -> bool:
        return _turn(runtime, row.id, token)

    try:
        found = reconciling.find_ended(runtime, row, still_ours)
        log.info("polled", installation=row.id, found=found)
        changing.look(runtime, row, still_ours)
        naming.refresh(runtime, row)
    except ConnectorError as error:
        pausing.noticed(runtime, row.id, error)
        log.warning("poll_failed", installation=row.id, error=str(error))


def _row(runtime: Runtime, installation_id: str) -> Installation | None:
    with runtime.database.read() as session:
        return installations.get(session, installation_id)


def _turn(runtime: Runtime, installation_id: str, token: str) -> bool:
    with runtime.database.begin() as session:
        return cursors.take(session, installation_id, TURN, token, now=runtime.clock(), lease=LEASE)
