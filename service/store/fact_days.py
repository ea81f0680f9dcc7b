"""Which days there are facts of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store.figure_models import FactRow


def last_day(session: Session, definitions: str, installation_ids: Collection[str] | None = None) -> date | None:
    """The latest day with a fact of these definitions; `None` when there is none."""
    statement = select(func.max(FactRow.day)).where(FactRow.definitions == definitions)
    if installation_ids is not None:
        statement = statement.where(FactRow.installation_id.in_(sorted(installation_ids)))
    return session.scalar(statement)
