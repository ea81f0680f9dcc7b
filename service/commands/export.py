"""`deskmark export`: stored conversations with all their scores, as JSON Lines, CSV or Parquet."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console
from sqlalchemy.orm import Session

from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.commands.terminal import Day
from service.commands.terminal import progress as progress_bar
from service.files.export_writing import WRITERS, Format, PackageMissing, UnknownEnding, Writer, format_of, whole_file
from service.language.known_names import NameFinder
from service.masked import Pseudonyms, masked, without_people
from service.name_lists import finder
from service.scoring.definitions import VERSIONS
from service.store import exports, installations
from service.store.exports import Scored, Wanted

FORMATS = tuple(each.value for each in Format)


@click.command("export")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: standard output.")
@click.option(
    "--format", "chosen", type=click.Choice(FORMATS), help="Default: what the output's name says, else jsonl."
)
@click.option("--since", type=Day(), help="First day, UTC: conversations that ended on it or later.")
@click.option("--until", type=Day(), help="Last day, UTC.")
@click.option("--installation", "given", multiple=True, help="Id, or helpdesk, or account. Repeatable. Default: all.")
@click.option("--definitions", type=click.Choice(tuple(VERSIONS)), help="Default: what each was scored under last.")
@click.option("--with-personal-data", is_flag=True, help="Texts and people as they are, nothing masked.")
def export_command(
    output: Path | None,
    chosen: str | None,
    since: date | None,
    until: date | None,
    given: tuple[str, ...],
    definitions: str | None,
    with_personal_data: bool,
) -> None:
    """Write stored conversations with all their scores, one row a conversation (docs/export.md).

    JSON Lines holds the whole conversation and its scorecard, and `deskmark score -` reads it; CSV and Parquet hold a
    column for every score's verdict, value and confidence. Personal data is masked unless you ask for it.
    """
    try:
        kind = Format(chosen) if chosen else format_of(output) or Format.JSONL
    except UnknownEnding as error:
        raise click.UsageError(f"{output}: {error}, or say which with --format") from error
    if kind is Format.PARQUET and output is None:
        raise click.UsageError("Parquet is no text: name a file with --output")
    own = settings()
    names = finder(switched_on=own.pii_names)
    pseudonyms = None if with_personal_data else Pseudonyms.under(own.pseudonym_secret)
    with database(own) as opened, progress_bar(Console(stderr=True)) as progress:
        with opened.read() as session:
            try:
                wanted = Wanted(since, until, installations.named(session, given), definitions)
            except installations.UnknownInstallation as error:
                raise click.ClickException(f"{error}; see deskmark installations") from error
            task = progress.add_task("exporting", total=exports.count(session, wanted))
        with opened.begin() as session:
            _record(session, wanted, kind, with_personal_data)
        written = 0
        with _writer(output, kind) as writer:
            for found in exports.scored(opened, wanted):
                writer.write(found if pseudonyms is None else _masked(found, pseudonyms, kind, names))
                written += 1
                progress.advance(task)
    shown = "with personal data" if with_personal_data else "personal data masked"
    click.echo(f"deskmark: {written} conversation{'' if written == 1 else 's'}, {shown}", err=True)


def _record(session: Session, wanted: Wanted, kind: Format, with_personal_data: bool) -> None:
    """Before the first row is written: whoever breaks it off has seen some. Flat rows hold no text."""
    texts = kind is Format.JSONL
    action = "export transcripts" if texts else "export scores"
    days = f"{wanted.since or '...'} to {wanted.until or '...'}"
    shown = str(with_personal_data).lower()
    for installation in wanted.installation_ids or (None,):
        recorded(session, action, days, installation, format=kind.value, personal_data=shown)


def _masked(found: Scored, pseudonyms: Pseudonyms, kind: Format, names: NameFinder) -> Scored:
    """The conversation and all its cards, masked. A flat row shows no text, so there none has to be looked at."""
    if kind is not Format.JSONL:
        return replace(found, document=without_people(found.document, pseudonyms, names))
    pairs = [masked(found.document, card, pseudonyms, names) for card in found.cards]
    return replace(found, document=pairs[-1][0], cards=[card for _, card in pairs if card is not None])


@contextmanager
def _writer(output: Path | None, kind: Format) -> Iterator[Writer]:
    try:
        if output is None:
            with _standard_output() as file:
                yield from _finished(WRITERS[kind](file))
        else:
            with whole_file(output) as file:
                yield from _finished(WRITERS[kind](file))
    except PackageMissing as error:
        raise click.ClickException(str(error)) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror or error}") from error


def _finished(writer: Writer) -> Iterator[Writer]:
    yield writer
    writer.finish()


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    try:
        yield sys.stdout.buffer
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads us has enough; Python would complain once more when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


COMMANDS: tuple[click.Command, ...] = (export_command,)
"""Everything here, for the command line to mount."""
