"""The command that derives the history anew: rescore."""

from __future__ import annotations

from datetime import datetime

import click
from rich.console import Console

from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.commands.terminal import DayOrMoment, progress
from service.language.model import ModelMissing
from service.scoring.definitions import VERSIONS
from service.scoring.score import DEFINITIONS
from service.store import rescoring
from service.store.rescoring import Scope
from tasks import recounting
from tasks.alone import alone
from tasks.rescoring import Progress, rescore

INTERRUPTED = 130
"""The exit status of whoever was ended by Ctrl-C."""


@click.command("rescore")
@click.option("--definitions", type=click.Choice(list(VERSIONS)), default=DEFINITIONS, show_default=True)
@click.option("--since", type=DayOrMoment(), help="Only conversations that ended then or later.  [default: all]")
@click.option(
    "--write-back", is_flag=True, help="Also bring what changed to the helpdesks, through the running service."
)
@click.option("--restart", is_flag=True, help="Begin anew where an earlier run was broken off.")
def rescore_command(definitions: str, since: datetime | None, write_back: bool, restart: bool) -> None:
    """Judge all stored conversations anew, from what is stored, under a version of the definitions.

    No helpdesk is asked. Cards and facts of other versions stay. It can run beside the service and can be interrupted:
    the same command goes on where it was. Figures show the new verdicts at once.
    """
    given = settings()
    console = Console(stderr=True)
    with database(given) as opened, progress(console) as bar:
        task = bar.add_task("rescoring", total=None)

        def tell(now: Progress) -> None:
            bar.update(task, completed=now.done, total=now.total)

        with opened.begin() as session:
            back = "yes" if write_back else "no"
            recorded(
                session,
                "rescore",
                "all" if since is None else f"since {since:%Y-%m-%d %H:%M}",
                definitions=definitions,
                write_back=back,
            )
        runtime = alone(given, opened)
        try:
            came = rescore(runtime, Scope(definitions, since), write_back=write_back, anew=restart, tell=tell)
        except ModelMissing as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            bar.stop()
            click.echo("Interrupted. The same command goes on from here.", err=True)
            raise SystemExit(INTERRUPTED) from None
        recounting.recount(runtime)
        with opened.read() as session:
            gone = rescoring.without_text(session, Scope(definitions, since))
    click.echo(f"{came.done} conversations under definitions {definitions}.")
    if gone:
        click.echo(f"{gone} were left as they are: their text was dropped, so there is nothing to judge.")
    if came.skipped:
        click.echo(f"{came.skipped} were skipped: workers scored them meanwhile.")


COMMANDS: tuple[click.Command, ...] = (rescore_command,)
"""Everything here, for the command line to mount."""
