"""The command that derives the history anew: rescore."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import click
from rich.console import Console

from connectors.limiter import Limiter
from service.commands.running import database, settings
from service.commands.terminal import DayOrMoment, progress
from service.language.embedding import CachedEmbedder
from service.language.model import MiniLM, ModelMissing
from service.scoring.definitions import VERSIONS
from service.scoring.score import DEFINITIONS
from service.settings import Settings
from service.store.database import Database
from service.store.rescoring import Scope
from service.store.secrets import SecretBox
from service.store.vectors import StoredVectors
from tasks import recounting
from tasks.rescoring import Progress, rescore
from tasks.runtime import Clients, Runtime, utc_now

INTERRUPTED = 130
"""The exit status of whoever was ended by Ctrl-C."""


class Unannounced:
    """A `tasks.runtime.Queue` that sends nothing: the sweep of the running service announces what is due."""

    def ingest(self, delivery_ids: Iterable[int]) -> None:
        """Not announced."""

    def score(self, conversation_ids: Iterable[str]) -> None:
        """Not announced."""

    def write_back(self, conversation_ids: Iterable[str]) -> None:
        """Not announced."""


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

        runtime = _runtime(given, opened)
        try:
            came = rescore(runtime, Scope(definitions, since), write_back=write_back, anew=restart, tell=tell)
        except ModelMissing as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            bar.stop()
            click.echo("Interrupted. The same command goes on from here.", err=True)
            raise SystemExit(INTERRUPTED) from None
        recounting.recount(runtime)
    click.echo(f"{came.done} conversations under definitions {definitions}.")
    if came.skipped:
        click.echo(f"{came.skipped} were skipped: workers scored them meanwhile.")


def _runtime(given: Settings, opened: Database) -> Runtime:
    """What rescoring needs: the database and the text engine, no helpdesk and no broker."""
    return Runtime(
        settings=given,
        database=opened,
        secrets=SecretBox(given.secret_key.get_secret_value()),
        clients=Clients({}, Limiter()),
        embedder=CachedEmbedder(MiniLM(given.model_dir), StoredVectors(opened, clock=utc_now)),
        queue=Unannounced(),
    )


COMMANDS: tuple[click.Command, ...] = (rescore_command,)
"""Everything here, for the command line to mount."""
