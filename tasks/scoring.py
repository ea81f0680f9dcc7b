"""Reading a due conversation from its helpdesk, scoring it with its customer's history, and saving what came out."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from connectors.base import Reading
from connectors.errors import Merged, NotFound, OptedOut
from service.card_document import card_document
from service.conversation import Conversation
from service.document import from_document, to_document
from service.scoring.customer import customer_keys, same_customer
from service.scoring.score import DEFINITIONS, History, Policy, Scorecard
from service.scoring.scorecard import judged_episodes, score_conversation
from service.store import (
    conversations,
    disputes,
    facts,
    forgetting,
    history,
    installations,
    models,
    opinions,
    results,
    work,
)
from service.store.history import Span
from service.store.models import State, WriteState
from service.store.work import SCORING, Claim
from service.telemetry.metrics import SCORE_SECONDS
from service.writeback import DISPUTE_KEY, AlreadyThere
from tasks import changing, gaps, keeping, lag, planning, retention, standing
from tasks.claims import claimed
from tasks.runtime import Runtime

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """A claimed conversation with what is stored of it. `conversation` is `None` when it was never read."""

    held: Claim
    row: models.Conversation
    installation: models.Installation
    conversation: Conversation | None


def score(runtime: Runtime, conversation_id: str) -> None:
    """Score one conversation if it is due; announce its write-back and its customer's other conversations."""
    with claimed(runtime, SCORING, conversation_id) as held:
        if held is None:
            return
        known = _load(runtime, held)
        if keeping.nothing_to_judge(runtime, held, known.row):
            return
        conversation, has_news = known.conversation, known.row.news
        anew = known.row.reread or conversation is None
        if known.row.reread or conversation is None:
            reading = _read(runtime, known)
            if reading is None:
                return
            conversation = ours(reading.conversation, known.installation)
            has_news |= known.conversation is None or standing.differs(known.conversation, conversation)
            _save_reading(runtime, known, conversation, reading.there, news=has_news)
        others = _ask_others(runtime, known, conversation) if has_news else []
        cards = judge(runtime, known.installation, conversation, conversation_id)
        _conclude(runtime, known, conversation, cards, anew=anew)
        runtime.queue.score(others)


def _load(runtime: Runtime, held: Claim) -> Known:
    with runtime.database.read() as session:
        row = conversations.get(session, held.id)
        assert row is not None, "a claimed conversation is stored"
        installation = session.get_one(models.Installation, row.installation_id)
    stored = from_document(row.document) if row.document is not None else None
    return Known(held, row, installation, stored)


def _read(runtime: Runtime, known: Known) -> Reading | None:
    """The conversation as the helpdesk has it; `None` (and the row settled) when there is nothing to score."""
    try:
        reading = runtime.client(known.installation).read(known.row.external_id)
    except OptedOut:
        _forget(runtime, known, State.OPTED_OUT)
        return None
    except Merged:
        _forget(runtime, known, State.MERGED)
        return None
    except NotFound:
        _forget(runtime, known, State.GONE)
        return None
    with runtime.database.read() as session:
        named = changing.under_its_name(session, known.installation.id, reading.conversation)
    if named is None:
        _forget(runtime, known, State.GONE)
        return None
    reading = replace(reading, conversation=named)
    if keeping.may_not_be_kept(runtime, known.held, known.row, ours(reading.conversation, known.installation)):
        return None
    if reading.ended:
        return reading
    with runtime.database.begin() as session:
        # Whatever was scored before stays; the next end, or the poll, reads it again.
        if known.conversation is not None and standing.lost_words(known.conversation, reading.conversation):
            forgetting.drop_texts(session, known.held.id, now=runtime.clock(), keep_history=True)
        work.finish(session, SCORING, known.held, state=State.OPEN, reread=True, final_at=None)
    return None


def ours(conversation: Conversation, installation: models.Installation) -> Conversation:
    """The conversation under the names of the installation: they decide whose customer it is."""
    return replace(
        conversation,
        helpdesk=installation.connector,
        account=installation.account,
        account_group=installation.account_group,
    )


def _forget(runtime: Runtime, known: Known, state: State) -> None:
    """Remove what was stored of a conversation that is gone or opted out; its customer's others are judged anew."""
    now, row_id = runtime.clock(), known.held.id
    with runtime.database.begin() as session:
        near = [] if known.conversation is None else _near(runtime, session, known, known.conversation)
        work.lock(session, [row_id, *near])
        others = [other for other in near if work.ask(session, SCORING, other, at=now, only=State.SCORED)]
        work.finish(session, SCORING, known.held, state=state, reread=True, write_state=WriteState.NONE)
        # What was deleted stays counted, without a word of it. Who opted out is not counted either, nor what is no
        # conversation of its own.
        drop = forgetting.drop_texts if state is State.GONE else forgetting.drop_all
        drop(session, row_id, now=now)
    runtime.queue.score(others)


