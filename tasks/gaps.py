"""Knowledge gaps beside the scores: the questions of a scored conversation are kept, and grouped a little later."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy.orm import Session

from service.conversation import Conversation, Role
from service.document import from_document
from service.language.cluster_state import ClusterState, StateUnreadable, from_json, to_json
from service.language.clustering import grow, nearness
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.question import plainness
from service.scoring.score import Policy, Scorecard
from service.scoring.scorecard import judged_episodes
from service.store import conversations, gaps, installations
from service.store.gaps import Assignment, Question, Ungrouped
from service.store.models import Installation
from tasks.runtime import Runtime
from tasks.same_questions import find_same_questions

AT_ONCE = 500
log = structlog.get_logger(__name__)


def keep(
    session: Session,
    installation_id: str,
    row_id: str,
    conversation: Conversation,
    cards: Sequence[Scorecard],
    *,
    policy: Policy,
) -> None:
    """Keep which question of each episode the bot could not serve, and what became of it."""
    pieces = judged_episodes(conversation, policy)
    times = {message.id: message.at for message in conversation.messages}
    found = []
    for card in cards:
        score = card.scores["knowledge_gap"]
        message, reason = score.details.get("question"), score.details.get("reason")
        if score.verdict != "gap" or not isinstance(message, str):
            continue
        at = times.get(message) or conversation.ended_at
        if at is not None:
            negative = reason == "negative_feedback"
            people = len(pieces[card.episode - 1].by(Role.AGENT)) if card.episode <= len(pieces) else 0
            returned = card.scores["repeat_contact"].verdict == "returned"
            found.append(Question(card.episode, message, str(reason), negative, at, people, returned))
    gaps.keep_questions(session, installation_id, row_id, found)


def group(runtime: Runtime) -> int:
    """Put every question that waits into a group, and equal groups of several helpdesks together; how many questions
    there were."""
    with runtime.database.read() as session:
        rows = installations.all_of(session)
    done = sum(_group(runtime, row) for row in rows)
    find_same_questions(runtime)
    return done


def _group(runtime: Runtime, row: Installation) -> int:
    done = 0
    while count := _portion(runtime, row.id):
        done += count
    if done:
        log.info("gaps_grouped", installation=row.id, messages=done)
    return done


def _portion(runtime: Runtime, installation_id: str) -> int:
    """Group the oldest questions that wait, in one transaction: two workers at once would found two groups of one.

    They are embedded before it. On SQLite nobody else writes while it lasts, and vectors are stored on their own.
    """
    with runtime.database.read() as session:
        waiting = gaps.ungrouped(session, installation_id, limit=AT_ONCE)
        # New questions may found a group that loose ones belong to.
        read = _texts(session, [*waiting, *gaps.loose(session, installation_id, limit=AT_ONCE)]) if waiting else {}
    embedder = CachedEmbedder(runtime.embedder, MemoryCache())
    embedder.issue_vectors(list(read.values()))
    with runtime.database.begin() as session:
        stored = gaps.groups(session, installation_id, lock=True)
        waiting = gaps.ungrouped(session, installation_id, limit=AT_ONCE)
        texts = _texts(session, [*waiting, *gaps.loose(session, installation_id, limit=AT_ONCE)])
        for each in waiting:
            if each not in texts:
                gaps.drop(session, each)
        # What came or changed in between waits for the next time.
        asked = [each for each, text in texts.items() if read.get(each) == text]
        done = sum(each in asked or each not in texts for each in waiting)
        if not done or not asked:
            return done
        state = _state(stored, runtime.embedder.issue_id, gaps.last_group(session, installation_id))
        said = [texts[each] for each in asked]
        grown = grow(state, said, embedder)
        near = nearness(grown.state, said, grown.assignments, embedder)
        placed = [
            Assignment(each.conversation_id, each.episode, number, place in grown.loose, near[place] * plainness(text))
            for place, (each, number, text) in enumerate(zip(asked, grown.assignments, said, strict=True))
        ]
        gaps.save_groups(
            session,
            installation_id,
            to_json(grown.state),
            labels={known.id: known.label for known in grown.state.groups},
            merged={old: grown.state.current(old) for old in grown.state.merged},
            assigned=placed,
            now=runtime.clock(),
        )
        return done


def _state(stored: str | None, model: str, last: int) -> ClusterState:
    """The groups so far. After a change of the text model new groups are founded beside the old ones."""
    fresh = ClusterState(model, next_id=last + 1)
    if stored is None:
        return fresh
    try:
        return from_json(stored, model)
    except StateUnreadable as error:
        log.error("groups_unreadable", error=str(error))  # noqa: TRY400 - a change of model is no fault
        return fresh


def _texts(session: Session, waiting: Sequence[Ungrouped]) -> dict[Ungrouped, str]:
    """The text of each question, where it still is."""
    found = {}
    for each in waiting:
        row = conversations.get(session, each.conversation_id)
        if row is None or row.document is None:
            continue
        for message in from_document(row.document).messages:
            if message.id == each.message and message.text.strip():
                found[each] = message.text
    return found
