"""What humans say a verdict should have been: one opinion of a reviewer on each score of an episode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import compress
from types import MappingProxyType
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, case, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from service.scoring.score import DEFINITIONS
from service.store import former_opinions
from service.store.figure_models import FactRow, Review
from service.store.models import Scorecard
from service.store.opinion_models import Dispute, Drawn, Source
from service.store.statements import insert

NO_FILTERS: Mapping[str, str | None] = MappingProxyType({})

Columns = TypeVarTuple("Columns")

Reviews = Mapping[tuple[str, str, str], int]
"""Counts by (score, what one said, what the other said)."""


class Which(StrEnum):
    """Which opinions are counted.

    `random`: of the random sample, which alone speaks for all conversations. `labelled`: these, and what came from
    files, for which the account vouches. `other`: all but the random sample: doubtful ones, pages that somebody opened,
    files. `blind`: of the random sample, by reviewers who had seen no verdict.
    """

    ALL = "all"
    RANDOM = "random"
    LABELLED = "labelled"
    OTHER = "other"
    BLIND = "blind"


@dataclass(frozen=True, slots=True)
class Asked:
    """Opinions on which episodes: those that ended from `since` up to but without `until`, of these installations
    (`None`: all) and with these values of their facts' dimensions."""

    since: datetime
    until: datetime
    definitions: str = DEFINITIONS
    installation_ids: Collection[str] | None = None
    filters: Mapping[str, str | None] = field(default_factory=lambda: NO_FILTERS)


@dataclass(frozen=True, slots=True)
class Said:
    """One opinion. `reviewer` is an opaque id, `why` their own words; the rest is as `Review` has it."""

    installation_id: str
    conversation_id: str
    episode: int
    score: str
    verdict: str
    reviewer: str
    at: datetime
    why: str | None = None
    source: str = Source.IMPORT
    blind: bool = False
    drawn: str | None = None


def save(session: Session, said: Sequence[Said]) -> None:
    """Keep opinions; a later one of the same reviewer on the same score of the same episode replaces the earlier.

    What it replaces is kept apart (`former_opinions`). The same verdict again without a word leaves the words that
    stand. What follows from opinions (verdicts that stand, figures, tags) is `service.store.opinions`' and
    `tasks.opinions`'.
    """
    for each in said:
        known = given(session, each)
        if known is not None and differs(known, each) and known.at <= each.at:
            former_opinions.keep(session, known, until=each.at)
        values = {name: getattr(each, name) for name in Said.__slots__}
        episode = (FactRow.conversation_id == each.conversation_id, FactRow.episode == each.episode)
        day = select(FactRow.day).where(*episode, FactRow.definitions == DEFINITIONS).scalar_subquery()
        statement = insert(session, Review).values(**values, day=day)
        key = [Review.conversation_id, Review.episode, Review.score, Review.reviewer]
        again: dict[str, Any] = {name: values[name] for name in ("verdict", "at", "source", "blind")}
        # Whoever thinks again about what was drawn has still been drawn for it.
        again["drawn"] = func.coalesce(statement.excluded.drawn, Review.drawn)
        same = (Review.verdict == statement.excluded.verdict, func.coalesce(statement.excluded.why, Review.why))
        again["why"] = case(same, else_=statement.excluded.why)
        newer = Review.at <= statement.excluded.at
        session.execute(statement.on_conflict_do_update(index_elements=key, set_=again, where=newer))


