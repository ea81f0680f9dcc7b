"""Reading the history of a connected helpdesk: page by page, each kept with its cursor, under a lease in the row.

Whoever holds the lease goes on: a worker of the service, or the command line where no worker runs. Conversations are
stored due for scoring, behind everything that is live. What was read live meanwhile stays as it is.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from connectors.errors import ConnectorError, CredentialsRefused, RetryLater
from connectors.history import Aside, Head, History, Page, Scope
from service.store import backfills, installations, models
from service.store.backfill_models import Backfill, BackfillPart, BackfillState
from service.store.backfills import HEAD, OUTDATED, Held, Kept, LeaseLost
from service.store.handing_out import hand_out_history
from service.telemetry.unforeseen import unforeseen
from tasks import pausing, scoring
from tasks.backfill_keeping import LEFT_OUT, STORED, settle
from tasks.runtime import Runtime

READ_AT_ONCE = 50
"""Conversations made whole and stored together: few enough for one transaction and for one lease."""

SLICE = 20.0
"""Seconds for which a worker goes on before it lets others have its thread."""

UNFORESEEN = timedelta(minutes=1)
log = structlog.get_logger(__name__)

FOUND, CALLS = "found", "calls"
"""Names of counts, beside those of `backfill_keeping`."""


@dataclass(frozen=True, slots=True)
class _Work:
    """A claimed backfill with what working on it needs."""

    held: Held
    installation: models.Installation
    scope: Scope
    past: History


def work_on(runtime: Runtime, installation_id: str, *, seconds: float = SLICE) -> bool:
    """Go on with a backfill for about so long; whether there was anything to do.

    A limit or a helpdesk that is away lets it wait; an answer that will not change lets it fail, until it is resumed.
    """
    with runtime.database.begin() as session:
        held = backfills.claim(session, installation_id, now=runtime.clock(), lease=runtime.settings.lease)
    if held is None:
        return False
    with _kept(runtime, held):
        mine = _load(runtime, held)
        until = time.monotonic() + seconds
        while _step(runtime, mine) and time.monotonic() < until:
            continue
    return True


def work_on_all(runtime: Runtime) -> None:
    """Go on with every backfill that is in nobody's hands."""
    with runtime.database.read() as session:
        ids = backfills.workable(session, now=runtime.clock())
    for installation_id in ids:
        work_on(runtime, installation_id)


@contextmanager
def _kept(runtime: Runtime, held: Held) -> Iterator[None]:
    """Give the lease back in the end, and say in the row what went wrong."""
    changed: dict[str, object] = {}
    try:
        yield
    except LeaseLost:
        log.warning("backfill_lease_lost", installation=held.installation_id)
    except RetryLater as error:
        if isinstance(error, CredentialsRefused):
            pausing.noticed(runtime, held.installation_id, error)
        changed = {"wait_until": runtime.clock() + timedelta(seconds=error.after), "error": str(error)}
    except ConnectorError as error:
        log.warning("backfill_failed", installation=held.installation_id, error=str(error))
        changed = {"state": BackfillState.FAILED, "error": str(error)}
    except Exception as error:
        changed = {"wait_until": runtime.clock() + UNFORESEEN, "error": str(unforeseen(error))}
        raise
    finally:
        with runtime.database.begin() as session:
            backfills.let_go(session, held, **changed)


def _load(runtime: Runtime, held: Held) -> _Work:
    """What is needed. Raises `RetryLater` while the helpdesk may not be asked."""
    with runtime.database.read() as session:
        row = backfills.get(session, held.installation_id)
        installation = session.get_one(models.Installation, held.installation_id)
    assert row is not None, "claimed just before"
    if not installations.working(installation, runtime.clock()):
        raise RetryLater("the installation is paused or switched off", after=60)
    past = runtime.clients.history(runtime.installation(installation), row.share)
    return _Work(held, installation, Scope(row.since, row.until), past)


def _step(runtime: Runtime, mine: _Work) -> bool:
    """Store what is whole, else read the next page; whether there is more to do."""
    with runtime.database.read() as session:
        row = backfills.get(session, mine.held.installation_id)
        if row is None or row.lease != mine.held.lease or row.state != BackfillState.RUNNING:
            return False
        heads = backfills.ripe(session, row, limit=READ_AT_ONCE)
        parts = backfills.parts_of(session, row.installation_id, [head.external_id for head in heads])
    if heads:
        _take(runtime, mine, heads, parts)
        return True
    if row.cursor is not None:
        _turn_page(runtime, mine, row.cursor)
        return True
    return _finish(runtime, mine)


