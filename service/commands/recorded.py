"""The audit log for commands: whoever runs them is the command line."""

from __future__ import annotations

from sqlalchemy.orm import Session

from service.store import audit
from tasks.runtime import utc_now


def recorded(session: Session, action: str, target: str, installation_id: str | None = None, /, **details: str) -> None:
    """Write down what the command does, as part of the transaction that does it. See `service.store.audit.record`."""
    audit.record(
        session,
        actor=audit.COMMAND_LINE,
        action=action,
        target=target,
        installation_id=installation_id,
        now=utc_now(),
        details=details,
    )
