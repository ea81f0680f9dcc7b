"""Taking our tags and fields off conversations, many or one at a time, each with its own outcome."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from connectors.errors import NotFound
from connectors.many import Batch, Outcome, Remover, Trouble
from service.store import errands, models
from service.store import leaving as store
from service.store.errand_models import Errand, ErrandItem, ItemState
from tasks.runtime import Runtime

LOOK_AGAIN = timedelta(seconds=3)
MOST_JOBS = 10
"""Background jobs under way at once: the account takes 30 from everybody together."""
LEFT_ALONE = "some conversations could not be cleared: retry them, or go on without them"


def clear(runtime: Runtime, errand: Errand, ours: Remover) -> bool:
    """Look at the jobs that run and clear some more while there is room; whether nothing is left to do.

    What failed stops the errand, unless it is to go on anyway.
    """
    with runtime.database.read() as session:
        running = errands.jobs(session, errand.id)
        waiting = list(errands.items(session, errand.id, ItemState.WAITING, limit=ours.most))
    open_jobs = sum(not _look(runtime, errand, ours, job) for job in running)
    if waiting and open_jobs < MOST_JOBS:
        _clear_some(runtime, errand, ours, waiting)
    with runtime.database.begin() as session:
        row = errands.held(session, errand)
        left, now = errands.progress(session, errand.id), runtime.clock()
        if left.waiting and open_jobs < MOST_JOBS:
            errands.step_done(row, due_at=now)
        elif left.waiting or left.sent:
            errands.step_done(row, due_at=now + LOOK_AGAIN)
        elif left.failed and not errand.options.get("anyway"):
            errands.step_failed(row, due_at=None, error=LEFT_ALONE, counted=False)
        else:
            return True
    return False


def _clear_some(runtime: Runtime, errand: Errand, ours: Remover, waiting: list[ErrandItem]) -> None:
    """One batch, all of it open conversations or all of it closed ones."""
    tags_only = waiting[0].tags_only
    names = [item.external_id for item in waiting if item.tags_only is tags_only]
    batch = ours.clear(names, tags_only=tags_only)
    if batch.outcomes:
        _settle(runtime, errand, batch.outcomes, calls=batch.calls)
    else:
        _sent(runtime, errand, batch)


def _sent(runtime: Runtime, errand: Errand, batch: Batch) -> None:
    with runtime.database.begin() as session:
        errands.held(session, errand).calls += batch.calls
        errands.settle(session, errand.id, batch.ids, ItemState.SENT, job=batch.job)


def _look(runtime: Runtime, errand: Errand, ours: Remover, job: str) -> bool:
    """Look at a background job; whether it is over."""
    with runtime.database.read() as session:
        names = [item.external_id for item in errands.of_job(session, errand.id, job)]
    try:
        outcomes = ours.job(job, names)
    except NotFound:
        # Kept for a day only. Clearing twice changes nothing.
        outcomes = dict.fromkeys(names, Outcome(Trouble.CHANGED))
    if outcomes is None:
        with runtime.database.begin() as session:
            errands.held(session, errand).calls += 1
        return False
    _settle(runtime, errand, outcomes, calls=1)
    return True


def _settle(runtime: Runtime, errand: Errand, outcomes: Mapping[str, Outcome], *, calls: int) -> None:
    """Each conversation's own outcome: closed ones lose their tags next, and what changed is tried again."""

    def those(*troubles: Trouble | None) -> list[str]:
        return [name for name, outcome in outcomes.items() if outcome.trouble in troubles]

    refused = those(Trouble.REFUSED)
    with runtime.database.begin() as session:
        errands.held(session, errand).calls += calls
        known = {item.external_id: item for item in errands.some(session, errand.id, refused)}
        installation = session.get_one(models.Installation, errand.installation_id)
        gone = those(None, Trouble.GONE)
        errands.settle(session, errand.id, gone, ItemState.DONE)
        store.nothing_written(session, installation, gone)
        # How a closed ticket is told from others in a background job is nowhere documented: tags alone are tried next.
        again = [*those(Trouble.CLOSED), *(name for name in refused if not known[name].tags_only)]
        errands.settle(session, errand.id, again, ItemState.WAITING, tags_only=True)
        errands.settle(session, errand.id, those(Trouble.CHANGED), ItemState.WAITING)
        for name in set(refused) - set(again):
            errands.settle(session, errand.id, [name], ItemState.FAILED, error=outcomes[name].reason[:255])
