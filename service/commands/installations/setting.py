"""`deskmark installations set`: an installation's options, its address, account group and language, by name."""

from __future__ import annotations

import click

from service.commands.installations.finding import helpdesk
from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.store import installations as store
from service.store import pausing
from service.store.secrets import SecretBox
from service.web.connecting import NotAccepted, as_given, changes
from service.web.kinds import KINDS, Kind
from tasks.runtime import utc_now

COLUMNS = ("base_url", "account_group", "language")


@click.command("set")
@click.argument("installation")
@click.argument("assignments", nargs=-1, metavar="[NAME=VALUE]...")
def set_options(installation: str, assignments: tuple[str, ...]) -> None:
    """Set options of a connected helpdesk; an empty value goes back to what is usual. Without any they are shown.

    Rates and limits of the plan, bots, ids of fields, how long a webhook's signature is good, whose e-mail addresses
    are verified, account_group: helpdesks of one group join their customers by verified e-mail address, which none
    does without, and language: what notes are written in (en, de, fr, es, pt, ja). Secrets are not set here, since a
    command is seen by others: `deskmark installations credentials` asks for them unseen.
    """
    given = settings()
    box = SecretBox(given.secret_key.get_secret_value())
    with database(given) as opened, opened.begin() as session:
        row = helpdesk(session, installation)
        kind = KINDS[row.connector]
        if not assignments:
            for name, value in as_given(kind, row).items():
                click.echo(f"{name}={value}")
            return
        named = _named(kind, assignments)
        try:
            store.change(session, row.id, **changes(kind, row, named, settings=given, box=box))
        except NotAccepted as error:
            raise click.ClickException(str(error)) from error
        recorded(session, "change installation", row.id, row.id, **named)
        pausing.resume(session, row.id, now=utc_now())
    click.echo("Set.")


def _named(kind: Kind, assignments: tuple[str, ...]) -> dict[str, str]:
    """The assignments by name. Only what is no secret and what there is can be set."""
    known = (*COLUMNS, *(f.name for f in kind.fields if not f.kept.encrypted))
    named: dict[str, str] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals or name not in known:
            raise click.ClickException(f"{name} cannot be set; of {kind.title} there are: {', '.join(known)}")
        named[name] = value
    return named


COMMANDS: tuple[click.Command, ...] = (set_options,)
"""Everything here, for the group to mount."""
