"""Commands about what humans say of verdicts: reviews import, reviews export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.files.export_writing import whole_file
from service.files.reviews import BadReview, NoReviewFile, ReviewLine, reviews
from service.files.scores import dump
from service.masked import Pseudonyms, masked
from service.name_lists import finder
from service.reports.labelled import labelled
from service.scoring.corrected import PENDING, can_be_said
from service.store import conversations, installations
from service.store import reviews as store
from service.store.figure_models import Review
from service.store.models import Installation
from service.store.reviews import Said
from service.store.secrets import SecretBox
from tasks import opinions
from tasks.runtime import utc_now
from tasks.scoring import longest_window


@click.group("reviews")
def reviews_group() -> None:
    """What humans say a verdict should have been: the agreement with Deskmark is one of the figures."""


@reviews_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--installation", help="The helpdesk the conversations are of, where several are connected.")
def import_file(file: Path, installation: str | None) -> None:
    """Keep the reviews in FILE: JSON Lines or CSV with conversation, score, verdict, reviewer (episode, at).

    The conversation is the helpdesk's own number, the reviewer an opaque id. The same review again changes nothing. A
    line that is not valid is told with its number, does not stop the rest, and makes the exit status 1.
    """
    try:
        lines = list(reviews(file.read_bytes()))
    except NoReviewFile as error:
        raise click.UsageError(f"{file}: {error}") from error
    bad, own = 0, settings()
    rules = opinions.Rules(own, names=finder(switched_on=own.pii_names))
    with database(own) as opened, opened.begin() as session:
        rows = [row for row in installations.all_of(session) if installation in (None, row.id)]
        for number, line in lines:
            said = line if isinstance(line, BadReview) else _said(session, line, rows)
            if isinstance(said, BadReview):
                click.echo(f"{file}: line {number}: {said}", err=True)
                bad += 1
            else:
                opinions.express(rules, session, [said])
        recorded(session, "import reviews", file.name, installation, reviews=str(len(lines) - bad))
    click.echo(f"{len(lines) - bad} reviews are kept.")
    if bad:
        raise SystemExit(1)


def _said(session: Session, line: ReviewLine, rows: list[Installation]) -> Said | BadReview:
    """The review of a conversation that is known."""
    meant = [row for row in rows if line.helpdesk in (None, row.connector) and line.account in (None, row.account)]
    if len(meant) != 1:
        return BadReview("name the helpdesk with --installation" if meant else "no such helpdesk is connected")
    key = conversations.conversation_id(meant[0].connector, meant[0].account, line.conversation)
    latest = store.latest_episode(session, key)
    if latest is None or (line.episode or 1) > latest:
        return BadReview("no such conversation or episode was scored")
    at, episode = line.at or utc_now(), line.episode or latest
    own = store.own_verdict(session, key, episode, line.score)
    if line.verdict != PENDING and not can_be_said(line.score, own, line.verdict):
        return BadReview(f"{line.score} cannot be {line.verdict} here: who wrote as a bot is read, not judged")
    return Said(meant[0].id, key, episode, line.score, line.verdict, line.reviewer, at)


@reviews_group.command("export")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="JSON Lines.")
@click.option("--installation", "given", multiple=True, help="Id, or helpdesk, or account. Repeatable. Default: all.")
@click.option("--with-personal-data", is_flag=True, help="Texts and people as they are, nothing masked.")
def export_file(output: Path, given: tuple[str, ...], with_personal_data: bool) -> None:
    """Write every reviewed conversation with its reviews, for deskmark evaluate (docs/reviewing.md).

    One conversation document a line, with the key "reviews"; the customers' other conversations follow without it, as
    verdicts depend on them. Reviewers are pseudonyms, their own words stay here.
    """
    own = settings()
    names, pseudonyms = finder(switched_on=own.pii_names), Pseudonyms.under(own.pseudonym_secret)
    box = SecretBox(own.secret_key.get_secret_value())
    count = 0
    with database(own) as opened, whole_file(output) as file:
        with opened.begin() as session:
            try:
                ids = installations.named(session, given) or [row.id for row in installations.all_of(session)]
            except installations.UnknownInstallation as error:
                raise click.ClickException(f"{error}; see deskmark installations") from error
            window = longest_window(own.policy())
            for each in ids:
                recorded(session, "export reviews", output.name, each, personal_data=str(with_personal_data).lower())
        for found in labelled(opened, box, ids, window=window):
            document = dict(found.document)
            if not with_personal_data:
                document = masked(document, None, pseudonyms, names)[0]
            if found.reviews:
                document["reviews"] = [_label(row, pseudonyms) for row in found.reviews]
                count += 1
            file.write(dump(document).encode())
    click.echo(f"{count} reviewed conversations are written.")


def _label(row: Review, pseudonyms: Pseudonyms) -> dict[str, Any]:
    return {
        "episode": row.episode,
        "score": row.score,
        "verdict": row.verdict,
        "reviewer": pseudonyms.of("reviewer", row.reviewer),
        "blind": row.blind,
        "drawn": row.drawn,
    }


COMMANDS: tuple[click.Command, ...] = (reviews_group,)
"""Everything here, for the command line to mount."""
