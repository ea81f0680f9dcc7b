"""The tasks: an id in, one call, nothing else. What they do is in the modules beside; how they fail is in `Job`."""

from __future__ import annotations

from typing import Any

import structlog
from celery import Task
from sqlalchemy.exc import InterfaceError, OperationalError

from connectors.errors import RetryLater
from service.telemetry.metrics import TASK_SECONDS, TASKS_FAILED
from service.telemetry.unforeseen import told
from tasks import (
    alarms,
    alerting,
    asking,
    backfilling,
    errands,
    figure_alarms,
    gaps,
    intake,
    proposing,
    recounting,
    rekeying,
    reporting,
    retention,
    scoring,
    self_testing,
    telling_alerts,
    upkeep,
    worker_state,
    writing,
)
from tasks.celery_app import app
from tasks.runtime import Runtime

DATABASE_AWAY = 5.0
TRIES = 3
"""Beyond these the sweep sends the work again."""
log = structlog.get_logger(__name__)


class Job(Task):  # type: ignore[type-arg]  # generic in the stubs only
    """Every task's base: knows its process's runtime, and waits as long as an error asks (`autoretry_for` does not)."""

    max_retries = TRIES

    @property
    def runtime(self) -> Runtime:
        """What this process works with."""
        return worker_state.runtime()

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Run, and try again later after a failure that passes by itself. Raises `Failed` for anything else."""
        try:
            with TASK_SECONDS.labels(task=self.name).time():
                super().__call__(*args, **kwargs)
        except RetryLater as error:
            raise self.retry(exc=error, countdown=error.after) from error
        except (OperationalError, InterfaceError) as error:
            raise self.retry(exc=error, countdown=DATABASE_AWAY) from error
        except Exception as error:  # noqa: BLE001
            # The edge of the process: what goes further ends up in logs, and an error may quote what it choked on.
            TASKS_FAILED.labels(task=self.name).inc()
            raise Failed(told(error, "task_failed", task=self.name, ids=args).name) from None


class Failed(Exception):
    """A task failed for a reason nobody foresaw. Names the kind of error only; the log says where it was raised."""


@app.task(base=Job, bind=True, name="deskmark.ingest")
def ingest(self: Job, delivery_ids: list[int]) -> None:
    """Make the deliveries' conversations due."""
    for delivery_id in delivery_ids:
        intake.take_in(self.runtime, delivery_id)


@app.task(base=Job, bind=True, name="deskmark.score")
def score(self: Job, conversation_id: str) -> None:
    """Read and score a due conversation."""
    scoring.score(self.runtime, conversation_id)


@app.task(base=Job, bind=True, name="deskmark.score_history")
def score_history(self: Job, conversation_id: str) -> None:
    """Score a due conversation out of a helpdesk's history."""
    scoring.score(self.runtime, conversation_id)


@app.task(base=Job, bind=True, name="deskmark.backfill")
def backfill(self: Job) -> None:
    """Go on with the backfills that are in nobody's hands."""
    backfilling.work_on_all(self.runtime)


@app.task(base=Job, bind=True, name="deskmark.write_back")
def write_back(self: Job, conversation_id: str) -> None:
    """Write a due verdict back."""
    writing.write_back(self.runtime, conversation_id)


@app.task(base=Job, bind=True, name="deskmark.sweep")
def sweep(self: Job) -> None:
    """Announce again whatever is due and in nobody's hands."""
    upkeep.sweep(self.runtime)


@app.task(base=Job, bind=True, name="deskmark.poll")
def poll(self: Job) -> None:
    """Have each helpdesk asked for what no webhook told."""
    upkeep.poll(self.runtime)


@app.task(base=Job, bind=True, name="deskmark.ask")
def ask(self: Job, installation_id: str) -> None:
    """Ask one helpdesk for what no webhook told, or whether it answers again."""
    asking.ask(self.runtime, installation_id)


@app.task(base=Job, bind=True, name="deskmark.watch")
def watch(self: Job) -> None:
    """Look whether something is amiss that an admin has to know."""
    alarms.watch(self.runtime)


@app.task(base=Job, bind=True, name="deskmark.alert")
def alert(self: Job) -> None:
    """Tell the alert channel."""
    alerting.alert(self.runtime)


@app.task(base=Job, bind=True, name="deskmark.watch_figures")
def watch_figures(self: Job) -> None:
    """Judge days of figures that are over."""
    figure_alarms.watch(self.runtime)


@app.task(base=Job, bind=True, name="deskmark.reports")
def reports(self: Job) -> None:
    """Send the reports and alerts whose time has come."""
    reporting.send_due(self.runtime)
    telling_alerts.send_due(self.runtime)


@app.task(base=Job, bind=True, name="deskmark.forget")
def forget(self: Job) -> None:
    """Remove old cached vectors."""
    upkeep.forget(self.runtime)


@app.task(base=Job, bind=True, name="deskmark.drop_texts")
def drop_texts(self: Job) -> None:
    """Drop the texts that are past their installation's retention."""
    dropped = retention.drop_old(self.runtime)
    if dropped:
        log.info("texts_dropped", conversations=dropped)


@app.task(base=Job, bind=True, name="deskmark.rekey")
def rekey(self: Job) -> None:
    """Mend the customers' keys that an older version stored."""
    mended = rekeying.rekey(self.runtime)
    if mended:
        log.info("keys_mended", keys=mended)


@app.task(base=Job, bind=True, name="deskmark.recount")
def recount(self: Job) -> None:
    """Add up the days whose facts changed."""
    came = recounting.recount(self.runtime)
    if came.days or came.left:
        log.info("recounted", days=came.days, left=came.left)


@app.task(base=Job, bind=True, name="deskmark.group_gaps")
def group_gaps(self: Job) -> None:
    """Group the questions that the bot could not serve."""
    gaps.group(self.runtime)


@app.task(base=Job, bind=True, name="deskmark.propose_intents")
def propose_intents(self: Job) -> None:
    """Look for new intents where that is due."""
    proposing.propose(self.runtime)


@app.task(base=Job, bind=True, name="deskmark.self_test")
def self_test(self: Job) -> None:
    """Run the self-test that an admin asked for."""
    self_testing.run_asked(self.runtime)


@app.task(base=Job, bind=True, name="deskmark.errands")
def run_errands(self: Job) -> None:
    """Take the due steps of errands: writing what was planned, leaving a helpdesk."""
    errands.work(self.runtime)
