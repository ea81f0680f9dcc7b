"""What the pages ask beside `service.store.overview`: filtered lists by page number, counts by verdict, sign-ins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, TypeVarTuple

from sqlalchemy import Row, Select, and_, func, or_, select, union_all
from sqlalchemy.orm import Session

from service.store.models import (
    ContactKey,
    Conversation,
    Delivery,
    Installation,
    Scorecard,
    SignInLink,
    State,
    WriteState,
)
from service.store.opinions import verdict_of
from service.store.statements import one_of

PAGE = 30
MOST_PAGES = 1000
LATEST = 1000

T = TypeVar("T")
Columns = TypeVarTuple("Columns")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `number` counts from 1, `more` says whether another one follows."""

    rows: Sequence[T]
    number: int
    more: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of conversations. `card` is what stands, `None` while it is not scored."""

    conversation: Conversation
    installation: Installation
    card: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One delivery as listed, with our id of the conversation it speaks of, where that one is known."""

    delivery: Delivery
    installation: Installation
    conversation: str | None


@dataclass(frozen=True, slots=True)
class Related:
    """Another conversation of the same customer."""

    id: str
    external_id: str
    connector: str
    channel: str | None
    opened_at: datetime | None
    ended_at: datetime | None


def conversations(
    session: Session,
    *,
    verdict: tuple[str, str] | None = None,
    connector: str | None = None,
    state: str | None = None,
    write_state: str | None = None,
    search: str | None = None,
    within: Collection[str] | None = None,
    page: int = 1,
) -> Page[Listed]:
    """Conversations, the latest first; `verdict` is (score, verdict), `search` the helpdesk's number or our own id.

    Here and below `within` are the installations that may be shown; `None`: all.
    """
    moment = func.coalesce(Conversation.ended_at, Conversation.created_at)
    statement = (
        select(Conversation, Installation, Scorecard)
        .join(Installation, Installation.id == Conversation.installation_id)
        .outerjoin(Scorecard, and_(Scorecard.conversation_id == Conversation.id, Scorecard.latest))
        .where(one_of(Conversation.installation_id, within))
        .order_by(moment.desc(), Conversation.id)
    )
    if verdict is not None:
        score, said = verdict
        statement = statement.where(verdict_of(score) == said)
    if connector:
        statement = statement.where(Installation.connector == connector)
    if state:
        statement = statement.where(Conversation.state == state)
    if write_state:
        statement = statement.where(Conversation.write_state == write_state)
    if search:
        statement = statement.where(or_(Conversation.external_id == search, Conversation.id == search.lower()))
    found, number, more = _page(session, statement, page)
    return Page([Listed(row, of, _stands(card)) for row, of, card in found], number, more)


def _stands(card: Scorecard | None) -> Mapping[str, Any] | None:
    return None if card is None else card.stands


def deliveries(
    session: Session,
    *,
    state: str | None = None,
    connector: str | None = None,
    within: Collection[str] | None = None,
    page: int = 1,
) -> Page[DeliveryLine]:
    """Deliveries, the latest first."""
    statement = (
        select(Delivery, Installation, Conversation.id)
        .join(Installation, Installation.id == Delivery.installation_id)
        .outerjoin(
            Conversation,
            and_(
                Conversation.installation_id == Delivery.installation_id,
                Conversation.external_id == Delivery.external_id,
            ),
        )
        .where(one_of(Delivery.installation_id, within))
        .order_by(Delivery.id.desc())
    )
    if state:
        statement = statement.where(Delivery.state == state)
    if connector:
        statement = statement.where(Installation.connector == connector)
    found, number, more = _page(session, statement, page)
    return Page([DeliveryLine(*row) for row in found], number, more)


def _page(session: Session, statement: Select[*Columns], number: int) -> tuple[Sequence[Row[*Columns]], int, bool]:
    number = min(max(1, number), MOST_PAGES)
    rows = session.execute(statement.limit(PAGE + 1).offset((number - 1) * PAGE)).all()
    return rows[:PAGE], number, len(rows) > PAGE


