"""Possible new intents: those that were found, what people made of them, and when is looked for them again.

Groups are formed anew each time; one is the same as before when half of the smaller of the two is in both. So what
somebody dismissed stays dismissed, until it has grown `GROWS` times as large.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session, undefer

from service.store.intent_models import IntentExample, Source
from service.store.models import Conversation
from service.store.proposal_models import IntentProposal, IntentSearch, ProposalMember, ProposalState
from service.store.statements import insert
from service.store.work import SCORING, ask

GROWS = 2
"""How many times as large as when it was dismissed a proposal has to be to stand there again."""
SAME = 0.5
EVERY = timedelta(days=1)
"""New intents are looked for so often, and whenever somebody asks."""
LEASE = timedelta(minutes=30)
"""A search that has not ended by then died with its worker."""
KEPT = 500
"""Conversations of a proposal whose ids are kept, the latest."""
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Found:
    """A group of messages that fit no intent; `conversations` (our ids) the latest first."""

    label: str
    conversations: Sequence[str]


def listed(session: Session, installation_id: str, *states: ProposalState) -> Sequence[IntentProposal]:
    """The proposals in these states: open ones the largest first, decided ones the latest first."""
    statement = select(IntentProposal).where(
        IntentProposal.installation_id == installation_id, IntentProposal.state.in_(states)
    )
    order = (IntentProposal.decided_at.desc(), IntentProposal.size.desc(), IntentProposal.id)
    return session.scalars(statement.order_by(*order).limit(100)).all()


def get(session: Session, proposal_id: int, *, lock: bool = False) -> IntentProposal | None:
    """One proposal; with `lock` nobody else decides on it in this transaction."""
    statement = select(IntentProposal).where(IntentProposal.id == proposal_id)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def members(session: Session, proposal_id: int, *, limit: int) -> Sequence[Conversation]:
    """Conversations of a proposal whose text is still stored, with their documents, the latest first."""
    statement = (
        select(Conversation)
        .join(ProposalMember, ProposalMember.conversation_id == Conversation.id)
        .where(ProposalMember.proposal_id == proposal_id, Conversation.document.is_not(None))
        .options(undefer(Conversation.document))
        .order_by(Conversation.ended_at.desc(), Conversation.id)
    )
    return session.scalars(statement.limit(limit)).all()


def save(session: Session, installation_id: str, found: Sequence[Found], *, novel: int, now: datetime) -> None:
    """Keep what a search found among `novel` messages: known proposals go on, open ones that are no more go."""
    known = _known(session, installation_id)
    stayed: set[int] = set()
    for group in found:
        before = _same(group, known, stayed)
        if before is None:
            row = IntentProposal(
                installation_id=installation_id, label=group.label[:255], size=len(group.conversations),
                created_at=now, found_at=now,
            )  # fmt: skip
            session.add(row)
            session.flush()
        else:
            row = session.get_one(IntentProposal, before)
            _go_on(row, group, now)
        stayed.add(row.id)
        _set_members(session, row.id, group.conversations[:KEPT])
    gone = (IntentProposal.installation_id == installation_id, IntentProposal.state == ProposalState.OPEN)
    session.execute(delete(IntentProposal).where(*gone, IntentProposal.id.not_in(sorted(stayed))))
    values = {"done_at": now, "begun_at": None, "novel": novel}
    session.execute(update(IntentSearch).where(IntentSearch.installation_id == installation_id).values(values))


def _known(session: Session, installation_id: str) -> Mapping[int, set[str]]:
    """The conversations of each proposal that there is, whatever became of it."""
    of_them = select(ProposalMember.proposal_id, ProposalMember.conversation_id).join(
        IntentProposal, IntentProposal.id == ProposalMember.proposal_id
    )
    known: dict[int, set[str]] = {}
    rows = session.execute(of_them.where(IntentProposal.installation_id == installation_id))
    for proposal_id, conversation_id in rows:
        known.setdefault(proposal_id, set()).add(conversation_id)
    return known


def _same(group: Found, known: Mapping[int, set[str]], taken: Collection[int]) -> int | None:
    """The proposal that the group was before; `None` for a new one."""
    mine = set(group.conversations[:KEPT])
    shared = {
        name: len(mine & theirs) for name, theirs in known.items()
        if name not in taken and len(mine & theirs) >= SAME * min(len(mine), len(theirs))
    }  # fmt: skip
    return max(shared, key=lambda name: (shared[name], -name), default=None)


def _go_on(row: IntentProposal, group: Found, now: datetime) -> None:
    row.label, row.size, row.found_at = group.label[:255], len(group.conversations), now
    if row.state == ProposalState.DISMISSED and row.size >= GROWS * (row.decided_size or row.size):
        row.state, row.decided_at = ProposalState.OPEN, None


def _set_members(session: Session, proposal_id: int, conversation_ids: Sequence[str]) -> None:
    session.execute(delete(ProposalMember).where(ProposalMember.proposal_id == proposal_id))
    rows = [{"proposal_id": proposal_id, "conversation_id": name} for name in dict.fromkeys(conversation_ids)]
    for start in range(0, len(rows), AT_ONCE):
        session.execute(insert(session, ProposalMember).values(rows[start : start + AT_ONCE]).on_conflict_do_nothing())


def decide(row: IntentProposal, state: ProposalState, *, intent: str | None, now: datetime) -> None:
    """Say what became of a proposal: what it was accepted as or merged into, or that it is none."""
    row.state, row.intent, row.decided_at, row.decided_size = state, intent, now, row.size


def undo(row: IntentProposal) -> None:
    """Let a proposal stand as if nobody had decided on it."""
    row.state, row.intent, row.decided_at, row.decided_size = ProposalState.OPEN, None, None, None


def taken_over(row: IntentProposal) -> tuple[ColumnElement[bool], ...]:
    """The condition on `IntentExample` that picks what was taken over from a proposal when it was decided on."""
    return (
        IntentExample.installation_id == row.installation_id,
        IntentExample.intent == row.intent,
        IntentExample.source == Source.LEARNED,
        IntentExample.created_at == row.decided_at,
    )


def score_anew(session: Session, proposal_id: int, *, now: datetime) -> list[str]:
    """Have the proposal's conversations judged against the catalog as it is now, from what is stored; their ids."""
    stored = select(Conversation.id).join(ProposalMember, ProposalMember.conversation_id == Conversation.id)
    with_text = stored.where(ProposalMember.proposal_id == proposal_id, Conversation.document.is_not(None))
    ids = sorted(session.scalars(with_text))
    for row_id in ids:
        ask(session, SCORING, row_id, at=now)
    return ids


