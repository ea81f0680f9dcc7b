"""The audit log: who did what to what, and when. Nothing here changes or removes an entry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy.orm import Session

from service.store.people_models import AuditEntry

COMMAND_LINE = "command line"
"""The actor of whatever is done with the `deskmark` command."""

NOTHING: Mapping[str, str] = MappingProxyType({})
LONGEST = 255


def record(
    session: Session,
    *,
    actor: str,
    action: str,
    target: str,
    installation_id: str | None = None,
    now: datetime,
    details: Mapping[str, str] = NOTHING,
) -> None:
    """Write down that `actor` did `action` (verb and noun, such as "look at transcript") to `target`.

    It is part of the transaction: a change that is rolled back was not made. `details` are short words and ids, never
    a customer's text and never a secret.
    """
    session.add(
        AuditEntry(
            at=now,
            actor=actor[:LONGEST],
            action=action,
            target=target[:LONGEST],
            installation_id=installation_id,
            details=dict(details),
        )
    )
