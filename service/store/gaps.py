"""Knowledge gaps: what was asked, how it was grouped, who took note.

Everything here is a fact that may be told again: the same message or note twice is one row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from service.store import improvements
from service.store.gap_facts import Gap, with_facts
from service.store.gap_models import (
    Audience,
    GapGroups,
    GapMessage,
    GapNote,
    Improvement,
    ImprovementGap,
    KnowledgeGap,
)
from service.store.models import Conversation
from service.store.statements import insert


@dataclass(frozen=True, slots=True)
class Question:
    """A customer's message that the bot could not serve: where it stands and why it was not served. No text.

    `agent_messages`: how often people wrote in its episode; `returned`: whether the customer came back.
    """

    episode: int
    message: str
    reason: str
    negative: bool
    at: datetime
    agent_messages: int = 0
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Ungrouped:
    """A question that waits for its group."""

    conversation_id: str
    episode: int
    message: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A question and the group it went into; a `loose` one was only put to the nearest. `fit`: how well it speaks for
    the group, -1..1."""

    conversation_id: str
    episode: int
    group: int
    loose: bool = False
    fit: float = 0.0


def keep_questions(session: Session, installation_id: str, conversation_id: str, questions: Iterable[Question]) -> None:
    """What of a conversation is unserved now, all episodes; what is no longer is taken back, the rest stays grouped."""
    kept = {question.episode: question for question in questions}
    gone = delete(GapMessage).where(GapMessage.conversation_id == conversation_id)
    session.execute(gone.where(GapMessage.episode.not_in(list(kept))))
    for question in kept.values():
        values = {
            "reason": question.reason,
            "negative": question.negative,
            "at": question.at,
            "agent_messages": question.agent_messages,
            "returned": question.returned,
        }
        key = {"conversation_id": conversation_id, "episode": question.episode}
        known = session.get(GapMessage, tuple(key.values()))
        if known is not None and known.message != question.message:
            known.gap_id, known.loose, known.message, known.fit = None, False, question.message, 0.0
            session.flush()
        statement = insert(session, GapMessage).values(
            **key, installation_id=installation_id, message=question.message, loose=False, **values
        )
        unique = [GapMessage.conversation_id, GapMessage.episode]
        session.execute(statement.on_conflict_do_update(index_elements=unique, set_=values))


def forget_questions(session: Session, conversation_ids: Sequence[str]) -> None:
    """Remove what is not grouped yet: its text is gone. What is grouped stays counted; it holds no text."""
    theirs = GapMessage.conversation_id.in_(conversation_ids)
    session.execute(delete(GapMessage).where(theirs, GapMessage.gap_id.is_(None)))


def ungrouped(session: Session, installation_id: str, *, limit: int) -> list[Ungrouped]:
    """Questions without a group whose conversation is still stored, oldest first."""
    return _questions(session, installation_id, GapMessage.gap_id.is_(None), GapMessage.at.asc(), limit)


def loose(session: Session, installation_id: str, *, limit: int) -> list[Ungrouped]:
    """Questions that fit no group well yet, latest first."""
    waiting = and_(GapMessage.gap_id.is_not(None), GapMessage.loose)
    return _questions(session, installation_id, waiting, GapMessage.at.desc(), limit)


def _questions(
    session: Session, installation_id: str, which: ColumnElement[bool], order: ColumnElement[Any], limit: int
) -> list[Ungrouped]:
    statement = (
        select(GapMessage.conversation_id, GapMessage.episode, GapMessage.message)
        .join(Conversation, Conversation.id == GapMessage.conversation_id)
        .where(GapMessage.installation_id == installation_id, which, Conversation.document.is_not(None))
        .order_by(order, GapMessage.conversation_id, GapMessage.episode)
        .limit(limit)
    )
    return [Ungrouped(*row) for row in session.execute(statement)]


def groups(session: Session, installation_id: str, *, lock: bool = False) -> str | None:
    """The state in which the clustering left the groups; with `lock` nobody else changes it in this transaction."""
    statement = select(GapGroups.state).where(GapGroups.installation_id == installation_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def last_group(session: Session, installation_id: str) -> int:
    """The highest number that a group of this installation ever had, 0 before the first."""
    highest = select(func.max(KnowledgeGap.group)).where(KnowledgeGap.installation_id == installation_id)
    return session.scalar(highest) or 0


def drop(session: Session, question: Ungrouped) -> None:
    """Forget a question whose text is nowhere any more."""
    key = (GapMessage.conversation_id == question.conversation_id, GapMessage.episode == question.episode)
    session.execute(delete(GapMessage).where(*key))


def save_groups(
    session: Session,
    installation_id: str,
    state: str,
    *,
    labels: Mapping[int, str],
    merged: Mapping[int, int],
    assigned: Sequence[Assignment],
    now: datetime,
) -> None:
    """Keep a grouping: a gap for each of `labels`' groups, messages in them, former groups pointing to the new ones."""
    values = {"state": state, "updated_at": now}
    statement = insert(session, GapGroups).values(installation_id=installation_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[GapGroups.installation_id], set_=values))
    for group, label in labels.items():
        unique = [KnowledgeGap.installation_id, KnowledgeGap.group]
        new = insert(session, KnowledgeGap).values(
            installation_id=installation_id, group=group, label=label[:255], created_at=now
        )
        session.execute(new.on_conflict_do_update(index_elements=unique, set_={"label": label[:255]}))
    known = select(KnowledgeGap.group, KnowledgeGap.id).where(KnowledgeGap.installation_id == installation_id)
    ids = {int(group): int(number) for group, number in session.execute(known)}
    for old, new_group in merged.items():
        if old in ids and new_group in ids:
            merge(session, ids[old], ids[new_group])
    # What people put together stays so, although the clustering does not know.
    taken_in = select(KnowledgeGap.id, KnowledgeGap.merged_into).where(
        KnowledgeGap.installation_id == installation_id, KnowledgeGap.merged_into.is_not(None)
    )
    into = {old: new for old, new in session.execute(taken_in) if new is not None}
    for each in assigned:
        session.execute(
            update(GapMessage)
            .where(GapMessage.conversation_id == each.conversation_id, GapMessage.episode == each.episode)
            .values(gap_id=_last(into, ids[each.group]), loose=each.loose, fit=each.fit)
        )


