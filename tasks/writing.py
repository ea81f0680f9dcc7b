"""Writing a verdict back: read again where the helpdesk cannot guard us, plan the difference, send it, remember it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from connectors.base import Client, Reading
from connectors.errors import Conflict, NotFound, NotWritable, OptedOut, RetryLater
from service.card_document import card_from_document
from service.document import from_document
from service.scoring.score import Scorecard
from service.store import conversations, installations, models, results, work
from service.store.models import State, WriteState
from service.store.work import WRITING, Claim
from service.write_rules import Allowed
from service.writeback import AlreadyThere, Desired, Writable
from tasks import lag, planning, standing
from tasks.claims import claimed
from tasks.planning import Weighed
from tasks.runtime import Runtime

CONFLICTS = 3
"""How often a conversation that changes under our hands is read and planned anew before it is put off."""
RECHECKED_FOR = timedelta(days=28)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed write-back with everything it needs."""

    held: Claim
    row: models.Conversation
    installation: models.Installation
    card: Scorecard
    wanted: Desired
    client: Client
    allowed: Allowed


def write_back(runtime: Runtime, conversation_id: str) -> None:
    """Write one conversation's verdict back if that is due."""
    with claimed(runtime, WRITING, conversation_id) as held:
        if held is None:
            return
        job = _load(runtime, held)
        if job is None:
            return
        try:
            _write(runtime, job)
        except NotWritable as error:
            _not_writable(runtime, job, str(error))
        except (NotFound, OptedOut):
            _read_again(runtime, job)


def _load(runtime: Runtime, held: Claim) -> Job | None:
    """The job; `None` (and the work settled) when there is nothing to write or it may not be written."""
    with runtime.database.read() as session:
        row = conversations.get(session, held.id)
        assert row is not None, "a claimed conversation is stored"
        installation = session.get_one(models.Installation, row.installation_id)
        card = results.latest_card(session, held.id)
    if row.state == State.SCORED and row.document is not None and card is not None:
        scorecard = card_from_document(card)
        wanted = standing.desired_for(runtime, row, installation, scorecard)
        allowed = planning.allowed_for(installation, row)
        if allowed.parts:
            return Job(held, row, installation, scorecard, wanted, runtime.client(installation), allowed)
        _keep_plan(runtime, held, installation, scorecard, wanted, allowed)
        return None
    with runtime.database.begin() as session:
        work.finish(session, WRITING, held, write_state=WriteState.NONE if installation.writing else WriteState.OFF)
    return None


def _keep_plan(
    runtime: Runtime, held: Claim, installation: models.Installation, card: Scorecard, wanted: Desired, allowed: Allowed
) -> None:
    """It was switched off since it was asked for: what would have been written is kept, and nothing is."""
    now = runtime.clock()
    with runtime.database.begin() as session:
        work.finish(session, WRITING, held, write_state=WriteState.OFF)
        row = conversations.get(session, held.id)
        if row is not None and row.there is not None:
            there = standing.from_json(row.there)
            made = standing.changes(wanted, there, card, installation, now)
            planning.keep(row, planning.kept(planning.weigh(made, there, allowed), there), now=now)


def _write(runtime: Runtime, job: Job) -> None:
    know_ourselves(runtime, job.installation, job.client)
    reading = _as_it_was_read(job) or job.client.read(job.row.external_id)
    for _ in range(CONFLICTS):
        if _moved_on(job, reading):
            _read_again(runtime, job)
            return
        made = standing.changes(job.wanted, reading.there, job.card, job.installation, runtime.clock())
        weighed = planning.weigh(made, reading.there, job.allowed)
        if not weighed.sent:
            _done(runtime, job, reading.there, weighed, requests=0)
            return
        if reading.there.writable is Writable.NOTHING:
            raise NotWritable("the helpdesk lets nobody change this conversation now")
        try:
            requests = job.client.write(reading, weighed.sent)
        except Conflict:
            reading = job.client.read(job.row.external_id)
            continue
        _done(runtime, job, reading.there, weighed, requests=requests)
        return
    raise RetryLater("the conversation changed each time it was to be written", after=runtime.settings.retry_seconds)


