"""Writing plans in bulk: many conversations at once, each with the stamp it was read with and its own outcome.

Nothing is written over a change. Whatever does not plainly come through goes the ordinary way, which reads the
conversation again; only a refusal is a failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from connectors.base import Reading
from connectors.errors import NotFound
from connectors.many import Outcome, Trouble, Writer
from service.card_document import card_from_document
from service.document import from_document
from service.scoring.score import Scorecard
from service.store import conversations, errands, models, results, work
from service.store.errand_models import Errand, ItemState
from service.store.models import State, WriteState
from service.store.work import WRITING
from service.write_rules import Allowed
from service.writeback import AlreadyThere, Desired
from tasks import planning, standing
from tasks.planning import Weighed
from tasks.runtime import Runtime

LOOK_AGAIN = timedelta(seconds=3)
MOST_JOBS = 10
"""Background jobs under way at once: the account takes 30 from everybody together."""


@dataclass(frozen=True, slots=True)
class Ready:
    """One planned conversation with what is wanted on it, what stands there, and the plan in two."""

    row: models.Conversation
    card: Scorecard
    wanted: Desired
    there: AlreadyThere
    allowed: Allowed
    weighed: Weighed

    @property
    def content(self) -> str:
        """The name of what should stand there."""
        return standing.content_of(self.wanted, self.allowed.parts)


def send(runtime: Runtime, errand: Errand, installation: models.Installation, many: Writer) -> None:
    """Look at the jobs that run; send more while there is room; wait, or finish."""
    with runtime.database.read() as session:
        running = errands.jobs(session, errand.id)
        waiting = errands.items(session, errand.id, ItemState.WAITING, limit=many.most)
    open_jobs = sum(not _look(runtime, errand, installation, many, job) for job in running)
    if waiting and open_jobs < MOST_JOBS:
        _send_some(runtime, errand, installation, many, [item.external_id for item in waiting])
    with runtime.database.begin() as session:
        row = errands.held(session, errand)
        left = errands.progress(session, errand.id)
        now = runtime.clock()
        if left.waiting and open_jobs < MOST_JOBS:
            errands.step_done(row, due_at=now)
        elif left.waiting or left.sent:
            errands.step_done(row, due_at=now + LOOK_AGAIN)
        else:
            _count(row, "refused", left.failed)
            errands.finish(row, now=now)


def _send_some(
    runtime: Runtime, errand: Errand, installation: models.Installation, many: Writer, names: Sequence[str]
) -> None:
    """Send the plans of these; those whose stamp is not known any more go the ordinary way."""
    ready = {each.row.external_id: each for each in _ready(runtime, installation, names)}
    guarded = {name: each for name, each in ready.items() if each.there.version is not None and each.weighed.sent}
    _hand_over(runtime, errand, installation, [name for name in names if name not in guarded])
    changes = [(_reading(each), each.weighed.sent) for each in guarded.values()]
    if not changes:
        return
    for batch in many.write_many(changes):
        with runtime.database.begin() as session:
            row = errands.held(session, errand)
            row.calls += batch.calls
            for name in batch.ids if batch.job else ():
                content = guarded[name].content
                errands.settle(session, errand.id, [name], ItemState.SENT, job=batch.job, content=content)
        if batch.outcomes:
            contents = {name: guarded[name].content for name in batch.outcomes}
            _conclude(runtime, errand, installation, batch.outcomes, contents)


def _ready(runtime: Runtime, installation: models.Installation, names: Sequence[str]) -> Iterator[Ready]:
    for name in names:
        with runtime.database.read() as session:
            row = conversations.get(session, own_id(installation, name))
            card = results.latest_card(session, row.id) if row is not None else None
        if row is None or card is None or row.document is None or row.there is None:
            continue
        if row.state == State.SCORED:
            yield _weighed(runtime, installation, row, card_from_document(card))


def _weighed(runtime: Runtime, installation: models.Installation, row: models.Conversation, card: Scorecard) -> Ready:
    assert row.there is not None, "looked at by the caller"
    wanted, there = standing.desired_for(runtime, row, installation, card), standing.from_json(row.there)
    allowed = planning.allowed_for(installation, row)
    made = standing.changes(wanted, there, card, installation, runtime.clock())
    return Ready(row, card, wanted, there, allowed, planning.weigh(made, there, allowed))


def _reading(each: Ready) -> Reading:
    assert each.row.document is not None, "looked at before"
    return Reading(conversation=from_document(each.row.document), ended=True, there=each.there)


def _look(runtime: Runtime, errand: Errand, installation: models.Installation, many: Writer, job: str) -> bool:
    """Look at a background job; whether it is over."""
    with runtime.database.read() as session:
        sent = errands.of_job(session, errand.id, job)
    contents = {item.external_id: item.content or "" for item in sent}
    try:
        outcomes = many.job(job, list(contents))
    except NotFound:
        # Kept for a day only: what came of it is seen when each is read again.
        outcomes = dict.fromkeys(contents, Outcome(Trouble.CHANGED, "the job is not known any more"))
    with runtime.database.begin() as session:
        errands.held(session, errand).calls += 1
    if outcomes is None:
        return False
    _conclude(runtime, errand, installation, outcomes, contents)
    return True


def _conclude(
    runtime: Runtime,
    errand: Errand,
    installation: models.Installation,
    outcomes: Mapping[str, Outcome],
    contents: Mapping[str, str],
) -> None:
    """Remember each ticket's own outcome. Whatever may have changed meanwhile goes the ordinary way."""
    refused = {name: o for name, o in outcomes.items() if o.trouble is Trouble.REFUSED}
    done = [name for name, outcome in outcomes.items() if outcome.trouble is None]
    written = {each.row.external_id: each for each in _ready(runtime, installation, done)}
    written = {name: each for name, each in written.items() if each.content == contents.get(name)}
    otherwise = [own_id(installation, name) for name in done if name not in written]
    with runtime.database.begin() as session:
        held = errands.held(session, errand)
        _count(held, "in_bulk", len(written))
        work.lock(session, [*(each.row.id for each in written.values()), *otherwise])
        _remember_something(session, otherwise, runtime.clock())
        for each in written.values():
            _remember(session, each, runtime.clock())
        errands.settle(session, errand.id, written, ItemState.DONE)
        for name, outcome in refused.items():
            errands.settle(session, errand.id, [name], ItemState.FAILED, error=outcome.reason[:255])
            row = session.get_one(models.Conversation, own_id(installation, name))
            row.write_error = outcome.reason
    rest = [name for name in outcomes if name not in written and name not in refused]
    _hand_over(runtime, errand, installation, rest)