def days_follow(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    """Give opinions the day that their episode ended on, by the facts whose rows these are."""
    for row in rows:
        mine = (Review.conversation_id == row["conversation_id"], Review.episode == row["episode"])
        session.execute(update(Review).where(*mine).values(day=row["day"]))


def given(session: Session, said: Said) -> Review | None:
    """What the reviewer holds of the same score of the same episode until now."""
    statement = select(Review).where(*_of(said.conversation_id, said.episode, said.score, said.reviewer))
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def differs(known: Review, said: Said) -> bool:
    """Whether `said` would take anything of `known` away."""
    other_words = known.why is not None and said.why not in (None, known.why)
    return known.verdict != said.verdict or other_words


def _of(conversation_id: str, episode: int, score: str, reviewer: str) -> tuple[ColumnElement[bool], ...]:
    return (
        Review.conversation_id == conversation_id,
        Review.episode == episode,
        Review.score == score,
        Review.reviewer == reviewer,
    )


def take_back(
    session: Session, conversation_id: str, *, episode: int, score: str, reviewer: str, now: datetime
) -> bool:
    """Take one opinion of a reviewer back, of which only the history tells then; whether there was any."""
    statement = select(Review).where(*_of(conversation_id, episode, score, reviewer))
    known = session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if known is None:
        return False
    former_opinions.keep(session, known, until=now)
    session.execute(delete(Review).where(Review.id == known.id))
    return True


def of_conversation(session: Session, conversation_id: str) -> Sequence[Review]:
    """Every opinion on a conversation, the first given first."""
    statement = select(Review).where(Review.conversation_id == conversation_id)
    statement = statement.order_by(Review.at, Review.id).execution_options(populate_existing=True)
    return session.scalars(statement).all()


def drop(session: Session, conversation_id: str) -> None:
    """Remove every opinion on a conversation."""
    session.execute(delete(Review).where(Review.conversation_id == conversation_id))
    former_opinions.drop(session, conversation_id)


def drop_words(session: Session, conversation_ids: Sequence[str]) -> None:
    """Remove what reviewers and agents wrote in their own words; the verdicts that they gave stay."""
    for table in (Review, Dispute):
        session.execute(update(table).where(table.conversation_id.in_(conversation_ids)).values(why=None))
    former_opinions.drop_words(session, conversation_ids)


def latest_episode(session: Session, conversation_id: str) -> int | None:
    """The last scored episode of a conversation; `None` when none was."""
    episodes = select(Scorecard.episode).where(Scorecard.conversation_id == conversation_id)
    return session.scalar(episodes.order_by(Scorecard.episode.desc()).limit(1))


def own_verdict(session: Session, conversation_id: str, episode: int, score: str) -> str | None:
    """What Deskmark itself said last of a score of an episode; `None` where it had no verdict."""
    mine = (Scorecard.conversation_id == conversation_id, Scorecard.episode == episode)
    card = session.scalar(select(Scorecard.card).where(*mine).order_by(Scorecard.id.desc()).limit(1))
    found = None if card is None else (card["scores"].get(score) or {}).get("verdict")
    return found if isinstance(found, str) else None


def against_deskmark(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    definitions: str = DEFINITIONS,
    installation_ids: Collection[str] | None = None,
    which: Which = Which.ALL,
    filters: Mapping[str, str | None] = NO_FILTERS,
    scores: Collection[str] | None = None,
) -> Reviews:
    """How often Deskmark said one thing and a reviewer another: (score, Deskmark's verdict, the reviewer's) -> times.

    Of episodes that ended from `since` up to but without `until`, like every figure, whenever they were reviewed;
    where no day is known of an episode, that of the review counts. Deskmark's own verdict is meant, whatever stands now
    because reviewers decided so. A score without a verdict, and one whose conversation was removed, is not counted.
    `filters` are dimensions of the episode's fact; `None`: without a value. `scores`: only of these.
    """
    of = Asked(since, until, definitions, installation_ids, filters)
    return against_deskmark_by(session, of, [which], scores=scores)[which]


def against_deskmark_by(
    session: Session, of: Asked, ways: Sequence[Which], *, scores: Collection[str] | None = None
) -> Mapping[Which, Reviews]:
    """As `against_deskmark`, for several choices of opinions at once: their episodes are looked up once."""
    here = [and_(Review.id.is_not(None), *chosen(which)).label(which.value) for which in ways]
    conditions = (*_conditions(of), or_(*here), *(() if scores is None else (Review.score.in_(scores),)))
    found: dict[Which, Counter[tuple[str, str, str]]] = {which: Counter() for which in ways}
    unknown: tuple[ColumnElement[bool], ...] = ()
    if of.definitions == DEFINITIONS:
        columns = (Review.score, Review.own, Review.verdict, *here)
        statement = _with_facts(select(*columns, func.count()), of)
        rows = session.execute(statement.where(Review.own.is_not(None), *conditions).group_by(*columns))
        for score, own, theirs, *counts in rows:
            for which in compress(ways, counts[:-1]):
                found[which][(str(score), str(own), str(theirs))] += int(counts[-1])
        unknown = (Review.own.is_(None),)
    for score, own, theirs, *counts in _on_cards(session, of, (*unknown, *conditions), here):
        for which in compress(ways, counts):
            found[which][(score, own, theirs)] += 1
    return {which: dict(counted) for which, counted in found.items()}


def _on_cards(
    session: Session, of: Asked, conditions: tuple[ColumnElement[bool], ...], columns: Sequence[ColumnElement[bool]]
) -> Iterator[tuple[Any, ...]]:
    """The same from the cards themselves: opinions on what older definitions said, and those of an older release."""
    same = and_(
        Scorecard.conversation_id == Review.conversation_id,
        Scorecard.episode == Review.episode,
        Scorecard.definitions == of.definitions,
    )
    for score in session.scalars(_with_facts(select(Review.score), of).where(*conditions).distinct()).all():
        ours = Scorecard.card[("scores", score, "verdict")].as_string()
        statement = _with_facts(select(ours, Review.verdict, *columns).join(Scorecard, same), of)
        for own, *rest in session.execute(statement.where(Review.score == score, *conditions)):
            if own is not None:
                yield score, own, *rest


def between_reviewers(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    definitions: str = DEFINITIONS,
    installation_ids: Collection[str] | None = None,
    which: Which = Which.ALL,
    filters: Mapping[str, str | None] = NO_FILTERS,
) -> Reviews:
    """How often two reviewers of the same score of an episode said what: (score, one's verdict, the other's) -> times.

    Of the same episodes as `against_deskmark`. Of each pair the one whose id sorts first comes first. With
    `Which.BLIND` at least one of them was.
    """
    other = aliased(Review)
    same = and_(
        other.conversation_id == Review.conversation_id,
        other.episode == Review.episode,
        other.score == Review.score,
        other.reviewer > Review.reviewer,
    )
    those = (or_(Review.blind, other.blind),) if which is Which.BLIND else chosen(which)
    of = Asked(since, until, definitions, installation_ids, filters)
    columns = (Review.score, Review.verdict, other.verdict)
    statement = _with_facts(select(*columns, func.count()).join(other, same), of)
    statement = statement.where(*_conditions(of), *those).group_by(*columns)
    return {(row[0], row[1], row[2]): row[3] for row in session.execute(statement)}


def chosen(which: Which) -> tuple[ColumnElement[bool], ...]:
    """The condition on `Review` that picks these opinions."""
    random = Review.drawn == Drawn.RANDOM
    labelled = or_(random, and_(Review.source == Source.IMPORT, Review.drawn.is_(None)))
    return {
        Which.ALL: (),
        Which.RANDOM: (random,),
        Which.LABELLED: (labelled,),
        Which.OTHER: (or_(Review.drawn.is_(None), ~random),),
        Which.BLIND: (random, Review.blind.is_(True)),
    }[which]


def _conditions(of: Asked) -> tuple[ColumnElement[bool], ...]:
    """Which opinions are asked about, in a statement `_with_facts`."""
    ended = and_(Review.day >= of.since.date(), Review.day < of.until.date())
    asked = or_(ended, and_(Review.day.is_(None), Review.at >= of.since, Review.at < of.until))
    of_these = tuple(getattr(FactRow, name) == value for name, value in of.filters.items())
    seen = () if of.installation_ids is None else (Review.installation_id.in_(of.installation_ids),)
    return (asked, *of_these, *seen)


def _with_facts(statement: Select[*Columns], of: Asked) -> Select[*Columns]:
    """Joined with the episodes' facts where their dimensions are asked for."""
    if not of.filters:
        return statement
    return statement.outerjoin(
        FactRow,
        and_(
            FactRow.conversation_id == Review.conversation_id,
            FactRow.episode == Review.episode,
            FactRow.definitions == of.definitions,
        ),
    )
