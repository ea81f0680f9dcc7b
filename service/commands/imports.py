"""`deskmark import zendesk|intercom FILE`: a helpdesk's own export as conversation documents, or into a data folder."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, TextIO

import click
from rich.console import Console
from rich.progress import Progress

from connectors import export_files
from connectors.export_files import NoExport, Unreadable
from connectors.exported import Export, LeftOut, NotUsable, Terms
from connectors.registry import export_readers
from connectors.shelf import Shelf
from service.commands.terminal import progress as progress_bar
from service.conversation import Conversation, Role
from service.document import to_document
from service.files.scores import dump

TOLD = 20
"""Bad records that are named one by one; of more, the number is told."""

NAMED = 5
"""Authors of unknown role that are named: those in most conversations."""


@dataclass(slots=True)
class Outcome:
    """What became of the records."""

    written: int = 0
    bad: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    with_unknown: int = 0
    unknown: Counter[str] = field(default_factory=Counter)

    def count_unknown(self, conversation: Conversation) -> None:
        """Count a conversation with messages by whom no record tells, and under those authors."""
        authors = {message.author.id for message in conversation.messages if message.role is Role.UNKNOWN}
        if authors:
            self.with_unknown += 1
            self.unknown.update(author for author in authors if author)

    def tell_authors(self, unmet: Sequence[str]) -> None:
        """Say whose role is not known, which the scores feel, and which bot authors (`unmet`) matched nobody."""
        for name in unmet:
            click.echo(f"warning: --bot-author {name} matches nobody who wrote a message", err=True)
        if self.with_unknown:
            have = "conversation has" if self.with_unknown == 1 else "conversations have"
            most = ", ".join(f"{author} ({count})" for author, count in self.unknown.most_common(NAMED))
            click.echo(
                f"warning: {self.with_unknown} {have} messages by authors of unknown role"
                f"{f', most often {most}' if most else ''}; name those that are bots with --bot-author",
                err=True,
            )

    def tell_bad(self, file: str, number: int, reason: str) -> None:
        """Name a record that cannot be used."""
        self.bad += 1
        if self.bad <= TOLD:
            click.echo(f"{file}: record {number}: {reason}", err=True)
        elif self.bad == TOLD + 1:
            click.echo("... more records cannot be used; they are counted below", err=True)

    def __str__(self) -> str:
        parts = [f"{self.written} conversation{'' if self.written == 1 else 's'}"]
        parts += [f"{count} {why} (left out)" for why, count in sorted(self.left_out.items())]
        if self.bad:
            parts.append(f"{self.bad} record{'' if self.bad == 1 else 's'} not usable")
        return "deskmark: " + ", ".join(parts)


@click.command("import")
@click.argument("helpdesk", type=click.Choice(sorted(export_readers())))
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("-o", "--output", type=click.Path(dir_okay=False, writable=True), help="Default: standard output.")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), help="Store and score in this data folder.")
@click.option("--account", help="Name of the account. Default: what the records say, else 'default'.")
@click.option("--account-group", help="Helpdesks with the same group share their customers.")
@click.option(
    "--bot-author",
    "bot_authors",
    multiple=True,
    metavar="ID|EMAIL",
    help="A bot: author id, or assistant@*. Repeatable.",
)
@click.option("--unended", is_flag=True, help="Also conversations that have not ended yet.")
def import_command(
    helpdesk: str,
    files: Sequence[str],
    output: str | None,
    into: Path | None,
    account: str | None,
    account_group: str | None,
    bot_authors: tuple[str, ...],
    unended: bool,
) -> None:
    """Read FILES of a helpdesk's own export ("-": standard input) and write conversation documents, one a line.

    JSON and JSON Lines, also packed with gzip or zip; docs/export.md says which exports. So this needs no connection:

        deskmark import zendesk export.json | deskmark score -

    A record that cannot be used is named with its number, does not stop the rest, and makes the exit status 1.
    """
    if into is not None and output is not None:
        raise click.UsageError("--into stores the conversations, --output writes them: one of both")
    terms = Terms(account, account_group, bot_authors, unended)
    reader, outcome = export_readers()[helpdesk], Outcome()
    with Shelf() as shelf, progress_bar(Console(stderr=True)) as progress:
        export = reader.begin(shelf, terms)
        for name in files:
            _take(name, reader.lists, export, outcome, progress)
        found = _conversations(export, outcome, progress)
        if into is not None:
            outcome.written = _store(into, found, export, progress)
        else:
            _write(output, found, outcome)
        unmet = export.unmet
    click.echo(str(outcome), err=True)
    outcome.tell_authors(unmet)
    if outcome.bad:
        sys.exit(1)


def _take(name: str, lists: frozenset[str], export: Export, outcome: Outcome, progress: Progress) -> None:
    task = progress.add_task(f"reading {Path(name).name}", total=None)
    with ExitStack() as open_files:
        file = _open(name, open_files)
        try:
            for item in export_files.read(file, lists):
                progress.advance(task)
                if isinstance(item, Unreadable):
                    outcome.tell_bad(name, item.number, item.reason)
                    continue
                try:
                    export.take(item.value)
                except NotUsable as error:
                    outcome.tell_bad(name, item.number, str(error))
        except NoExport as error:
            raise click.ClickException(f"{name}: {error}") from error
        except OSError as error:
            outcome.tell_bad(name, 0, f"the file ends early or is damaged: {error}")


def _open(name: str, open_files: ExitStack) -> BinaryIO:
    return sys.stdin.buffer if name == "-" else open_files.enter_context(Path(name).open("rb"))


def _conversations(export: Export, outcome: Outcome, progress: Progress) -> Iterator[Conversation]:
    task = progress.add_task("conversations", total=len(export))
    for found in export.conversations():
        progress.advance(task)
        if isinstance(found, LeftOut):
            outcome.left_out[found.why] += 1
        else:
            outcome.count_unknown(found)
            yield found


def _private(path: Path) -> TextIO:
    """A file for texts of customers: only its owner may read it, unless it was there and others could."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")


