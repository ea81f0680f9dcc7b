"""`deskmark dead`: what was given up, as on the operations page: list it, look at one, replay or drop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import click

from service.commands.running import database, settings
from service.settings import Settings
from service.store import audit
from service.store import dead as store
from service.store.database import Database
from service.store.failures import INGEST
from service.store.work import SCORING
from tasks.celery_app import CeleryQueue, publisher
from tasks.runtime import utc_now

KIND = click.Choice(store.KINDS)


@click.group()
def dead() -> None:
    """What was given up: deliveries not taken in, conversations not scored or not written back."""


@dead.command("list")
@click.option("--work", "kind", type=KIND, help="Only this kind of work, one by one.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many with --work.")
def show_all(kind: str | None, limit: int) -> None:
    """What was given up, by error; with --work one by one, the latest first."""
    with database(settings()) as opened, opened.read() as session:
        if kind is None:
            found = store.groups(session)
            for group in found:
                click.echo(f"{group.count:>6}  {group.work:<10}  {group.error or 'no error was kept'}")
        else:
            rows = store.listing(session, kind, limit=limit)
            for row in rows:
                click.echo(f"{row.id}  {row.connector} {row.external_id}  attempts {row.attempts}  {row.error}")
            found = store.groups(session) if not rows else []
    if kind is None and not found:
        click.echo("Nothing was given up.")


@dead.command()
@click.argument("kind", type=KIND, metavar="WORK")
@click.argument("name", metavar="ID")
def show(kind: str, name: str) -> None:
    """One piece of dead work: its error, its attempts and where they failed. WORK: ingest, score or write_back."""
    with database(settings()) as opened, opened.read() as session:
        found = store.find(session, kind, name)
        if found is None:
            raise click.ClickException(f"{name} was not given up in {kind}; see deskmark dead list --work {kind}")
        row = found.dead
        click.echo(f"{row.work} {row.id}: {row.connector} {row.account} {row.external_id}")
        click.echo(f"error: {row.error or 'none was kept'}\nattempts: {row.attempts}\ntrace: {row.trace or 'none'}")
        for each in found.history:
            who = f" by {each.actor}" if each.actor else ""
            click.echo(f"{each.at:%Y-%m-%d %H:%M:%S} UTC  {each.happened}{who}  attempt {each.attempts}  {each.error}")
            for frame in each.frames or ():
                click.echo(f"    {frame}")


@dead.command()
@click.argument("kind", type=KIND, metavar="WORK")
@click.argument("names", metavar="ID", nargs=-1)
@click.option("--error", help="All of this error, as `deskmark dead list` prints it.")
def replay(kind: str, names: tuple[str, ...], error: str | None) -> None:
    """Start work anew that was given up, once its cause is mended. WORK: ingest, score or write_back."""
    given = settings()
    with database(given) as opened:
        started = _decide(opened, given, kind, names, error, drop=False)
    _announce(given, kind, started)
    click.echo(f"Started anew: {len(started)}.")


@dead.command()
@click.argument("kind", type=KIND, metavar="WORK")
@click.argument("names", metavar="ID", nargs=-1)
@click.option("--error", help="All of this error, as `deskmark dead list` prints it.")
def drop(kind: str, names: tuple[str, ...], error: str | None) -> None:
    """Put work aside for good; a later webhook begins afresh. WORK: ingest, score or write_back."""
    given = settings()
    with database(given) as opened:
        click.echo(f"Put aside: {len(_decide(opened, given, kind, names, error, drop=True))}.")


def _decide(
    opened: Database, given: Settings, kind: str, names: Sequence[str], error: str | None, *, drop: bool
) -> list[store.Dead]:
    if bool(names) == (error is not None):
        raise click.UsageError("name conversations or deliveries by their ids, or all of an error with --error")
    by = store.Deciding(audit.COMMAND_LINE, utc_now(), given.hold if given.redis_url else timedelta(0))
    with opened.begin() as session:
        ids = names or [row.id for row in store.listing(session, kind, error=error, limit=store.MOST)]
        done = (store.drop if drop else store.replay)(session, kind, ids, by)
    if not done:
        raise click.ClickException(f"none of these was given up in {kind}; see deskmark dead list")
    return done


def _announce(given: Settings, kind: str, started: Sequence[store.Dead]) -> None:
    """Where no broker is set (`deskmark up` has its own) the sweep announces it within seconds."""
    if not given.redis_url:
        return
    queue = CeleryQueue(publisher(given))
    if kind == INGEST:
        queue.ingest([int(row.id) for row in started])
    elif kind == SCORING.name:
        queue.score([row.id for row in started])
    else:
        queue.write_back([row.id for row in started])


COMMANDS: tuple[click.Command, ...] = (dead,)
"""Everything here, for the command line to mount."""