def verdicts(
    session: Session, scores: Iterable[str], *, within: Collection[str] | None = None, limit: int = LATEST
) -> Mapping[str, Mapping[str, int]]:
    """How often the conversations scored last have which verdict, for each of `scores`.

    Only the last `limit` of them, so that the answer takes as long with a million conversations as with a thousand.
    """
    names = tuple(scores)
    said = [verdict_of(name) for name in names]
    statement = select(*said).where(Scorecard.latest).order_by(Scorecard.id.desc()).limit(limit)
    if within is not None:
        statement = statement.join(Conversation, Conversation.id == Scorecard.conversation_id)
        statement = statement.where(one_of(Conversation.installation_id, within))
    rows = session.execute(statement).all()
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {
        name: Counter(str(verdict) for verdict in column if verdict is not None)
        for name, column in zip(names, columns, strict=True)
    }


def troubled(session: Session, *, within: Collection[str] | None = None, limit: int = 8) -> Sequence[Conversation]:
    """Conversations given up, or with a last error, the latest first."""
    failed = or_(
        Conversation.state == State.DEAD,
        Conversation.write_state == WriteState.DEAD,
        Conversation.error.is_not(None),
        Conversation.write_error.is_not(None),
    )
    failed = and_(failed, one_of(Conversation.installation_id, within))
    statement = select(Conversation).where(failed).order_by(Conversation.created_at.desc()).limit(limit)
    return session.scalars(statement).all()


def related(
    session: Session, row_id: str, *, within: Collection[str] | None = None, limit: int = 20
) -> Sequence[Related]:
    """The same customer's other conversations, oldest first, on whatever helpdesk."""
    keys = select(ContactKey.key).where(ContactKey.conversation_id == row_id)
    ids = select(ContactKey.conversation_id).where(ContactKey.key.in_(keys), ContactKey.conversation_id != row_id)
    statement = (
        select(
            Conversation.id,
            Conversation.external_id,
            Installation.connector,
            Conversation.channel,
            Conversation.opened_at,
            Conversation.ended_at,
        )
        .join(Installation, Installation.id == Conversation.installation_id)
        .where(Conversation.id.in_(ids), one_of(Conversation.installation_id, within))
        .order_by(func.coalesce(Conversation.opened_at, Conversation.created_at).desc())
        .limit(limit)
    )
    return [Related(*row) for row in reversed(session.execute(statement).all())]


def last_deliveries(session: Session) -> Mapping[str, datetime]:
    """When each installation last sent a genuine webhook, by installation id."""
    statement = select(Delivery.installation_id, func.max(Delivery.received_at)).group_by(Delivery.installation_id)
    return {str(row[0]): row[1] for row in session.execute(statement)}


def waiting_errors(session: Session, ending: str) -> Mapping[str, str]:
    """Per installation id the latest error that ends in `ending` and that a conversation of it waits with."""
    kinds = (
        (Conversation.error, Conversation.due_at),
        (Conversation.write_error, Conversation.write_due_at),
    )
    waiting = union_all(
        *(
            select(Conversation.installation_id, error.label("error"), due.label("due")).where(
                due.is_not(None), error.endswith(ending, autoescape=True)
            )
            for error, due in kinds
        )
    ).subquery()
    place = func.row_number().over(partition_by=waiting.c.installation_id, order_by=waiting.c.due.desc())
    ranked = select(waiting.c.installation_id, waiting.c.error, place.label("place")).subquery()
    statement = select(ranked.c.installation_id, ranked.c.error).where(ranked.c.place == 1)
    return {str(row[0]): str(row[1]) for row in session.execute(statement)}


def has_signed_in(session: Session) -> bool:
    """Whether anybody ever did: before that, the first link is printed."""
    return session.scalar(select(SignInLink.token_hash).where(SignInLink.used_at.is_not(None)).limit(1)) is not None
