"""deskmark evaluate: how far the scores of this release agree with what reviewers said, measured on their own file."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console
from rich.table import Table as Grid

from service.commands.intent_terminal import fit_shown, told_examples
from service.commands.terminal import Moment
from service.commands.terminal import progress as progress_bar
from service.document import DocumentError
from service.figures.results import Value
from service.figures.wording import interval, number
from service.files.labelled import Compared, Labels
from service.files.scores import BadLine, read, scorecards
from service.files.spool import Spool
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM, ModelMissing
from service.policy_document import policy_from_json
from service.reports.agreement import Table, tables
from service.scoring.definitions import VERSIONS
from service.scoring.score import DEFINITIONS, Policy

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--policy", "policy_file", type=_FILE, help="The policy to score by (docs/policy.schema.json).")
@click.option("--intents", "intents_file", type=_FILE, help="The intent catalog. Without it no intent is read.")
@click.option("--as-of", type=Moment(), help="When the question is asked. Default: the latest time in the input.")
@click.option("--definitions", type=click.Choice(list(VERSIONS)), default=DEFINITIONS, show_default=True)
@click.option(
    "--sample-only", is_flag=True, help="Only labels of the random sample, which speak for all conversations."
)
@click.option("--least", type=click.IntRange(1), default=20, show_default=True, help="Fewest pairs for a number.")
@click.option("--confusion", is_flag=True, help="Show what is confused with what.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
@click.option("--model-dir", envvar="DESKMARK_MODEL_DIR", type=click.Path(path_type=Path), help="The text model.")
def evaluate(  # noqa: PLR0913 - each is an option of the command
    file: BinaryIO,
    policy_file: Path | None,
    intents_file: Path | None,
    as_of: datetime | None,
    definitions: str,
    sample_only: bool,
    least: int,
    confusion: bool,
    as_json: bool,
    model_dir: Path | None,
) -> None:
    """Score the conversations in FILE and compare with the reviews in it, as deskmark reviews export writes them.

    Shows for every score how often Deskmark says what reviewers agree on, and Cohen's kappa, each with its 95 %
    interval and the number of pairs. Run it before and after an upgrade, or with another policy: the file stays.
    """
    try:
        policy = policy_from_json(policy_file.read_bytes()) if policy_file else Policy()
    except DocumentError as error:
        raise click.UsageError(f"{policy_file}: {error}") from error
    embedder = CachedEmbedder(MiniLM(model_dir), MemoryCache())
    known, bad_examples = told_examples(intents_file) if intents_file else ([], 0)
    labels, compared = Labels(sample_only), Compared()
    told: list[BadLine] = []
    with Spool() as spool, progress_bar(Console(stderr=True)) as progress:
        read(labels.taken_from(file, told.append), spool, told.append)
        try:
            catalog = fit_shown(known, embedder, progress) if known else None
            task = progress.add_task("scoring", total=spool.count)
            for card in scorecards(spool, policy, embedder, as_of, catalog, definitions):
                compared.add(labels, card)
                progress.advance(task)
        except ModelMissing as error:
            raise click.ClickException(str(error)) from error
    for line in told:
        click.echo(f"line {line.number}: {line.reason}", err=True)
    found = tables(compared.counts, least=least)
    if as_json:
        click.echo(json.dumps(_document(found, compared, definitions), ensure_ascii=False))
    else:
        _show(found, compared, confusion=confusion)
    if told or bad_examples:
        sys.exit(1)


def _document(found: Sequence[Table], compared: Compared, definitions: str) -> dict[str, object]:
    """Everything that the tables show, in JSON types."""
    return {
        "definitions": definitions,
        "disputed": compared.disputed,
        "not_said": compared.not_said,
        "scores": {
            table.score: {
                "n": table.n,
                "agreement": table.agreement.to_json(),
                "kappa": table.kappa.to_json(),
                "confusion": [
                    {"deskmark": one, "reviewers": other, "n": n} for (one, other), n in sorted(table.counts.items())
                ],
            }
            for table in found
        },
    }


def _show(found: Sequence[Table], compared: Compared, *, confusion: bool) -> None:
    console = Console()
    if not found:
        console.print("No reviews in this file could be compared: deskmark reviews export writes such a file.")
    else:
        grid = Grid("score", "pairs", "agreement", "kappa")
        for table in found:
            grid.add_row(table.score, str(table.n), _words(table.agreement), _words(table.kappa))
        console.print(grid)
    for table in found if confusion else ():
        console.print(_confusion(table))
    if compared.disputed or compared.not_said:
        console.print(
            f"Left out: {compared.disputed} where reviewers contradict each other, "
            f"{compared.not_said} where Deskmark gives no verdict."
        )


def _confusion(table: Table) -> Grid:
    grid = Grid(f"{table.score}: Deskmark", *table.words, title="columns: reviewers", title_justify="left")
    for one in table.words:
        grid.add_row(one, *(str(table.counts.get((one, other), 0)) for other in table.words))
    return grid


def _words(value: Value) -> str:
    if value.value is None:
        return value.note
    ends = interval(value)
    return number(value.value, value.unit) + (f" ({ends})" if ends else "")


COMMANDS: tuple[click.Command, ...] = (evaluate,)
"""Everything here, for the command line to mount."""
