"""`deskmark installations errands` and `go-on`, and carrying an errand out in this process with a bar to look at."""

from __future__ import annotations

import time
from collections.abc import Iterator

import click
from rich.console import Console

from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.commands.terminal import progress
from service.settings import Settings
from service.store import errands
from service.store.database import Database
from service.store.errand_models import Errand
from service.web.errands import STAGES
from tasks import errands as steps
from tasks import leaving
from tasks.alone import alone
from tasks.runtime import utc_now

PAUSE = 0.5
"""Seconds between looks while the helpdesk works, or while a worker of the service has the next step."""
INTERRUPTED = 130
COUNTS = {
    "asked": "asked to be written",
    "left_out": "left out by the rules",
    "in_bulk": "written in bulk",
    "one_by_one": "read again as they may have changed, then written one by one",
    "refused": "refused by the helpdesk",
    "found_by_search": "found by our tags only",
    "cleared": "cleared",
    "tags_only": "of these tags only, as they are closed",
    "not_cleared": "not cleared",
}


def see_to(given: Settings, opened: Database, errand_id: int, *, background: bool = False) -> Errand | None:
    """Carry an errand out here and say how it stands; `None` when in the `background` the running service does it."""
    if background:
        click.echo(f"Errand {errand_id}: the running service does it.")
        return None
    done = _carry_out(given, opened, errand_id)
    for line in described(done):
        click.echo(line)
    return done


def _carry_out(given: Settings, opened: Database, errand_id: int) -> Errand:
    """Take the errand's steps here until it is finished or stops; workers of the service may take some as well."""
    runtime = alone(given, opened)
    console = Console(stderr=True)
    with progress(console) as bar:
        task = bar.add_task("beginning", total=None)
        try:
            while True:
                steps.take_step(runtime, errand_id)
                with opened.read() as session:
                    errand, stands = session.get_one(Errand, errand_id), errands.progress(session, errand_id)
                done = stands.done + stands.failed
                bar.update(task, description=STAGES[errand.stage], completed=done, total=stands.total or None)
                if errand.finished_at is not None or (errand.due_at is None and errand.lease is None):
                    return errand
                if errand.due_at is None or errand.due_at > utc_now():
                    time.sleep(PAUSE)
        except KeyboardInterrupt:
            bar.stop()
            click.echo(f"Interrupted. It goes on in the running service, or: deskmark installations go-on {errand_id}")
            raise SystemExit(INTERRUPTED) from None


def described(errand: Errand) -> Iterator[str]:
    """An errand in lines: where it stands, its counts, what was done and what is left to do by hand."""
    stopped = errand.finished_at is None and errand.due_at is None
    where = "stopped" if stopped else STAGES[errand.stage]
    yield f"Errand {errand.id}, {errand.kind} {errand.helpdesk}: {where}"
    for name, words in COUNTS.items():
        if name in errand.counts:
            yield f"  {errand.counts[name]} {words}"
    for table, number in (errand.counts.get("deleted") or {}).items():
        yield f"  deleted: {number} {table.replace('_', ' ')}"
    yield f"  {errand.calls} API requests"
    for line in errand.counts.get("told") or ():
        yield f"  {'done    ' if line['done'] else 'by hand '}{line['text']}"
    if errand.error:
        yield f"  {errand.error}"


@click.command("errands")
@click.argument("installation")
def list_errands(installation: str) -> None:
    """Show how far writing in bulk, or leaving, has come; INSTALLATION may be gone already."""
    with database(settings()) as opened, opened.read() as session:
        found = errands.of_installation(session, installation)
        failures = {errand.id: errands.failures(session, errand.id) for errand in found}
    for errand in found:
        for line in described(errand):
            click.echo(line)
        for item in failures[errand.id]:
            click.echo(f"  not changed: {item.external_id} ({item.error})")
    if not found:
        click.echo("There was no errand of this installation.")


@click.command("go-on")
@click.argument("errand_id", type=int)
@click.option("--anyway", is_flag=True, help="Leave what failed as it is, instead of trying it again.")
@click.option(
    "--without-helpdesk",
    is_flag=True,
    help="Ask the helpdesk no more, and do the rest; gives up what was to be written.",
)
def go_on(errand_id: int, anyway: bool, without_helpdesk: bool) -> None:
    """Go on with an errand that stopped, waits or was interrupted."""
    given = settings()
    with database(given) as opened:
        with opened.begin() as session:
            errand = errands.get(session, errand_id)
            if errand is None:
                raise click.ClickException(f"there is no errand {errand_id}")
            if errand.finished_at is None and without_helpdesk:
                leaving.without_helpdesk(session, errand, now=utc_now())
            elif errand.finished_at is None and errand.due_at is None:
                leaving.go_on(session, errand, anyway=anyway, now=utc_now())
            details = {"anyway": str(anyway), "without helpdesk": str(without_helpdesk)}
            recorded(session, "resume errand", str(errand_id), errand.installation_id, **details)
        done = see_to(given, opened, errand_id)
    if done is not None and done.finished_at is None:
        raise SystemExit(1)


COMMANDS: tuple[click.Command, ...] = (list_errands, go_on)
"""Everything here, for the group to mount."""
