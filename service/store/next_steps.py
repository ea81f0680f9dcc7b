"""What waits for somebody, counted in a few small statements that an index answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from service.store.figure_alerts import ALARM
from service.store.figure_models import FactRow, Review
from service.store.gap_facts import COUNTED
from service.store.gap_models import GapMessage, ImprovementGap, KnowledgeGap
from service.store.models import Conversation, State
from service.store.opinion_models import Dispute, Drawn
from service.store.report_models import AlertState, FigureAlert
from service.store.review_queue import WEEK, letters_of


@dataclass(frozen=True, slots=True)
class OpenAlarms:
    """Alarms that go on and that nobody has answered: how many, and the newest."""

    count: int
    newest: FigureAlert


def open_alarms(session: Session, installation_ids: Collection[str]) -> OpenAlarms | None:
    """`None` where there is none."""
    statement = (
        select(FigureAlert, func.count().over())
        .where(
            FigureAlert.installation_id.in_(sorted(installation_ids)),
            FigureAlert.kind == ALARM,
            FigureAlert.state == AlertState.OPEN,
            FigureAlert.closed_at.is_(None),
        )
        .order_by(FigureAlert.first_day.desc(), FigureAlert.id.desc())
        .limit(1)
    )
    row = session.execute(statement).first()
    return None if row is None else OpenAlarms(row[1], row[0])


def asked_most(
    session: Session, installation_ids: Collection[str], *, since: date, until: date, limit: int
) -> list[KnowledgeGap]:
    """The gaps whose question came most often from `since` up to but without `until`, the most asked first: those that
    are nobody's work, and those for which something was deployed."""
    start, end = (datetime.combine(day, time(), UTC) for day in (since, until))
    deployed = exists().where(ImprovementGap.gap_id == KnowledgeGap.id)
    statement = (
        select(KnowledgeGap)
        .join(GapMessage, GapMessage.gap_id == KnowledgeGap.id)
        .where(
            KnowledgeGap.installation_id.in_(sorted(installation_ids)),
            KnowledgeGap.merged_into.is_(None),
            or_(KnowledgeGap.audience.is_(None), deployed),
            COUNTED,
            GapMessage.at >= start,
            GapMessage.at < end,
        )
        .group_by(KnowledgeGap.id)
        .order_by(func.count().desc(), KnowledgeGap.id)
        .limit(limit)
    )
    return list(session.scalars(statement))


def answer_most_had(
    session: Session, installation_ids: Collection[str], definitions: str, *, since: date, until: date
) -> tuple[str, int] | None:
    """The name of the answer behind the most avoidable handoffs of these days, and how many; `None` without any."""
    statement = (
        select(FactRow.had_answer, func.count())
        .where(
            FactRow.installation_id.in_(sorted(installation_ids)),
            FactRow.definitions == definitions,
            FactRow.had_answer.is_not(None),
            FactRow.day >= since,
            FactRow.day < until,
        )
        .group_by(FactRow.had_answer)
        .order_by(func.count().desc(), FactRow.had_answer)
        .limit(1)
    )
    row = session.execute(statement).first()
    return None if row is None or row[0] is None else (row[0], row[1])


def disputes(session: Session, installation_ids: Collection[str]) -> int:
    """Conversations of which an agent says that a verdict is wrong, and that nobody has looked at since."""
    statement = select(func.count(func.distinct(Dispute.conversation_id))).where(
        Dispute.settled_at.is_(None), Dispute.installation_id.in_(sorted(installation_ids))
    )
    return session.scalar(statement) or 0


def unreviewed(session: Session, installation_ids: Collection[str], *, week: date, share: float) -> int:
    """What of a week's random sample (`week`: its Monday) nobody has reviewed, of what can still be read."""
    start = datetime.combine(week, time(), UTC)
    reviewed = exists().where(Review.conversation_id == Conversation.id, Review.drawn == Drawn.RANDOM)
    statement = (
        select(func.count())
        .select_from(Conversation)
        .where(
            Conversation.ended_at >= start,
            Conversation.ended_at < start + WEEK,
            func.substr(Conversation.id, 1, 2).in_(letters_of(week, share)),
            Conversation.state == State.SCORED,
            Conversation.document.is_not(None),
            Conversation.installation_id.in_(sorted(installation_ids)),
            ~reviewed,
        )
    )
    return session.scalar(statement) or 0
