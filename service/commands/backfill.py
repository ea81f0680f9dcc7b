"""`deskmark backfill`: the history of a connected helpdesk, by the running service or, where none runs, right here."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from sqlalchemy.orm import Session

from connectors.limiter import Limiter
from connectors.registry import connectors
from service.commands.installations.finding import helpdesk
from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.commands.terminal import DayOrMoment
from service.language.model import ModelMissing
from service.reports.backfill import Standing, standing
from service.settings import Settings
from service.store import backfills
from service.store.backfill_models import BackfillState
from service.store.backfills import BackfillRefused
from service.store.database import Database
from service.store.models import Installation
from tasks import backfilling
from tasks.alone import alone
from tasks.runtime import Clients, utc_now

LOOK = 1.0
PATIENCE = 12.0
"""Seconds in which a worker takes a backfill up if there is one: beat asks for it every five."""

LATEST = timedelta(minutes=2)
"""Helpdesks export nothing of the last minute."""

INTERRUPTED = 130


class Share(click.ParamType[int]):
    """A percentage such as 50%."""

    name = "percent"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """`value` as a whole number from 1 to 100."""
        number = str(value).removesuffix("%")
        if not (number.isdecimal() and number.isascii() and 1 <= int(number) <= 100):
            self.fail(f"{value!r} is no share such as 50%, from 1% to 100%", param, ctx)
        return int(number)


@click.command("backfill")
@click.argument("installation")
@click.option("--since", type=DayOrMoment(), help="Conversations that ended then or later.")
@click.option("--until", type=DayOrMoment(), help="... and before this.  [default: now]")
@click.option("--share", type=Share(), default="50%", show_default=True, help="Of the helpdesk's API limits, at most.")
@click.option("--resume", is_flag=True, help="Go on with one that was paused or has failed.")
@click.option("--stop", is_flag=True, help="Pause the one that runs; --resume goes on where it was.")
@click.option("--drop", is_flag=True, help="Give up the rest and forget what was read of it; what is stored stays.")
@click.option("--status", is_flag=True, help="Tell how far it has come.")
def backfill_command(
    installation: str,
    since: datetime | None,
    until: datetime | None,
    share: int,
    resume: bool,
    stop: bool,
    drop: bool,
    status: bool,
) -> None:
    """Read and score the history of a connected helpdesk. Nothing is written to it.

    The workers of the running service do it, behind everything that is live. Where none takes it up within some
    seconds, this command does it by itself. Either way it can be killed at any time and goes on where it was.
    """
    asked = [name for name, given in (("--since", since), ("--resume", resume), ("--stop", stop), ("--drop", drop),
                                      ("--status", status)) if given]  # fmt: skip
    if len(asked) != 1:
        raise click.UsageError("name one of --since, --resume, --stop, --drop and --status")
    given = settings()
    with database(given) as opened:
        with opened.begin() as session:
            row = helpdesk(session, installation)
            try:
                _ask(session, row, asked[0], since=since, until=until, share=share)
            except BackfillRefused as error:
                raise click.ClickException(str(error)) from error
        if asked[0] in ("--since", "--resume"):
            _follow(given, opened, installation)
        with opened.read() as session:
            _report(standing(session, installation))


def _ask(
    session: Session, row: Installation, what: str, *, since: datetime | None, until: datetime | None, share: int
) -> None:
    now = utc_now()
    details = {}
    if what == "--status":
        return
    if since is not None:
        latest = now - LATEST
        until = min(until or latest, latest)
        if since >= until:
            raise click.UsageError("--since must lie before --until, and both in the past")
        backfills.begin(session, row.id, since=since, until=until, share=share, now=now)
        details = {"since": since.isoformat(), "until": until.isoformat(), "share": f"{share}%"}
    elif what == "--resume":
        backfills.resume(session, row.id, now=now)
    elif what == "--stop":
        backfills.pause(session, row.id, now=now)
    elif not backfills.drop(session, row.id):
        raise BackfillRefused("there is no backfill of it")
    word = {"--since": "begin", "--resume": "resume", "--stop": "pause", "--drop": "drop"}[what]
    recorded(session, f"{word} backfill", row.id, row.id, **details)


def _follow(given: Settings, opened: Database, installation_id: str) -> None:
    """Show how it comes on; do it here when for some seconds nobody takes it up."""
    free_since: float | None = None
    with Bar() as bar:
        try:
            while _look(opened, installation_id, bar):
                free_since = (free_since or time.monotonic()) if _is_free(opened, installation_id) else None
                if free_since is not None and time.monotonic() - free_since > PATIENCE:
                    bar.say("No worker takes it up: this command does it by itself.")
                    _do_alone(given, opened, installation_id, bar)
                time.sleep(LOOK)
        except KeyboardInterrupt:
            bar.say(
                "Interrupted. A running service goes on with it; without one: "
                f"deskmark backfill {installation_id} --resume"
            )
            raise SystemExit(INTERRUPTED) from None
        except ModelMissing as error:
            raise click.ClickException(str(error)) from error


def _is_free(opened: Database, installation_id: str) -> bool:
    """Whether anybody could take it up now. Whoever was killed holds it for some minutes yet."""
    with opened.read() as session:
        return installation_id in backfills.workable(session, now=utc_now())


def _do_alone(given: Settings, opened: Database, installation_id: str, bar: Bar) -> None:
    """Limits are shared with whoever else uses the broker that is named; where none is, nobody else is running."""
    limiter = Limiter(given.redis_url) if given.redis_url else Limiter()
    limiter.budgets()  # Raises where the broker is away: nobody may call then, and this would wait for ever.
    runtime = replace(alone(given, opened), clients=Clients(connectors(), limiter, local=given.local_helpdesks))

    def tell() -> None:
        _look(opened, installation_id, bar)

    def wait(seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            tell()
            time.sleep(min(LOOK, left))

    backfilling.alone(runtime, installation_id, wait=wait, tell=tell)


def _look(opened: Database, installation_id: str, bar: Bar) -> bool:
    """Bring the bar up to date; whether the backfill still runs."""
    with opened.read() as session:
        now = standing(session, installation_id)
    if now is not None:
        bar.show(now)
    return now is not None and now.state == BackfillState.RUNNING


class Bar:
    """Progress on a terminal, nothing but words anywhere else."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[more]}"),
        )
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task: TaskID = self._progress.add_task("history", total=None, more="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, now: Standing) -> None:
        """How far it has come."""
        more = ", ".join(short(now))
        self._progress.update(self._task, completed=now.done, total=now.found or None, more=more)

    def say(self, words: str) -> None:
        """A line that stays."""
        self._progress.stop()
        click.echo(words, err=True)
        self._progress.start()


def short(now: Standing) -> list[str]:
    """Rate, time left and what is waited for, in few words."""
    said = []
    if now.per_minute is not None:
        said.append(f"{now.per_minute:.0f}/min")
    if now.left is not None:
        said.append(f"{minutes(now.left)} left")
    if now.wait_until is not None and now.state == BackfillState.RUNNING:
        said.append(f"waiting until {now.wait_until:%H:%M:%S} UTC")
    return said


def minutes(span: timedelta) -> str:
    """A span as people say it.

    >>> minutes(timedelta(seconds=40)), minutes(timedelta(minutes=89)), minutes(timedelta(hours=30))
    ('1 min', '89 min', '30 h')
    """
    whole = max(1, round(span / timedelta(minutes=1)))
    return f"{whole} min" if whole < 120 else f"{round(span / timedelta(hours=1))} h"


def _report(now: Standing | None) -> None:
    if now is None:
        click.echo("There is no backfill of it.")
        return
    click.echo(f"{now.state}: {now.since:%Y-%m-%d %H:%M} to {now.until:%Y-%m-%d %H:%M} UTC, {now.share}% of the limits")
    click.echo(f"  {now.done} of {now.found} conversations that were found")
    for words, number in now.told:
        click.echo(f"  {number:>8} {words}")
    if now.calls_each is not None:
        click.echo(f"  {now.calls:>8} requests, {now.calls_each:.3f} for each conversation")
    if now.unscored:
        click.echo(f"  {now.unscored:>8} wait to be scored")
    if said := short(now):
        click.echo(f"  {', '.join(said)}")
    if now.error:
        click.echo(f"  {now.error}")
    if now.state == BackfillState.FAILED:
        raise SystemExit(1)


COMMANDS: tuple[click.Command, ...] = (backfill_command,)
"""Everything here, for the command line to mount."""
