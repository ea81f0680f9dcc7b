"""`deskmark figures`: figures over many conversations, from the service's database or from a file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import click
from rich.console import Console

from connectors.shelf import Shelf
from service.commands.running import database, figure_settings, settings
from service.commands.terminal import Day
from service.commands.terminal import progress as progress_bar
from service.figures.catalogue import ALL_FIGURES, Figure, Maturity
from service.figures.fact import DIMENSIONS
from service.files.facts import FactFile
from service.files.scores import BadLine
from service.files.spool import Spool
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM, ModelMissing
from service.reports.figures import DAYS, Question, answers, to_json
from service.reports.sources import OfFile, Stored
from service.reports.table import show, write_csv
from service.scoring.definitions import VERSIONS
from service.scoring.score import DEFINITIONS, Policy
from service.store import installations
from service.store.figures import Period
from tasks.runtime import utc_now

PERIODS = tuple(period.value for period in Period if period is not Period.WHOLE)
NAMES = tuple(figure.name for figure in ALL_FIGURES)
STAGES = tuple(stage.value for stage in Maturity)


class Filter(click.ParamType[tuple[str, str | None]]):
    """A dimension and a value, such as channel=email; nothing behind the sign means "none"."""

    name = "dimension=value"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str | None]:
        """The two sides; a usage error for an unknown dimension."""
        name, sign, wanted = str(value).partition("=")
        if not sign or name not in DIMENSIONS:
            self.fail(f"{value!r} is not one of {', '.join(DIMENSIONS)} with = and a value", param, ctx)
        return name, wanted or None


@click.command()
@click.argument("file", required=False, type=click.File("rb"))
@click.option("--conversations", type=click.File("rb"), help="The conversations of the scorecards in FILE.")
@click.option("--figure", "chosen", multiple=True, type=click.Choice(NAMES), help="This one, in full. Repeatable.")
@click.option("--maturity", type=click.Choice(STAGES), help="Only what a team of this maturity looks at.")
@click.option("--by", type=click.Choice(PERIODS), help="One answer for each day, week or month.")
@click.option("--dimension", type=click.Choice(DIMENSIONS), help="One answer for each value.")
@click.option("--filter", "filters", multiple=True, type=Filter(), help="Only these conversations. Repeatable.")
@click.option("--since", type=Day(), help=f"First day, UTC. Default: {DAYS} days up to --until.")
@click.option("--until", type=Day(), help="Last day, UTC. Default: the latest day with a scored conversation.")
@click.option("--installation", "given", multiple=True, help="Id, or helpdesk, or account. Repeatable. Default: all.")
@click.option("--definitions", default=DEFINITIONS, show_default=True, type=click.Choice(tuple(VERSIONS)))
@click.option("--format", "form", default="table", type=click.Choice(("table", "csv", "json")), show_default=True)
def figures(**given: Any) -> None:
    """Show figures over many conversations: how many, n and 95 % interval with each (docs/figures.md).

    They come from the service's database; with FILE ("-": standard input) from conversation documents, scored here if
    they are not yet, or from scorecards whose conversations --conversations names:

        deskmark import zendesk export.json | deskmark figures -
    """
    asked = Asked(**given)
    if asked.file is None and asked.conversations is not None:
        raise click.UsageError("--conversations belongs to a FILE of scorecards")
    if asked.file is not None and asked.given:
        raise click.UsageError("--installation chooses in the database; use --filter account=... for a file")
    with _source(asked) as (source, bad):
        _print(_question(asked, source.last_day()), source, asked.form, whole=bool(asked.chosen))
    if bad:
        sys.exit(1)


@dataclass(frozen=True, slots=True)
class Asked:
    """The options as they were typed."""

    file: BinaryIO | None
    conversations: BinaryIO | None
    chosen: tuple[str, ...]
    maturity: str | None
    by: str | None
    dimension: str | None
    filters: tuple[tuple[str, str | None], ...]
    since: date | None
    until: date | None
    given: tuple[str, ...]
    definitions: str
    form: str


def _question(asked: Asked, newest: date | None) -> Question:
    """The last `DAYS` days with anything in them, unless days are named."""
    last = asked.until or newest
    if last is None:
        raise click.ClickException(f"there is nothing to count yet under definitions {asked.definitions}")
    since = asked.since or last - timedelta(days=DAYS - 1)
    if since > last:
        raise click.UsageError("--since lies after --until")
    return Question(
        since=since,
        until=last + timedelta(days=1),
        figures=tuple(figure for figure in ALL_FIGURES if _is_asked_for(figure, asked)),
        period=Period(asked.by) if asked.by else Period.WHOLE,
        dimension=asked.dimension,
        filters=dict(asked.filters),
        definitions=asked.definitions,
    )


def _is_asked_for(figure: Figure, asked: Asked) -> bool:
    """Each stage of maturity adds to what the one before it shows."""
    if asked.chosen:
        return figure.name in asked.chosen
    return asked.maturity is None or STAGES.index(figure.maturity) <= STAGES.index(asked.maturity)


def _print(question: Question, source: Stored | OfFile, form: str, *, whole: bool) -> None:
    found = answers(question, source)
    if form == "json":
        click.echo(
            json.dumps(
                to_json(question, found, least=source.least, labels=source.labels()), ensure_ascii=False, indent=2
            )
        )
        return
    if form == "csv":
        write_csv(sys.stdout, question, found, source.labels())
        return
    counted = source.tallies(question.since, question.until, Period.WHOLE, None, question.filters)
    many = sum(tally.count("conversations") for tally in counted.values())
    console = Console(highlight=False)
    last = question.until - timedelta(days=1)
    days = f"{question.since} to {last} (UTC)"
    console.print(f"Definitions {question.definitions}, {days}, {many} episodes", style="bold")
    console.print("Each value with its 95 % interval and the number of cases it rests on.", style="dim")
    show(console, question, found, whole=whole, labels=source.labels())


@contextmanager
def _source(asked: Asked) -> Iterator[tuple[Stored | OfFile, int]]:
    """Where to count, and how many lines of the file could not be used."""
    if asked.file is not None:
        yield _of_file(asked.file, asked.conversations, asked.definitions)
        return
    given = settings()
    with database(given) as opened, opened.read() as session:
        try:
            ids = installations.named(session, asked.given) if asked.given else None
        except installations.UnknownInstallation as error:
            raise click.ClickException(f"{error}; see deskmark installations") from error
        yield Stored(session, asked.definitions, ids, utc_now(), given.prices, given.fewest_cases), 0


def _of_file(file: BinaryIO, conversations: BinaryIO | None, definitions: str) -> tuple[OfFile, int]:
    given = figure_settings()
    counted = OfFile(given.prices, given.fewest_cases)
    with Spool() as spool, Shelf() as shelf, progress_bar(Console(stderr=True)) as progress:
        taken = FactFile(spool, shelf, Policy(), definitions, _tell)
        for each in filter(None, (file, conversations)):
            taken.read(each)
        taken.finish()
        task = progress.add_task("counting", total=taken.count)
        try:
            for facts in taken.facts(
                CachedEmbedder(
                    MiniLM(Path(model) if (model := os.environ.get("DESKMARK_MODEL_DIR")) else None), MemoryCache()
                )
            ):
                counted.add(facts)
                progress.advance(task)
        except ModelMissing as error:
            raise click.ClickException(str(error)) from error
    if counted.undated:
        click.echo(f"deskmark: {counted.undated} episodes have no time and cannot be counted by days", err=True)
    return counted, taken.bad


def _tell(line: BadLine) -> None:
    click.echo(f"line {line.number}: {line.reason}", err=True)


COMMANDS: tuple[click.Command, ...] = (figures,)
"""Everything here, for the command line to mount."""