def _save_reading(
    runtime: Runtime, known: Known, conversation: Conversation, there: AlreadyThere, *, news: bool
) -> None:
    """Kept before it is scored, so that two conversations scored at once cannot both miss each other."""
    now = runtime.clock()
    with runtime.database.begin() as session:
        work.check(session, SCORING, known.held)
        if known.conversation is not None and standing.lost_words(known.conversation, conversation):
            # Redacted: the quotes in older cards and in what was written go too; it is judged anew from what is left.
            forgetting.drop_texts(session, known.held.id, now=now, keep_history=True)
        conversations.save_reading(
            session,
            known.held,
            conversations.ReadConversation(
                document=to_document(conversation),
                there=standing.to_json(there),
                channel=conversation.channel.value,
                opened_at=conversation.started_at,
                ended_at=conversation.ended_at or now,
                read_at=now,
                news=news,
            ),
        )
        history.save_keys(session, runtime.secrets, _span(known.held.id, conversation, now), now=now)


def _near(runtime: Runtime, session: Session, known: Known, conversation: Conversation) -> list[str]:
    span = _span(known.held.id, conversation, runtime.clock())
    window = longest_window(runtime.policy(known.installation))
    return sorted(history.nearby(session, runtime.secrets, span, window=window))


def _ask_others(runtime: Runtime, known: Known, conversation: Conversation) -> list[str]:
    """Ask for the customer's scored conversations near this one: it may be their return, or they its beginning."""
    now = runtime.clock()
    with runtime.database.begin() as session:
        near = _near(runtime, session, known, conversation)
        return [other for other in near if work.ask(session, SCORING, other, at=now, only=State.SCORED)]


def _span(row_id: str, conversation: Conversation, now: datetime) -> Span:
    ended = conversation.ended_at or now
    return Span(row_id, customer_keys(conversation), conversation.started_at or ended, ended)


def judge(
    runtime: Runtime,
    installation: models.Installation,
    conversation: Conversation,
    row_id: str,
    version: str = DEFINITIONS,
) -> tuple[Scorecard, ...]:
    """The cards of a conversation, with what is stored of its customer beside it; `version` is of the definitions.

    Who is whose customer follows from the account groups as they are now, whatever they were when it was read.
    """
    now, policy, catalog = runtime.clock(), runtime.policy(installation), runtime.catalog(installation)
    conversation = ours(conversation, installation)
    with runtime.database.read() as session:
        span = _span(row_id, conversation, now)
        documents = history.others(session, runtime.secrets, span, window=longest_window(policy))
        groups = {(row.connector, row.account): row.account_group for row in installations.all_of(session)}
    found = (from_document(document) for document in documents)
    grouped = (replace(other, account_group=groups.get((other.helpdesk, other.account))) for other in found)
    others = tuple(other for other in grouped if same_customer(conversation, other))
    known = History(as_of=now, others=others)
    return score_conversation(conversation, known, policy, runtime.embedder, catalog, version, _timed, runtime.names)


def _timed(score: str) -> AbstractContextManager[object]:
    timer: AbstractContextManager[object] = SCORE_SECONDS.labels(score=score).time()
    return timer


def longest_window(policy: Policy) -> timedelta:
    """How far back and ahead a conversation of the same customer can matter."""
    return max(policy.return_windows)


def _conclude(
    runtime: Runtime, known: Known, conversation: Conversation, cards: tuple[Scorecard, ...], *, anew: bool
) -> None:
    """Save the cards, ask for the write-back, give the lease back: all of it or nothing."""
    now, row_id, policy = runtime.clock(), known.held.id, runtime.policy(known.installation)
    with runtime.database.begin() as session:
        # The conversation's row before its cards, as everybody locks them.
        work.check(session, SCORING, known.held)
        results.save_cards(session, row_id, [card_document(card) for card in cards], now=now)
        own, cards = cards[-1], opinions.stand(session, row_id, cards, review_confidence=policy.review_confidence)
        _see_dispute(session, known, conversation, anew=anew, now=now)
        gaps.keep(session, known.installation.id, row_id, conversation, cards, policy=policy)
        write_state = planning.ask_write_back(runtime, session, row_id, cards[-1], anew=anew)
        if write_state is not WriteState.PENDING:
            conversations.answered(session, known.held)
        work.finish(
            session,
            SCORING,
            known.held,
            state=State.SCORED,
            scored_at=now,
            news=False,
            write_state=write_state,
            final_at=_final_at(conversation, own, policy),
        )
        row = session.get_one(models.Conversation, row_id)
        counted = facts.judged(row, cards, judged_episodes(conversation, policy), now=now)
        if write_state is not WriteState.PENDING:
            retention.drop_if_past(runtime, session, row_id, known.installation)
        facts.save(session, [counted], now=now)
    lag.tell(lag.when_scored(known.row, now=now))
    log.info("scored", conversation=row_id, episodes=len(cards), write_back=str(write_state))
    if write_state is WriteState.PENDING:
        runtime.queue.write_back([row_id])


def _see_dispute(session: Session, known: Known, conversation: Conversation, *, anew: bool, now: datetime) -> None:
    """An agent's dispute tag is a request to look. It is theirs: Deskmark never takes it off."""
    if anew:
        row = session.get_one(models.Conversation, known.held.id)
        there = known.installation.prefix + DISPUTE_KEY in conversation.tags
        disputes.tagged(session, row, there=there, now=now)


def _final_at(conversation: Conversation, card: Scorecard, policy: Policy) -> datetime | None:
    """When a pending verdict becomes final: nothing arrives then, so the sweep has to ask."""
    if card.scores["repeat_contact"].verdict != "pending" or conversation.ended_at is None:
        return None
    return conversation.ended_at + policy.repeat_window