def know_ourselves(runtime: Runtime, installation: models.Installation, client: Client) -> None:
    """Learn under which ids our writes come back before the first one does."""
    if installation.actor_ids is None:
        actors = client.own_actor_ids()
        with runtime.database.begin() as session:
            installations.remember_actors(session, installation.id, actors)


def _as_it_was_read(job: Job) -> Reading | None:
    """The reading that was scored, if the helpdesk itself refuses a write over anything newer (its version says so).

    On a second attempt the first one may have come through, within the resolution of the helpdesk's stamp: read again.
    """
    if job.row.there is None or job.row.document is None or job.held.attempts > 1:
        return None
    there = standing.from_json(job.row.there)
    if there.version is None:
        return None
    return Reading(conversation=from_document(job.row.document), ended=True, there=there)


def _moved_on(job: Job, reading: Reading) -> bool:
    """Whether the conversation is another than the one that was judged: then it must be judged again, not written."""
    assert job.row.document is not None, "checked when the job was loaded"
    judged = from_document(job.row.document)
    return not reading.ended or standing.wording(judged) != standing.wording(reading.conversation)


def _read_again(runtime: Runtime, job: Job) -> None:
    now = runtime.clock()
    with runtime.database.begin() as session:
        at = now + runtime.settings.settle
        conversations.announce(session, job.installation, job.row.external_id, at=at, now=now)
        work.finish(session, WRITING, job.held)
    if at <= now:
        runtime.queue.score([job.held.id])


def _done(runtime: Runtime, job: Job, there: AlreadyThere, made: Weighed, *, requests: int) -> None:
    """What may be written stands there now. Remembered also when an earlier attempt wrote it and died before saying so.

    What may not be written is kept as a plan, with what stands there now.
    """
    nothing_there = AlreadyThere(fields=dict.fromkeys(there.fields), tag_fields=there.tag_fields)
    everything = standing.changes(job.wanted, nothing_there, job.card, job.installation, runtime.clock())
    whole = planning.weigh(everything, nothing_there, job.allowed).sent
    content, left = standing.content_of(job.wanted, job.allowed.parts), planning.after(there, made.sent)
    with runtime.database.begin() as session:
        known = requests == 0 and results.last_written(session, job.held.id) == content
        stands = bool(whole) or job.row.written_at is not None
        state = work.unless_asked_again(WRITING, job.held, WriteState.WRITTEN if stands else WriteState.NONE)
        work.finish(session, WRITING, job.held, write_state=state)
        if stands and not known:
            sent = results.Sent(job.card.episode, content, standing.actions_of(made.sent or whole), requests)
            results.save_writeback(session, job.held.id, sent, now=runtime.clock())
        row = session.get_one(models.Conversation, job.held.id)
        lags = lag.when_written(row, now=runtime.clock()) if requests else {}
        if row.due_at is None:
            row.asked_at = None
        row.there = standing.to_json(left)
        planning.keep(row, planning.kept(made, left), now=runtime.clock())
    lag.tell(lags)
    log.info("written", conversation=job.held.id, requests=requests)


def _not_writable(runtime: Runtime, job: Job, error: str) -> None:
    """Keep the verdict, show it, look again later: the older the conversation, the more seldom, and not for ever."""
    now = runtime.clock()
    with runtime.database.begin() as session:
        work.finish(session, WRITING, job.held, write_state=WriteState.NOT_WRITABLE)
        conversations.cannot_write(session, job.held.id, error=error, again_at=_recheck_at(runtime, job.row, now))
    log.info("not_writable", conversation=job.held.id)


def _recheck_at(runtime: Runtime, row: models.Conversation, now: datetime) -> datetime | None:
    age = now - (row.ended_at or row.created_at)
    if age > RECHECKED_FOR:
        return None
    return now + max(timedelta(seconds=runtime.settings.recheck_seconds), age / 4)
