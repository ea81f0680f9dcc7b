"""The `deskmark` command: a composition root. Every command builds its parts here and hands them on."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import click
from rich.console import Console
from rich.progress import Progress, TaskID

from service.commands.intent_terminal import fit_shown, told_examples
from service.commands.terminal import Moment
from service.commands.terminal import progress as progress_bar
from service.document import DocumentError
from service.files.scores import BadLine, dump, read, scorecards
from service.files.spool import Spool
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM, ModelMissing
from service.policy_document import policy_from_json
from service.scoring.definitions import VERSIONS
from service.scoring.score import DEFINITIONS, Policy

ELSEWHERE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "service.demo.sandbox": ("sandbox",),
        "service.commands.cluster": ("cluster",),
        "service.commands.intents": ("intents",),
        "service.commands.policy": ("policy",),
        "service.commands.gaps": ("gaps", "improvements"),
        "service.commands.rescore": ("rescore",),
        "service.commands.reviews": ("reviews",),
        "service.commands.evaluate": ("evaluate",),
        "service.commands.imports": ("import",),
        "service.commands.backfill": ("backfill",),
        "service.commands.figures": ("figures",),
        "service.commands.export": ("export",),
        "service.commands.reports": ("reports",),
        "service.commands.people": ("people", "keys"),
        "service.commands.doctor": ("doctor",),
        "service.commands.dead": ("dead",),
        "service.commands.backup": ("backup", "restore"),
        "service.commands.running": ("up", "sign-in-link", "migrate", "key"),
        "service.commands.installations": ("installations",),
        "service.commands.apps": ("apps",),
        "service.commands.secrets": ("secrets",),
        "service.commands.erasing": ("erase", "erasures"),
    }
)
"""Commands by the module they are in, imported when one is asked for: `score` needs no web server and no database."""


class Commands(click.Group):
    """The commands of this module and, by name, those of the others."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run as the program: what its parts log is told on standard error, from warnings on."""
        import_module("service.logs").configure_logs("warning", "console")
        return super().__call__(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what stops it from outside is told in a line that says what to do."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            told = import_module("service.commands.faults").fault(error)
            if told is None:
                raise
            raise click.ClickException(told) from error

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names, in the order of a first visit."""
        return ["demo", "score", *(name for names in ELSEWHERE.values() for name in names)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        module = next((module for module, names in ELSEWHERE.items() if cmd_name in names), None)
        if module is None:
            return super().get_command(ctx, cmd_name)
        known: dict[str, click.Command] = {c.name: c for c in import_module(module).COMMANDS}
        return known[cmd_name]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="deskmark")
def main() -> None:
    """Reads support conversations, decides what really happened, and writes the verdict back to the helpdesk."""


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
    "--intents",
    "intents_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='The intent catalog: JSON Lines of {"intent", "text"}, or CSV. Without it no intent is read.',
)
@click.option(
    "--definitions",
    type=click.Choice(list(VERSIONS)),
    default=DEFINITIONS,
    show_default=True,
    help="Version of the definitions (docs/definitions.md).",
)
@click.option(
    "--model-dir",
    envvar="DESKMARK_MODEL_DIR",
    type=click.Path(path_type=Path),
    help="Folder of the text model. Default: the installed one.",
)
def score(
    file: BinaryIO,
    as_of: datetime | None,
    policy_file: Path | None,
    intents_file: Path | None,
    definitions: str,
    model_dir: Path | None,
) -> None:
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
    known, bad_examples = told_examples(intents_file) if intents_file else ([], 0)
    console = Console(stderr=True)
    with Spool() as spool, progress_bar(console) as progress:
        reading = progress.add_task("reading", total=None)
        bad = read(_advancing(file, progress, reading), spool, _tell)
        progress.update(reading, total=spool.count + bad, completed=spool.count + bad)
        try:
            catalog = fit_shown(known, embedder, progress) if known else None
            scoring = progress.add_task("scoring", total=spool.count)
            for card in scorecards(spool, policy, embedder, as_of, catalog, definitions):
                sys.stdout.write(dump(card))
                progress.advance(scoring)
        except ModelMissing as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            sys.exit(1)
    if bad:
        click.echo(f"deskmark: {bad} of {spool.count + bad} lines are not valid, {spool.count} scored", err=True)
    if bad or bad_examples:
        sys.exit(1)


@main.command()
@click.option("--once", is_flag=True, help="Exit after the table: for scripts and CI.")
@click.option("--port", type=click.IntRange(0, 65535), default=8321, show_default=True, help="0 takes a free one.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Keep everything in this folder.")
@click.option("--history/--no-history", default=True, show_default=True, help="Three months before, for the figures.")
def demo(once: bool, port: int, data_dir: Path | None, history: bool) -> None:
    """Show the whole way on a local Zendesk and a local Intercom: signed webhooks in, verdicts written back.

    Needs no account and no server. It says where its pages are and stays up until it is stopped (Ctrl-C, or a signal
    where there is no terminal), so that you can look around; --once ends it after the table. The exit status is 1 when
    an expected write-back is missing.
    """
    runner, embedded = import_module("service.demo.run"), import_module("service.embedded")
    try:
        with runner.temporary_folder(data_dir) as folder:
            status = runner.run(runner.demo_settings(folder, port), console=Console(), stay=not once, history=history)
    except embedded.EmbeddedError as error:
        raise click.ClickException(str(error)) from error
    sys.exit(status)


def _advancing(lines: Iterable[bytes], progress: Progress, task: TaskID) -> Iterator[bytes]:
    for line in lines:
        progress.advance(task)
        yield line


def _tell(line: BadLine) -> None:
    click.echo(f"line {line.number}: {line.reason}", err=True)
