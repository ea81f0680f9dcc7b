"""What reviewers are asked to look at: a random sample of each week, second reviews, disputes, and what is doubtful.

The sample is drawn by the first letters of our ids, which are hashes: a week's share of all letter pairs, in an order
that the week itself seeds, so that it is the same for everybody, needs no table, and nobody chooses.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from service.scoring.doubt import DISPUTES
from service.store.figure_models import Review
from service.store.models import Conversation, Installation, Scorecard, State
from service.store.opinion_models import Dispute, Drawn, SeenVerdict, SkippedReview
from service.store.opinions import monday
from service.store.statements import insert, one_of

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
"""What ids are made of (base 32)."""

WEEK = timedelta(days=7)
LOOKED_BACK = timedelta(days=28)
"""How old what is doubtful may be, and what is reviewed a second time."""


LATEST = 500
"""Reviews, the latest ones, among which a second one is looked for."""


class Kind(StrEnum):
    """Why a conversation stands in the queue, in the order in which it is looked at."""

    DISPUTED = "disputed"
    RANDOM = "random"
    SECOND = "second"
    RISKY = "risky"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, for what: `share` of all conversations is drawn; `within` are the installations, `None`: all."""

    reviewer: str
    now: datetime
    share: float
    within: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation that waits for a review."""

    conversation: Conversation
    installation: Installation
    kind: Kind
    dispute: Dispute | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one week's sample has come: conversations drawn, reviewed, and reviewed blind by a second person.

    `risky` and `disputed`: doubtful ones reviewed in that week, and disputes that nobody has looked at.
    """

    week: date
    drawn: int
    reviewed: int
    second: int
    risky: int
    disputed: int


def letters_of(week: date, share: float) -> tuple[str, ...]:
    """The first two letters of the ids that are drawn of the conversations that ended in the week (its Monday).

    At least one of 1024 pairs. A larger share holds a smaller one.

    >>> len(letters_of(date(2026, 3, 2), 0.05)), len(letters_of(date(2026, 3, 9), 0.0001))
    (51, 1)
    """
    pairs = ["".join(pair) for pair in product(LETTERS, repeat=2)]
    random.Random(f"deskmark review sample {week.isoformat()}").shuffle(pairs)  # noqa: S311 - no secret
    return tuple(sorted(pairs[: max(1, round(share * len(pairs)))]))


def is_drawn(conversation_id: str, ended_at: datetime | None, share: float) -> bool:
    """Whether a conversation is in the sample of the week in which it ended."""
    return ended_at is not None and conversation_id[:2] in letters_of(monday(ended_at), share)


def disputed(session: Session, asked: Asked, *, limit: int) -> list[Waiting]:
    """What agents dispute on the ticket and nobody has looked at, the oldest first."""
    statement = (
        select(Conversation, Installation, Dispute)
        .join(Dispute, Dispute.conversation_id == Conversation.id)
        .join(Installation, Installation.id == Conversation.installation_id)
        .where(Dispute.settled_at.is_(None), *_can_be_judged(asked))
        .order_by(Dispute.at)
        .limit(2 * limit)
    )
    found: dict[str, Waiting] = {}
    for row, of, dispute in session.execute(statement):
        found.setdefault(row.id, Waiting(row, of, Kind.DISPUTED, dispute))
    return list(found.values())[:limit]


def sampled(session: Session, asked: Asked, *, limit: int) -> list[Waiting]:
    """What of this week's sample and the last one's nobody has reviewed yet."""
    week = monday(asked.now)
    reviewed = exists().where(Review.conversation_id == Conversation.id, Review.drawn == Drawn.RANDOM)
    found: list[Waiting] = []
    for start in (week - WEEK, week):
        statement = _rows().where(_drawn(start, asked.share), ~reviewed, *_can_be_judged(asked))
        found += _waiting(session, statement.order_by(Conversation.ended_at, Conversation.id).limit(limit), Kind.RANDOM)
    return found[:limit]


def second(session: Session, asked: Asked, *, limit: int) -> list[Waiting]:
    """Drawn conversations that one other person has reviewed, and whose verdicts this reviewer has not seen."""
    once = (
        select(Review.conversation_id)
        .where(Review.drawn == Drawn.RANDOM, Review.at >= asked.now - LOOKED_BACK)
        .group_by(Review.conversation_id)
        .having(func.count(func.distinct(Review.reviewer)) == 1, func.min(Review.reviewer) != asked.reviewer)
        .order_by(func.max(Review.at).desc(), Review.conversation_id)
        .limit(LATEST)
    )
    statement = _rows().where(Conversation.id.in_(once), ~_reviewed_by(asked), ~_seen_by(asked), *_can_be_judged(asked))
    return _waiting(session, statement.order_by(Conversation.id).limit(limit), Kind.SECOND)


