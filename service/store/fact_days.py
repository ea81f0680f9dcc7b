"""Which days there are facts of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store.figure_models import FactRow
from service.store.models import Installation


def last_day(session: Session, definitions: str, installation_ids: Collection[str] | None = None) -> date | None:
    """The latest day with a fact of these definitions; `None` when there is none."""
    ids = installation_ids if installation_ids is not None else session.scalars(select(Installation.id)).all()
    # One look at the end of the index for each installation; for several at once all their facts would be read.
    latest = select(func.max(FactRow.day)).where(FactRow.definitions == definitions)
    days = (session.scalar(latest.where(FactRow.installation_id == each)) for each in ids)
    return max((day for day in days if day is not None), default=None)
