"""Which days there are facts of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
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


def back_to(
    session: Session, definitions: str, installation_ids: Collection[str], *, until: date, most: int
) -> date | None:
    """The earliest day from which on to `until` (without it) there are about `most` facts at most, shared out evenly
    among the installations; `None` when there are fewer altogether."""
    share = most // max(1, len(installation_ids))
    asked = select(FactRow.day).where(FactRow.definitions == definitions, FactRow.day < until)
    asked = asked.order_by(FactRow.day.desc()).offset(share).limit(1)
    found = (session.scalar(asked.where(FactRow.installation_id == each)) for each in installation_ids)
    days = [day for day in found if day is not None]
    return min(max(days) + timedelta(days=1), until - timedelta(days=1)) if days else None


def _found(
    session: Session, day: Select[tuple[Any]], definitions: str, installation_ids: Collection[str] | None
) -> list[date]:
    """One look at an end of the index for each installation; for several at once all their facts would be read."""
    ids = installation_ids if installation_ids is not None else session.scalars(select(Installation.id)).all()
    asked = day.where(FactRow.definitions == definitions)
    found = (session.scalar(asked.where(FactRow.installation_id == each)) for each in ids)
    return [each for each in found if each is not None]
