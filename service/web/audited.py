"""The audit log for views: who acts and when is known here."""

from __future__ import annotations

from sqlalchemy.orm import Session

from service.store import audit
from service.web.parts import parts
from service.web.rights import acting


def audited(session: Session, action: str, target: str, installation_id: str | None = None, /, **details: str) -> None:
    """Write down what the visitor did, as part of the transaction that does it. See `service.store.audit.record`."""
    audit.record(
        session,
        actor=acting(),
        action=action,
        target=target,
        installation_id=installation_id,
        now=parts().now(),
        details=details,
    )
