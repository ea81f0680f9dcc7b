"""Improvements: what was deployed for customers, and the knowledge gaps that it answers.

The same improvement told twice is one row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from service.store.gap_models import Improvement, ImprovementGap, ImprovementKind, KnowledgeGap
from service.store.statements import insert


def improved(
    session: Session,
    installation_id: str,
    kind: ImprovementKind,
    reference: str,
    *,
    at: datetime,
    now: datetime,
    title: str = "",
    gaps: Iterable[int] = (),
) -> int:
    """Keep an improvement and the gaps it answers: those named and those that wait for `reference`. Its number."""
    key = {"installation_id": installation_id, "kind": kind, "reference": reference[:255], "at": at}
    statement = insert(session, Improvement).values(**key, title=title[:255], told_at=now)
    unique = [Improvement.installation_id, Improvement.kind, Improvement.reference, Improvement.at]
    # Told again it keeps its row; a title that comes later is taken.
    again = {"title": func.coalesce(func.nullif(statement.excluded.title, ""), Improvement.title)}
    number = session.execute(
        statement.on_conflict_do_update(index_elements=unique, set_=again).returning(Improvement.id)
    ).scalar_one()
    waiting = select(KnowledgeGap.id).where(
        KnowledgeGap.installation_id == installation_id,
        KnowledgeGap.reference == reference,
        KnowledgeGap.merged_into.is_(None),
    )
    for gap_id in {*gaps, *session.scalars(waiting)}:
        link(session, number, gap_id)
    return int(number)


def link(session: Session, improvement_id: int, gap_id: int) -> None:
    """Say that an improvement answers a gap; told again it changes nothing."""
    statement = insert(session, ImprovementGap).values(improvement_id=improvement_id, gap_id=gap_id)
    session.execute(statement.on_conflict_do_nothing())


def of_gap(session: Session, gap_id: int) -> Sequence[Improvement]:
    """What is meant to answer a gap, the earliest first."""
    statement = select(Improvement).join(ImprovementGap, ImprovementGap.improvement_id == Improvement.id)
    return session.scalars(statement.where(ImprovementGap.gap_id == gap_id).order_by(Improvement.at)).all()


def unlink(session: Session, improvement_id: int, gap_id: int) -> bool:
    """Say that an improvement does not answer a gap after all; whether it was said to. The improvement stays."""
    link = (ImprovementGap.improvement_id == improvement_id, ImprovementGap.gap_id == gap_id)
    removed: Any = session.execute(delete(ImprovementGap).where(*link))
    return bool(removed.rowcount)


def listed(session: Session, installation_id: str | None = None) -> list[tuple[Improvement, list[int]]]:
    """Every improvement with the gaps it answers, the latest first."""
    statement = select(Improvement).order_by(Improvement.at.desc(), Improvement.id.desc())
    if installation_id is not None:
        statement = statement.where(Improvement.installation_id == installation_id)
    links: dict[int, list[int]] = defaultdict(list)
    for improvement_id, gap_id in session.execute(select(ImprovementGap.improvement_id, ImprovementGap.gap_id)):
        links[improvement_id].append(gap_id)
    return [(row, sorted(links[row.id])) for row in session.scalars(statement)]


def between(
    session: Session, installation_ids: Iterable[str], since: datetime, until: datetime
) -> Sequence[Improvement]:
    """What was deployed on these installations from `since` up to but without `until`, the earliest first."""
    statement = select(Improvement).where(Improvement.installation_id.in_(sorted(installation_ids)))
    statement = statement.where(Improvement.at >= since, Improvement.at < until)
    return session.scalars(statement.order_by(Improvement.at, Improvement.id)).all()