def _last(into: Mapping[int, int], gap_id: int) -> int:
    """The gap that took it in in the end; itself when none did."""
    while gap_id in into:
        gap_id = into[gap_id]
    return gap_id


def merge(session: Session, old: int, new: int) -> None:
    """All that hung on `old` hangs on `new`, or on what took that in; who asks for `old` is led there."""
    while (row := session.get(KnowledgeGap, new, populate_existing=True)) is not None and row.merged_into is not None:
        new = row.merged_into
    if old == new:
        return
    session.execute(update(KnowledgeGap).where(KnowledgeGap.id == old).values(merged_into=new))
    for table in (GapMessage, GapNote):
        session.execute(update(table).where(table.gap_id == old).values(gap_id=new))
    for improvement_id in session.scalars(select(ImprovementGap.improvement_id).where(ImprovementGap.gap_id == old)):
        improvements.link(session, improvement_id, new)
    session.execute(delete(ImprovementGap).where(ImprovementGap.gap_id == old))


def get(session: Session, gap_id: int) -> Gap | None:
    """One gap, or the one that took it in; `None` when there is none with this number."""
    row = session.get(KnowledgeGap, gap_id)
    while row is not None and row.merged_into is not None:
        row = session.get(KnowledgeGap, row.merged_into)
    return None if row is None else with_facts(session, [row])[0]


def listed(session: Session, *, installation_ids: Collection[str] | None = None, examples: bool = True) -> list[Gap]:
    """Every gap that was not merged into another, of these installations or of all, that with most messages first."""
    statement = select(KnowledgeGap).where(KnowledgeGap.merged_into.is_(None)).order_by(KnowledgeGap.id)
    if installation_ids is not None:
        statement = statement.where(KnowledgeGap.installation_id.in_(installation_ids))
    gaps = with_facts(session, session.scalars(statement).all(), examples=examples)
    return sorted(gaps, key=lambda gap: -gap.messages)


def acknowledge(session: Session, gap_id: int, *, at: datetime, words: str = "") -> None:
    """A person took note."""
    session.add(GapNote(gap_id=gap_id, at=at, words=words))


def change(
    session: Session, gap_id: int, *, reference: str | None, audience: Audience | None, now: datetime | None = None
) -> None:
    """Name the article that is to answer the gap, or whose work it is since `now`; what is `None` stays."""
    values = {"reference": reference, "audience": audience, "assigned_at": now if audience is not None else None}
    given = {name: value for name, value in values.items() if value is not None}
    if given:
        session.execute(update(KnowledgeGap).where(KnowledgeGap.id == gap_id).values(**given))
    if reference is not None:
        installation = select(KnowledgeGap.installation_id).where(KnowledgeGap.id == gap_id).scalar_subquery()
        deployed = select(Improvement.id).where(
            Improvement.installation_id == installation, Improvement.reference == reference
        )
        for improvement_id in session.scalars(deployed):
            improvements.link(session, improvement_id, gap_id)


def notes(session: Session, gap_id: int) -> list[GapNote]:
    """That people took note, the earliest first."""
    return list(session.scalars(select(GapNote).where(GapNote.gap_id == gap_id).order_by(GapNote.at, GapNote.id)))


def withdraw_note(session: Session, gap_id: int, note_id: int) -> bool:
    """Take a note back; whether there was one."""
    removed: Any = session.execute(delete(GapNote).where(GapNote.id == note_id, GapNote.gap_id == gap_id))
    return bool(removed.rowcount)


def unassign(session: Session, gap_id: int) -> None:
    """It is nobody's work any more, and waits for no article."""
    session.execute(
        update(KnowledgeGap).where(KnowledgeGap.id == gap_id).values(audience=None, assigned_at=None, reference=None)
    )


def waiting(session: Session, installation_ids: Sequence[str]) -> int:
    """How many questions have no group yet, or fit none well."""
    alone = or_(GapMessage.gap_id.is_(None), GapMessage.loose)
    mine = GapMessage.installation_id.in_(list(installation_ids))
    return session.scalar(select(func.count()).select_from(GapMessage).where(mine, alone)) or 0
