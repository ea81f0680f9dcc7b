"""Which days there are facts of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from service.store.figure_models import FactRow
from service.store.models import Installation


def last_day(session: Session, definitions: str, installation_ids: Collection[str] | None = None) -> date | None:
    """The latest day with a fact of these definitions; `None` when there is none."""
    return max(_found(session, select(func.max(FactRow.day)), definitions, installation_ids), default=None)


def first_day(session: Session, definitions: str, installation_ids: Collection[str] | None = None) -> date | None:
    """The earliest day with a fact of these definitions; `None` when there is none."""
    return min(_found(session, select(func.min(FactRow.day)), definitions, installation_ids), default=None)


def _found(
    session: Session, day: Select[tuple[Any]], definitions: str, installation_ids: Collection[str] | None
) -> list[date]:
    """One look at an end of the index for each installation; for several at once all their facts would be read."""
    ids = installation_ids if installation_ids is not None else session.scalars(select(Installation.id)).all()
    asked = day.where(FactRow.definitions == definitions)
    found = (session.scalar(asked.where(FactRow.installation_id == each)) for each in ids)
    return [each for each in found if each is not None]
