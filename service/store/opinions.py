"""What stands of a conversation once reviewers were heard, kept with its cards so that lists can ask for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from service.card_document import card_from_document, score_document
from service.scoring import doubt
from service.scoring.corrected import Opinion, corrected
from service.scoring.score import DEFINITIONS
from service.scoring.score import Scorecard as Card
from service.store import reviews
from service.store.figure_models import Review
from service.store.models import Conversation, Scorecard


def verdict_of(score: str) -> ColumnElement[str]:
    """The verdict that stands for a score of a card: what reviewers decided, else what Deskmark said."""
    path = ("scores", score, "verdict")
    return func.coalesce(Scorecard.corrected[path[1:]].as_string(), Scorecard.card[path].as_string())


def _by_episode(session: Session, conversation_id: str) -> Mapping[int, Sequence[Review]]:
    """All opinions on a conversation."""
    found: dict[int, list[Review]] = defaultdict(list)
    for row in reviews.of_conversation(session, conversation_id):
        found[row.episode].append(row)
    return found


def _heard(card: Card, said: Sequence[Review]) -> Card:
    """The card that stands; under the present definitions each opinion learns what Deskmark itself said."""
    if card.definitions == DEFINITIONS:
        for row in said:
            own = card.scores.get(row.score)
            row.own = None if own is None else own.verdict
    return corrected(card, [Opinion(row.score, row.verdict, row.reviewer) for row in said])


def stand(
    session: Session, conversation_id: str, cards: Sequence[Card], *, review_confidence: float
) -> tuple[Card, ...]:
    """What `cards` say once reviewers were heard; kept with the stored ones, and how much each is doubted.

    The caller holds the conversation's row. Cards as Deskmark made them go in, of any episodes and versions.
    """
    said = _by_episode(session, conversation_id)
    ended = session.scalar(select(Conversation.ended_at).where(Conversation.id == conversation_id))
    standing = tuple(_heard(card, said.get(card.episode, ())) for card in cards)
    for card, stands in zip(cards, standing, strict=True):
        mine = update(Scorecard).where(
            Scorecard.conversation_id == conversation_id,
            Scorecard.episode == card.episode,
            Scorecard.definitions == card.definitions,
        )
        risk = doubt.risk(doubt.doubts(stands, review_confidence=review_confidence))
        week = None if risk is None or ended is None else monday(ended)
        session.execute(mine.values(corrected=_changed(card, stands), risk=risk, risk_week=week))
    return standing


def stand_anew(session: Session, conversation_id: str, *, review_confidence: float) -> tuple[Card, ...]:
    """The same for every stored card of a conversation, oldest episode first, the one that speaks last."""
    rows = session.scalars(select(Scorecard).where(Scorecard.conversation_id == conversation_id)).all()
    cards = [card_from_document(row.card) for row in sorted(rows, key=lambda row: (row.latest, row.episode))]
    return stand(session, conversation_id, cards, review_confidence=review_confidence)


def monday(moment: datetime) -> date:
    """The first day of a moment's week, UTC.

    >>> from datetime import UTC
    >>> monday(datetime(2026, 3, 1, 23, 0, tzinfo=UTC))
    datetime.date(2026, 2, 23)
    """
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def _changed(card: Card, stands: Card) -> dict[str, Any] | None:
    """The scores about which somebody was heard; `None` when nobody was."""
    changed = {
        name: score_document(score) for name, score in stands.scores.items() if score is not card.scores.get(name)
    }
    return changed or None