def _hand_over(runtime: Runtime, errand: Errand, installation: models.Installation, names: Sequence[str]) -> None:
    """Let the ordinary write-back see to these: it reads them again first."""
    if not names:
        return
    with runtime.database.begin() as session:
        row = errands.held(session, errand)
        for name in names:
            if session.get(models.Conversation, own_id(installation, name)) is not None:
                ask_one(session, own_id(installation, name), at=runtime.clock())
        errands.settle(session, errand.id, names, ItemState.DONE)
        _count(row, "one_by_one", len(names))


def _count(errand: Errand, name: str, more: int) -> None:
    if more:
        errand.counts = {**errand.counts, name: int(errand.counts.get(name, 0)) + more}


def _remember(session: Session, each: Ready, now: datetime) -> None:
    """What was planned stands there; what may not be written stays planned."""
    sent = results.Sent(each.card.episode, each.content, standing.actions_of(each.weighed.sent), 0)
    results.save_writeback(session, each.row.id, sent, now=now)
    row = session.get_one(models.Conversation, each.row.id)
    left = planning.after(each.there, each.weighed.sent)
    row.write_state, row.write_error, row.there = WriteState.WRITTEN, None, standing.to_json(left)
    planning.keep(row, planning.kept(each.weighed, left), now=now)


def _remember_something(session: Session, row_ids: Sequence[str], now: datetime) -> None:
    """Something of ours stands there, but not what would be written now: writing was switched off meanwhile, rules or
    verdicts changed. Leaving has to find it, and what stands there is to be read again."""
    which = update(models.Conversation).where(models.Conversation.id.in_(row_ids))
    nothing = {"written_at": now, "there": None, "plan": None, "planned_at": None}
    session.execute(which.values(nothing).execution_options(synchronize_session=False))


def own_id(installation: models.Installation, external_id: str) -> str:
    """Our id of a helpdesk's conversation."""
    return conversations.conversation_id(installation.connector, installation.account, external_id)


def ask_one(session: Session, row_id: str, *, at: datetime) -> None:
    """Ask for one conversation to be written the ordinary way, not before `at`."""
    row = session.get_one(models.Conversation, row_id)
    row.write_state = WriteState.PENDING
    session.flush()
    work.ask(session, WRITING, row_id, at=at)
