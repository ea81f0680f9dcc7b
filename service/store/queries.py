"""What the pages ask beside `service.store.overview`: filtered lists by page number, counts by verdict, sign-ins."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, TypeVarTuple

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, true, union_all
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
MOST_PRESSING = 1000
LOOKED_AT = 10_000
"""Conversations in which a verdict is looked for."""

_MOMENT = func.coalesce(Conversation.ended_at, Conversation.created_at)
"""What the list is ordered by, as the index `ix_conversation_moment` has it."""

_ANY_STATE = Conversation.state.in_(list(State))
"""Says nothing, and lets the index on both states be used."""

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

    Verdicts are looked for in the latest `LOOKED_AT` conversations: a verdict is in the card and in no index. Here and
    below `within` are the installations that may be shown; `None`: all.
    """
    statement = (
        select(Conversation, Installation, Scorecard)
        .join(Installation, Installation.id == Conversation.installation_id)
        .outerjoin(Scorecard, and_(Scorecard.conversation_id == Conversation.id, Scorecard.latest))
        .where(one_of(Conversation.installation_id, within))
        .order_by(_MOMENT.desc(), Conversation.id.desc())
    )
    if verdict is not None:
        score, said = verdict
        oldest = select(_MOMENT).order_by(_MOMENT.desc(), Conversation.id.desc()).offset(LOOKED_AT - 1).limit(1)
        since = session.scalar(oldest)
        statement = statement.where(verdict_of(score) == said, true() if since is None else since <= _MOMENT)
    if connector:
        statement = statement.where(Installation.connector == connector)
    if state:
        statement = statement.where(Conversation.state == state)
    if write_state:
        statement = statement.where(Conversation.write_state == write_state)
    if search:
        statement = statement.where(Conversation.id.in_(_called(session, search)))
    found, number, more = _page(session, statement, page)
    return Page([Listed(row, of, _stands(card)) for row, of, card in found], number, more)


def _called(session: Session, search: str) -> list[str]:
    """Our ids of conversations that have this number on a helpdesk, or that may be this one itself."""
    helpdesks = list(session.scalars(select(Installation.id)))
    numbered = select(Conversation.id).where(
        Conversation.installation_id.in_(helpdesks), Conversation.external_id == search
    )
    return [*session.scalars(numbered), search.lower()]


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


def troubled(session: Session, *, within: Collection[str] | None = None, limit: int = 5) -> Sequence[Conversation]:
    """Conversations whose reading or writing was given up, the latest first."""
    failed = or_(Conversation.state == State.DEAD, and_(_ANY_STATE, Conversation.write_state == WriteState.DEAD))
    statement = select(Conversation).where(failed, one_of(Conversation.installation_id, within))
    return session.scalars(statement.order_by(Conversation.created_at.desc()).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class Pressing:
    """Conversations that wait to be read or written, that were given up, and that could not be written so far; each
    counted up to `MOST_PRESSING`."""

    waiting: int
    given_up: int
    not_writable: int


def pressing(session: Session, *, within: Collection[str] | None = None) -> Pressing:
    """What needs a look, as far as it can be counted while somebody waits for the page."""

    def count(*conditions: ColumnElement[bool]) -> int:
        found = select(Conversation.id).where(*conditions, one_of(Conversation.installation_id, within))
        return int(session.scalar(select(func.count()).select_from(found.limit(MOST_PRESSING).subquery())) or 0)

    return Pressing(
        waiting=count(or_(Conversation.due_at.is_not(None), Conversation.write_due_at.is_not(None))),
        given_up=count(
            or_(Conversation.state == State.DEAD, and_(_ANY_STATE, Conversation.write_state == WriteState.DEAD))
        ),
        not_writable=count(_ANY_STATE, Conversation.write_state == WriteState.NOT_WRITABLE),
    )


def any_scored(session: Session, *, within: Collection[str] | None = None) -> bool:
    """Whether any conversation was scored."""
    scored = select(Conversation.id).where(Conversation.state == State.SCORED)
    return session.scalar(scored.where(one_of(Conversation.installation_id, within)).limit(1)) is not None


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
