"""Gaps of several helpdesks that ask the same: which they are, kept as a number that they share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.store.gap_facts import Gap, with_facts
from service.store.gap_models import KnowledgeGap
from service.store.models import Installation


def of_groups(session: Session, installation_id: str) -> Mapping[int, int]:
    """The gap of each of the clustering's groups; where one was merged into another, that one."""
    columns = (KnowledgeGap.group, KnowledgeGap.id, KnowledgeGap.merged_into)
    rows = session.execute(select(*columns).where(KnowledgeGap.installation_id == installation_id)).all()
    into = {number: merged for _, number, merged in rows if merged is not None}

    def last(number: int) -> int:
        while number in into:
            number = into[number]
        return number

    return {group: last(number) for group, number, _ in rows}


def keep(session: Session, installation_ids: Collection[str], topics: Mapping[int, int]) -> int:
    """Keep the topic of these gaps; all others of these installations have none. How many changed."""
    columns = (KnowledgeGap.id, KnowledgeGap.topic)
    mine = select(*columns).where(KnowledgeGap.installation_id.in_(sorted(installation_ids)))
    changed = {number: topics.get(number) for number, known in session.execute(mine) if known != topics.get(number)}
    for number, topic in changed.items():
        session.execute(update(KnowledgeGap).where(KnowledgeGap.id == number).values(topic=topic))
    return len(changed)


def others(session: Session, row: KnowledgeGap, visible: Collection[str] | None) -> Sequence[Gap]:
    """The same question on the other helpdesks of the account group, of those that may be seen (`None`: all)."""
    group = select(Installation.account_group).where(Installation.id == row.installation_id).scalar_subquery()
    statement = (
        select(KnowledgeGap)
        .join(Installation, Installation.id == KnowledgeGap.installation_id)
        .where(
            KnowledgeGap.topic == row.topic,
            KnowledgeGap.id != row.id,
            KnowledgeGap.merged_into.is_(None),
            # Who left the group keeps its number until the next grouping, and is asked by nobody here.
            Installation.account_group == group,
        )
    )
    if row.topic is None:
        return []
    if visible is not None:
        statement = statement.where(KnowledgeGap.installation_id.in_(list(visible)))
    return with_facts(session, session.scalars(statement.order_by(KnowledgeGap.id)).all(), examples=False)
