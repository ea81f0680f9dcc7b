"""The `deskmark` command: a composition root. Every command builds its parts here and hands them on."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from service.document import DocumentError, policy_from_json
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM, ModelMissing
from service.score_file import BadLine, dump, read, scorecards
from service.scoring.score import Policy
from service.spool import Spool


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="deskmark")
def main() -> None:
    """Reads support conversations, decides what really happened, and writes the verdict back to the helpdesk."""


class Moment(click.ParamType):
    """An ISO 8601 time with an offset."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """`value` in UTC; a usage error when it has no offset."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no ISO 8601 time such as 2026-01-22T10:39:00Z", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no offset; write 2026-01-22T10:39:00Z or ...+01:00", param, ctx)
        return moment.astimezone(UTC)


@main.command()
@click.argument("file", type=click.File("rb"))
@click.option("--as-of", type=Moment(), help="When the question is asked. Default: the latest time in the input.")
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Windows, thresholds and bot authors, as JSON (docs/policy.schema.json).",
)
@click.option(
    "--model-dir",
    envvar="DESKMARK_MODEL_DIR",
    type=click.Path(path_type=Path),
    help="Folder of the text model. Default: the installed one.",
)
def score(file: BinaryIO, as_of: datetime | None, policy_file: Path | None, model_dir: Path | None) -> None:
    """Score the conversations in FILE ("-": standard input), one JSON document a line (docs/conversation.schema.json).

    Scorecards go to standard output, one a line in input order, once the last line is read: the conversations of one
    file are each other's history. A line that is not valid is told on standard error with its number, does not stop
    the rest, and makes the exit status 1.
    """
    try:
        policy = policy_from_json(policy_file.read_bytes()) if policy_file else Policy()
    except DocumentError as error:
        raise click.UsageError(f"{policy_file}: {error}") from error
    embedder = CachedEmbedder(MiniLM(model_dir), MemoryCache())
    console = Console(stderr=True)
    with Spool() as spool, _progress(console) as progress:
        reading = progress.add_task("reading", total=None)
        bad = read(_advancing(file, progress, reading), spool, _tell)
        progress.update(reading, total=spool.count + bad, completed=spool.count + bad)
        scoring = progress.add_task("scoring", total=spool.count)
        try:
            for card in scorecards(spool, policy, embedder, as_of):
                sys.stdout.write(dump(card))
                progress.advance(scoring)
        except ModelMissing as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            sys.exit(1)
    if bad:
        click.echo(f"deskmark: {bad} of {spool.count + bad} lines are not valid, {spool.count} scored", err=True)
        sys.exit(1)


def _progress(console: Console) -> Progress:
    """A bar on a terminal, nothing anywhere else."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _advancing(lines: Iterable[bytes], progress: Progress, task: TaskID) -> Iterator[bytes]:
    for line in lines:
        progress.advance(task)
        yield line


def _tell(line: BadLine) -> None:
    click.echo(f"line {line.number}: {line.reason}", err=True)