def search(session: Session, installation_id: str) -> IntentSearch | None:
    """When new intents were last looked for; `None`: never yet."""
    return session.get(IntentSearch, installation_id)


def ask_search(session: Session, installation_id: str, *, now: datetime) -> None:
    """Have new intents looked for soon."""
    statement = insert(session, IntentSearch).values(installation_id=installation_id, asked_at=now, novel=0)
    session.execute(
        statement.on_conflict_do_update(index_elements=[IntentSearch.installation_id], set_={"asked_at": now})
    )


def begin_search(session: Session, installation_id: str, *, now: datetime) -> bool:
    """Take the search on if it is due and nobody has it: one statement, so only one worker wins."""
    new = insert(session, IntentSearch).values(installation_id=installation_id, novel=0).on_conflict_do_nothing()
    session.execute(new)
    due = or_(
        IntentSearch.done_at.is_(None),
        IntentSearch.done_at <= now - EVERY,
        IntentSearch.asked_at > IntentSearch.done_at,
    )
    free = or_(IntentSearch.begun_at.is_(None), IntentSearch.begun_at <= now - LEASE)
    mine = update(IntentSearch).where(IntentSearch.installation_id == installation_id, due, free)
    taken: Any = session.execute(mine.values(begun_at=now))
    return bool(taken.rowcount)