def _write(output: str | None, found: Iterator[Conversation], outcome: Outcome) -> None:
    with ExitStack() as open_files:
        file: TextIO = sys.stdout
        try:
            if output is not None:
                file = open_files.enter_context(_private(Path(output)))
            for conversation in found:
                file.write(dump(to_document(conversation)))
                outcome.written += 1
            file.flush()
        except BrokenPipeError:
            # Whoever reads us has enough; Python would complain once more when it closes standard output.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except OSError as error:
            raise click.ClickException(f"{output or 'standard output'}: {error.strerror or error}") from error


def _store(into: Path, found: Iterator[Conversation], export: Export, progress: Progress) -> int:
    """Store all, then score all: each is the others' history. The number stored."""
    # Neither a database nor the service's settings are needed to convert a file.
    from service.commands.recorded import recorded  # noqa: PLC0415
    from service.embedded import own_settings  # noqa: PLC0415
    from service.logs import configure_logs  # noqa: PLC0415
    from service.store.database import Database, migrate  # noqa: PLC0415
    from tasks import gaps, importing  # noqa: PLC0415
    from tasks.alone import alone  # noqa: PLC0415

    configure_logs("warning")
    settings = own_settings(data_dir=into)
    migrate(settings.database)
    with closing(Database(settings.database)) as database:
        runtime = alone(settings, database)
        try:
            stored = importing.store(runtime, found, export.names)
            with database.begin() as session:
                recorded(session, "import conversations", str(into), conversations=str(len(stored)))
        except importing.ConnectedAlready as error:
            raise click.ClickException(str(error)) from error
        task = progress.add_task("scoring", total=len(stored))
        importing.score(runtime, stored, partial(progress.advance, task))
        gaps.group(runtime)
    return len(stored)


COMMANDS: tuple[click.Command, ...] = (import_command,)
"""Everything here, for the command line to mount."""
