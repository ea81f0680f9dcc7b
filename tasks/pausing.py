"""When an installation pauses by itself, and the probes that find out when its helpdesk answers again."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from connectors.errors import ConnectorError, CredentialsRefused, RetryLater, Throttled
from service.store import installations, pausing
from service.store.models import Conversation
from service.store.notices import Kind
from tasks.runtime import Runtime

log = structlog.get_logger(__name__)


def noticed(runtime: Runtime, installation_id: str, error: ConnectorError) -> bool:
    """Whether a failure says that nobody should ask this helpdesk for now; it is paused then.

    Refused credentials pause at once. A refusal for lack of quota does so when the helpdesk wants to be left alone for
    `quota_pause_seconds`, or when it has refused for so long without letting anything through.
    """
    settings, now = runtime.settings, runtime.clock()
    if isinstance(error, CredentialsRefused):
        return _pause(runtime, installation_id, Kind.CREDENTIALS_REFUSED, now, settings.probe)
    if not isinstance(error, Throttled) or error.ours:
        return False
    patience = timedelta(seconds=settings.quota_pause_seconds)
    wanted = timedelta(seconds=error.after)
    with runtime.database.begin() as session:
        gone = wanted >= patience or pausing.refused_for_quota(session, installation_id, now=now, patience=patience)
    if not gone:
        return False
    return _pause(runtime, installation_id, Kind.QUOTA_GONE, now, max(wanted, settings.probe))


def _pause(runtime: Runtime, installation_id: str, kind: Kind, now: datetime, wait: timedelta) -> bool:
    with runtime.database.begin() as session:
        paused = pausing.pause(session, installation_id, kind, now=now, until=now + wait)
    if paused:
        log.warning("installation_paused", installation=installation_id, reason=kind.value)
    return True


def of_conversation(session: Session, conversation_id: str) -> str:
    """The installation that a stored conversation belongs to."""
    return session.get_one(Conversation, conversation_id).installation_id


def probe(runtime: Runtime, installation_id: str) -> bool:
    """Ask a paused installation's helpdesk one cheap question; whether it answered, and the work goes on."""
    with runtime.database.read() as session:
        row = installations.get(session, installation_id)
    if row is None or row.paused_at is None:
        return False
    try:
        runtime.client(row).ping()
    except ConnectorError as error:
        if isinstance(error, RetryLater):
            _wait(runtime, installation_id, error.after if isinstance(error, Throttled) else 0.0)
        log.info("still_paused", installation=installation_id, error=str(error))
        return False
    with runtime.database.begin() as session:
        pausing.resume(session, installation_id, now=runtime.clock())
    log.info("installation_resumed", installation=installation_id)
    return True


def _wait(runtime: Runtime, installation_id: str, seconds: float) -> None:
    """No probe before the helpdesk wants to be asked again, if that is later than the next one."""
    with runtime.database.begin() as session:
        pausing.not_before(session, installation_id, runtime.clock() + timedelta(seconds=seconds))
