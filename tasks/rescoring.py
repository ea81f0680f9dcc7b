"""Deriving the history anew from stored documents: cards and facts of one version, without asking a helpdesk.

Nothing is claimed: what was made of a conversation is saved only if it still stands as it was read, under a lock on its
row, so workers go on and always win. Progress is saved with each batch; whoever is interrupted goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import update
from sqlalchemy.orm import Session

from service.card_document import card_document
from service.conversation import Conversation
from service.document import from_document
from service.scoring.definitions import definitions
from service.scoring.score import Policy, Scorecard
from service.scoring.scorecard import judged_episodes
from service.store import conversations, facts, models, opinions, rescoring, results
from service.store.models import WriteState
from service.store.rescoring import Scope, Stood
from tasks import gaps, planning, scoring
from tasks.runtime import Runtime

BATCH = 20
TRIES = 3
"""How often a conversation that a worker changed meanwhile is read and judged again."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come; `skipped` changed each time while they were judged, and a worker has scored them."""

    done: int
    total: int
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class _Made:
    """What came out for one conversation."""

    was: Stood
    installation: models.Installation
    policy: Policy
    conversation: Conversation
    cards: tuple[Scorecard, ...]


def rescore(
    runtime: Runtime,
    scope: Scope,
    *,
    write_back: bool = False,
    anew: bool = False,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Judge every stored conversation of `scope` under its version; `tell` hears of each batch.

    What the helpdesks show is left as it is unless `write_back`. Raises `UnknownDefinitions`.
    """
    definitions(scope.definitions)
    with runtime.database.begin() as session:
        after, done = rescoring.begin(session, scope, now=runtime.clock(), anew=anew)
    with runtime.database.read() as session:
        total = done + rescoring.left(session, scope, after=after)
    skipped = 0
    tell(Progress(done, total))
    for ids in _batches(runtime, scope, after):
        skipped += _batch(runtime, scope, ids, done=done + len(ids), write_back=write_back)
        done += len(ids)
        tell(Progress(done, max(total, done), skipped))
    with runtime.database.begin() as session:
        rescoring.finish(session, scope, now=runtime.clock())
    return Progress(done, done, skipped)


def _batches(runtime: Runtime, scope: Scope, after: str) -> Iterator[Sequence[str]]:
    while True:
        with runtime.database.read() as session:
            ids = rescoring.following(session, scope, after=after, limit=BATCH)
        if not ids:
            return
        yield ids
        after = ids[-1]


def _batch(runtime: Runtime, scope: Scope, ids: Sequence[str], *, done: int, write_back: bool) -> int:
    """Judge and save these; how many had to be skipped. That they are done is saved with the last of them."""
    waiting = list(ids)
    for tries in range(1, TRIES + 1):
        made = [each for row_id in waiting if (each := _judged(runtime, scope, row_id)) is not None]
        with runtime.database.begin() as session:
            current = rescoring.stands(session, [each.was for each in made])
            _save(runtime, session, [each for each in made if each.was.id in current], write_back=write_back)
            waiting = [each.was.id for each in made if each.was.id not in current]
            if not waiting or tries == TRIES:
                rescoring.advance(session, scope, after=ids[-1], done=done)
                break
    return len(waiting)


def _judged(runtime: Runtime, scope: Scope, row_id: str) -> _Made | None:
    """What the stored conversation is worth under the version; `None` when it is no longer there to be judged."""
    with runtime.database.read() as session:
        row = conversations.get(session, row_id)
        if row is None or row.document is None:
            return None
        installation = session.get_one(models.Installation, row.installation_id)
    conversation = from_document(row.document)
    cards = scoring.judge(runtime, installation, conversation, row_id, scope.definitions)
    was = Stood(row.id, row.read_at, row.scored_at)
    return _Made(was, installation, runtime.policy(installation), conversation, cards)


def _save(runtime: Runtime, session: Session, made: Sequence[_Made], *, write_back: bool) -> None:
    now = runtime.clock()
    counted = []
    for judged in made:
        row_id, confidence = judged.was.id, judged.policy.review_confidence
        speaks = results.save_cards(session, row_id, [card_document(card) for card in judged.cards], now=now)
        each = replace(judged, cards=opinions.stand(session, row_id, judged.cards, review_confidence=confidence))
        if speaks:
            gaps.keep(session, each.installation.id, row_id, each.conversation, each.cards, policy=each.policy)
        if speaks and write_back:
            _write_back(runtime, session, each)
        row = session.get_one(models.Conversation, each.was.id)
        pieces = judged_episodes(each.conversation, each.policy)
        counted.append(facts.judged(row, each.cards, pieces, now=now))
    facts.save(session, counted, now=now)


def _write_back(runtime: Runtime, session: Session, made: _Made) -> None:
    """Ask for the write-back where something changes; the sweep announces it."""
    if planning.ask_write_back(runtime, session, made.was.id, made.cards[-1], asked=True) is WriteState.PENDING:
        of_it = update(models.Conversation).where(models.Conversation.id == made.was.id)
        session.execute(of_it.values(write_state=WriteState.PENDING))
