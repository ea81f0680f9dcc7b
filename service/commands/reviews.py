"""Commands about what humans say of verdicts: reviews import."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy.orm import Session

from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.files.reviews import BadReview, NoReviewFile, ReviewLine, reviews
from service.name_lists import finder
from service.store import conversations, installations
from service.store import reviews as store
from service.store.models import Installation
from service.store.reviews import Said
from tasks import opinions
from tasks.runtime import utc_now


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
    at = line.at or utc_now()
    return Said(meant[0].id, key, line.episode or latest, line.score, line.verdict, line.reviewer, at)


COMMANDS: tuple[click.Command, ...] = (reviews_group,)
"""Everything here, for the command line to mount."""