def _turn_page(runtime: Runtime, mine: _Work, cursor: str) -> None:
    before = mine.past.calls
    page = mine.past.page(mine.scope, cursor)
    with _changing(runtime, mine) as (session, row):
        row.cursor = page.cursor
        row.ripe_until = page.whole_until or row.ripe_until
        new = backfills.put_aside(session, row.installation_id, list(_aside(page)))
        counts = Counter({FOUND: new, CALLS: mine.past.calls - before})
        counts.update(f"{LEFT_OUT}{left.why}" for left in page.left_out)
        backfills.counted(row, counts)
        if page.listed and not backfills.aside(session, row.installation_id):
            row.cursor = None


def _aside(page: Page) -> Iterator[Kept]:
    for head in page.heads:
        yield Kept(head.conversation_id, HEAD, head.body, head.changed_at)
    for part in page.parts:
        yield Kept(part.conversation_id, part.name, part.body)


def _take(
    runtime: Runtime,
    mine: _Work,
    heads: Sequence[BackfillPart],
    parts: Mapping[str, Sequence[Mapping[str, object]]],
) -> None:
    """Read and store conversations that are whole. What came before an error is stored all the same."""
    asides = [
        Aside(
            Head(head.external_id, head.ripe_at or mine.scope.since, head.body, outdated=OUTDATED in head.body),
            parts.get(head.external_id, ()),
        )
        for head in heads
    ]
    changed_at = {aside.head.conversation_id: aside.head.changed_at for aside in asides}
    before, came, failure = mine.past.calls, [], None
    try:
        for name, outcome in mine.past.read(mine.scope, asides):
            came.append((name, outcome))
    except ConnectorError as error:
        failure = error
    with _changing(runtime, mine) as (session, row):
        counts = Counter({CALLS: mine.past.calls - before})
        for name, outcome in came:
            counts.update(settle(runtime, session, mine.installation, outcome, changed_at[name]))
        backfills.forget(session, row.installation_id, [name for name, _ in came])
        backfills.counted(row, counts)
    if failure is not None:
        raise failure


def _finish(runtime: Runtime, mine: _Work) -> bool:
    with _changing(runtime, mine) as (_, row):
        row.state, row.finished_at, row.error = BackfillState.DONE, runtime.clock(), None
    log.info("backfilled", installation=mine.held.installation_id, **{STORED: row.counts.get(STORED, 0)})
    return False


@contextmanager
def _changing(runtime: Runtime, mine: _Work) -> Iterator[tuple[Session, Backfill]]:
    """A transaction in which the backfill is ours; its error is over. Raises `LeaseLost`."""
    now = runtime.clock()
    with runtime.database.begin() as session:
        row = backfills.checked(session, mine.held, now=now, lease=runtime.settings.lease)
        row.error = None
        yield session, row


def alone(
    runtime: Runtime, installation_id: str, *, wait: Callable[[float], None], tell: Callable[[], None] = lambda: None
) -> None:
    """Work on a backfill in this process until it is done, paused or failed, and score what came of it.

    `wait` is called with the seconds that a limit asks for, or whoever else holds it; `tell` after each portion.
    """
    while True:
        work_on(runtime, installation_id, seconds=1.0)
        score_waiting(runtime, installation_id, tell=tell)
        with runtime.database.read() as session:
            row = backfills.get(session, installation_id)
        if row is None or row.state != BackfillState.RUNNING:
            return
        until = max(filter(None, (row.wait_until, row.lease_until)), default=None)
        if until is not None and until > runtime.clock():
            wait((until - runtime.clock()).total_seconds())


def score_waiting(runtime: Runtime, installation_id: str, *, tell: Callable[[], None] = lambda: None) -> int:
    """Score the backfilled conversations of an installation that are due, in this process; how many there were."""
    done = 0
    while True:
        with runtime.database.begin() as session:
            ids = hand_out_history(
                session,
                now=runtime.clock(),
                hold=runtime.settings.hold,
                max_attempts=runtime.settings.max_attempts,
                installation_id=installation_id,
            )
        if not ids:
            return done
        for row_id in ids:
            scoring.score(runtime, row_id)
        done += len(ids)
        tell()