def risky(session: Session, asked: Asked, *, limit: int) -> list[Waiting]:
    """What is doubtful and nobody has looked at, the most doubtful first; where reviewers differ, a third one."""
    reviewed = exists().where(Review.conversation_id == Conversation.id)
    found: list[tuple[float, Waiting]] = []
    week = monday(asked.now)
    # Week by week, so that the index gives the riskiest of each at once, however long the history is.
    for start in (week - n * WEEK for n in range(LOOKED_BACK // WEEK)):
        statement = (
            select(Conversation, Installation, Scorecard.risk)
            .join(Installation, Installation.id == Conversation.installation_id)
            .join(Scorecard, Scorecard.conversation_id == Conversation.id)
            .where(
                Scorecard.risk.is_not(None),
                Scorecard.risk_week == start,
                Scorecard.latest,
                or_(~reviewed, and_(Scorecard.risk >= DISPUTES, ~_reviewed_by(asked))),
                *_can_be_judged(asked),
            )
            .order_by(Scorecard.risk.desc())
            .limit(limit)
        )
        found += [(risk or 0.0, Waiting(row, of, Kind.RISKY)) for row, of, risk in session.execute(statement)]
    found.sort(key=lambda each: -each[0])
    return [waiting for _, waiting in found[:limit]]


def following(session: Session, asked: Asked) -> Waiting | None:
    """What the reviewer should look at next; `None` when the queue is empty."""
    for kind in (disputed, sampled, second, risky):
        found = kind(session, asked, limit=1)
        if found:
            return found[0]
    return None


def kind_of(session: Session, asked: Asked, row: Conversation) -> Kind | None:
    """Why a conversation stands in the reviewer's queue now; `None`: it does not."""
    of_it = (Review.conversation_id == row.id,)
    reviewers = set(session.scalars(select(Review.reviewer).where(*of_it, Review.drawn == Drawn.RANDOM)))
    if session.scalar(select(Dispute.source).where(Dispute.conversation_id == row.id, Dispute.settled_at.is_(None))):
        return Kind.DISPUTED
    if is_drawn(row.id, row.ended_at, asked.share) and not reviewers:
        return Kind.RANDOM
    if reviewers and asked.reviewer not in reviewers:
        seen = session.get(SeenVerdict, (row.id, asked.reviewer))
        return Kind.SECOND if seen is None and len(reviewers) == 1 else None
    doubtful = select(Scorecard.risk).where(Scorecard.conversation_id == row.id, Scorecard.latest)
    return Kind.RISKY if session.scalar(doubtful) is not None else None


def skip(session: Session, conversation_id: str, reviewer: str, *, now: datetime) -> None:
    """The reviewer passes a conversation over; others are still asked."""
    values = {"conversation_id": conversation_id, "reviewer": reviewer, "at": now}
    session.execute(insert(session, SkippedReview).values(values).on_conflict_do_nothing())


def progress(session: Session, asked: Asked, week: date) -> Progress:
    """How far the sample of one week (its Monday) has come."""
    drawn = select(Conversation.id).where(
        _drawn(week, asked.share),
        Conversation.state == State.SCORED,
        one_of(Conversation.installation_id, asked.within),
    )
    ids = drawn.subquery()
    by = (
        select(Review.conversation_id, func.count(func.distinct(Review.reviewer)).label("n"))
        .where(Review.conversation_id.in_(select(ids.c.id)), Review.drawn == Drawn.RANDOM)
        .group_by(Review.conversation_id)
        .subquery()
    )
    start = datetime.combine(week, datetime.min.time(), UTC)
    doubtful = select(func.count(func.distinct(Review.conversation_id))).where(
        Review.drawn == Drawn.RISKY,
        Review.at >= start,
        Review.at < start + WEEK,
        one_of(Review.installation_id, asked.within),
    )
    open_disputes = select(func.count(func.distinct(Dispute.conversation_id))).where(
        Dispute.settled_at.is_(None), one_of(Dispute.installation_id, asked.within)
    )
    return Progress(
        week=week,
        drawn=_count(session, select(func.count()).select_from(ids)),
        reviewed=_count(session, select(func.count()).select_from(by)),
        second=_count(session, select(func.count()).select_from(by).where(by.c.n > 1)),
        risky=_count(session, doubtful),
        disputed=_count(session, open_disputes),
    )


def _count(session: Session, statement: Select[Any]) -> int:
    return int(session.scalar(statement) or 0)


def _rows() -> Select[Conversation, Installation]:
    return select(Conversation, Installation).join(Installation, Installation.id == Conversation.installation_id)


def _waiting(session: Session, statement: Select[Conversation, Installation], kind: Kind) -> list[Waiting]:
    return [Waiting(row[0], row[1], kind) for row in session.execute(statement)]


def _drawn(week: date, share: float) -> ColumnElement[bool]:
    start = datetime.combine(week, datetime.min.time(), UTC)
    letters = func.substr(Conversation.id, 1, 2).in_(letters_of(week, share))
    return and_(Conversation.ended_at >= start, Conversation.ended_at < start + WEEK, letters)


def _can_be_judged(asked: Asked) -> Sequence[ColumnElement[bool]]:
    """Its text is still there, the reviewer may see it, and has not passed it over."""
    skipped = exists().where(SkippedReview.conversation_id == Conversation.id, SkippedReview.reviewer == asked.reviewer)
    return (
        Conversation.state == State.SCORED,
        Conversation.document.is_not(None),
        one_of(Conversation.installation_id, asked.within),
        ~skipped,
    )


def _reviewed_by(asked: Asked) -> ColumnElement[bool]:
    return exists().where(Review.conversation_id == Conversation.id, Review.reviewer == asked.reviewer)


def _seen_by(asked: Asked) -> ColumnElement[bool]:
    return exists().where(SeenVerdict.conversation_id == Conversation.id, SeenVerdict.reviewer == asked.reviewer)
