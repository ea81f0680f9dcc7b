"""`deskmark cluster`: messages grouped by what they are about."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console
from rich.progress import Progress, TaskID

from service.commands.terminal import progress as progress_bar
from service.files.clusters import StateFault, clustered, load, read, save
from service.files.scores import BadLine, dump
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM, ModelMissing


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option(
    "--state",
    "state_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the groups in this file: they keep their ids from run to run. Made when it is not there.",
)
@click.option(
    "--model-dir",
    envvar="DESKMARK_MODEL_DIR",
    type=click.Path(path_type=Path),
    help="Folder of the text model. Default: the installed one.",
)
def cluster(file: BinaryIO, state_file: Path | None, model_dir: Path | None) -> None:
    """Group the messages in FILE ("-": standard input) by what they are about: lines {"id", "text"}.

    Lines {"id", "cluster", "label"} go to standard output in input order; how many groups there are is decided here,
    and the label is the group's most telling words. A line that is not valid is told on standard error with its
    number, does not stop the rest, and makes the exit status 1.
    """
    model = MiniLM(model_dir)
    faults: list[BadLine] = []
    with progress_bar(Console(stderr=True)) as progress:
        reading = progress.add_task("reading", total=None)
        try:
            state = load(state_file, model.issue_id)
            messages = read(_advancing(file, progress, reading), faults.append)
            rows, state = clustered(messages, state, CachedEmbedder(model, MemoryCache()))
            if state_file and messages:
                save(state_file, state)
        except (ModelMissing, StateFault) as error:
            raise click.ClickException(str(error)) from error
    for fault in faults:
        click.echo(f"line {fault.number}: {fault.reason}", err=True)
    try:
        for row in rows:
            sys.stdout.write(dump(row))
    except BrokenPipeError:
        sys.exit(1)
    if faults:
        told = f"{len(faults)} of {len(messages) + len(faults)} lines are not valid, {len(messages)} grouped"
        click.echo(f"deskmark: {told}", err=True)
        sys.exit(1)


def _advancing(lines: Iterable[bytes], progress: Progress, task: TaskID) -> Iterator[bytes]:
    for line in lines:
        progress.advance(task)
        yield line


COMMANDS = (cluster,)
