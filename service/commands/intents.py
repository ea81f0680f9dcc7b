"""Commands about intent catalogs: intents import, intents list, intents learn, intents remove."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from service.commands.intent_terminal import fit_shown, told_examples
from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.commands.terminal import progress
from service.language.embedding import CachedEmbedder
from service.language.intent_packing import fitted_by, pack
from service.language.model import MiniLM, ModelMissing
from service.language.plain import one_line
from service.name_lists import finder
from service.reports.learned_intents import learned
from service.reports.proposed_intents import proposed
from service.scoring.score import short
from service.settings import Settings
from service.store import installations
from service.store import intents as store
from service.store.database import Database
from service.store.vectors import StoredVectors
from tasks.runtime import utc_now


@click.group()
def intents() -> None:
    """What customers of a connected helpdesk want: its intents with example messages."""


@intents.command("import")
@click.argument("installation")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Make the file the whole catalog instead of adding to it.")
def import_file(installation: str, file: Path, replace: bool) -> None:
    """Add the examples in FILE to an installation's catalog: JSON Lines of {"intent", "text"}, or CSV.

    A CSV file names its columns in the first line. A line that is not valid is told with its number, does not stop the
    rest, and makes the exit status 1. Conversations are read against the new catalog from now on.
    """
    given = settings()
    known, bad = told_examples(file)
    with database(given) as opened:
        _check(opened, installation)
        with opened.begin() as session:
            put = store.replace if replace else store.add
            count = put(session, installation, known, now=utc_now())
            action = "replace intents" if replace else "import intents"
            recorded(session, action, file.name, installation, examples=str(count))
        click.echo(f"{_many(count, 'example')} {'in the catalog' if replace else 'added'}.")
        _fit(given, opened, installation)
    if bad:
        click.echo(f"deskmark: {bad} of {len(known) + bad} lines are not valid", err=True)
        raise SystemExit(1)


@intents.command("list")
@click.argument("installation")
def list_intents(installation: str) -> None:
    """List the intents of an installation and how many examples each has."""
    with database(settings()) as opened:
        _check(opened, installation)
        with opened.read() as session:
            counts = store.counts(session, installation)
    if not counts:
        click.echo(f"There are no intents. Add some: deskmark intents import {installation} FILE")
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("intent")
    table.add_column("imported", justify="right")
    table.add_column("learned", justify="right")
    for intent, found in counts.items():
        table.add_row(one_line(intent).replace("[", "\\["), str(found.get("imported", 0)), str(found.get("learned", 0)))
    Console().print(table)


@intents.command()
@click.argument("installation")
@click.option("--tag-prefix", "prefixes", multiple=True, help='Tags that name an intent begin so: "intent_".')
def learn(installation: str, prefixes: tuple[str, ...]) -> None:
    """Add the stored conversations whose intent a human has corrected or tagged as examples.

    What was learned from a conversation goes again when the conversation is deleted or opts out.
    """
    given = settings()
    with database(given) as opened:
        _check(opened, installation)
        with opened.read() as session:
            found = list(
                learned(
                    store.documents(session, installation), prefixes=prefixes, names=finder(switched_on=given.pii_names)
                )
            )
        with opened.begin() as session:
            count = store.learn(session, installation, found, now=utc_now())
            recorded(session, "learn intents", installation, installation, examples=str(count))
        click.echo(f"{_many(len(found), 'conversation')} with an intent from a human, {_many(count, 'example')} added.")
        if count:
            _fit(given, opened, installation)


@intents.command()
@click.argument("installation")
@click.option("--days", type=click.IntRange(1), default=90, show_default=True, help="How far back from the latest one.")
def propose(installation: str, days: int) -> None:
    """Group the messages that fit no intent: each group may be one that the catalog lacks.

    To take one in, add its examples to a file and import it: deskmark intents import INSTALLATION FILE
    """
    given = settings()
    with database(given) as opened:
        _check(opened, installation)
        model = CachedEmbedder(MiniLM(given.model_dir), StoredVectors(opened, clock=utc_now))
        with opened.read() as session:
            last = store.last_ended(session, installation)
            if last is None:
                raise click.ClickException("no conversation has ended yet")
            novel = list(store.novel_documents(session, installation, since=last - timedelta(days=days)))
        with opened.begin() as session:
            recorded(session, "look at texts", "intents propose", installation, conversations=str(len(novel)))
        try:
            found = proposed(novel, model, finder(switched_on=given.pii_names))
        except ModelMissing as error:
            raise click.ClickException(str(error)) from error
    until = f"the {days} days up to {last:%Y-%m-%d}"
    click.echo(f"{_many(len(novel), 'conversation')} of {until} fit no intent of the catalog.")
    for one in found:
        click.echo(f"\n{one_line(one.label)}  ({_many(one.size, 'conversation')})")
        for example in one.examples:
            click.echo(f"  {short(one_line(example), 100)}")


@intents.command()
@click.argument("installation")
@click.argument("intent")
def remove(installation: str, intent: str) -> None:
    """Remove an intent with all its examples."""
    given = settings()
    with database(given) as opened:
        _check(opened, installation)
        with opened.begin() as session:
            count = store.remove(session, installation, intent, now=utc_now())
            if not count:
                raise click.ClickException(f"there is no intent {intent}; see deskmark intents list {installation}")
            recorded(session, "remove intent", intent, installation, examples=str(count))
        click.echo(f"{_many(count, 'example')} removed.")
        _fit(given, opened, installation)


def _check(opened: Database, installation: str) -> None:
    """Raises `click.ClickException` when no helpdesk is connected under this id."""
    with opened.read() as session:
        if installations.get(session, installation) is None:
            raise click.ClickException(f"no helpdesk is connected as {installation}; see deskmark installations")


def _fit(given: Settings, opened: Database, installation: str) -> None:
    """Fit the catalog now, with the way shown: workers only load it."""
    model = CachedEmbedder(MiniLM(given.model_dir), StoredVectors(opened, clock=utc_now))
    with opened.read() as session:
        revision = store.revision(session, installation)
        known = store.examples(session, installation)
    if revision is None or not known:
        return
    try:
        with progress(Console(stderr=True)) as shown:
            catalog = fit_shown(known, model, shown)
    except ModelMissing as error:
        raise click.ClickException(str(error)) from error
    with opened.begin() as session:
        store.keep_fitted(session, installation, revision=revision, fitted_by=fitted_by(model.id), fitted=pack(catalog))
    click.echo(f"The catalog has {_many(len(catalog.names), 'intent')} with {_many(len(known), 'example')}.")


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


COMMANDS: tuple[click.Command, ...] = (intents,)
"""Everything here, for the command line to mount."""
