"""`deskmark installations prepare`: making on a connected helpdesk what can be made over its API."""

from __future__ import annotations

import click

from connectors.errors import ConnectorError
from service import preparing
from service.commands.installations.finding import helpdesk
from service.commands.running import database, settings
from service.store.audit import COMMAND_LINE
from service.store.secrets import SecretBox
from service.web.connecting import webhook_url
from tasks.runtime import utc_now


@click.command()
@click.argument("installation")
@click.option(
    "--by-trigger", is_flag=True, help="Have the webhook called by a trigger instead of subscribing to events."
)
def prepare(installation: str, by_trigger: bool) -> None:
    """Make on the helpdesk what its API lets Deskmark make, and repair what differs; nothing is made twice.

    Zendesk: ticket fields with their options, the webhook, its signing secret, the trigger. Intercom: the address of
    the region, tags, conversation attributes. The exit status is 1 while something is left to be done by hand.
    """
    given = settings()
    box = SecretBox(given.secret_key.get_secret_value())
    with database(given) as opened:
        with opened.read() as session:
            row = helpdesk(session, installation)
        try:
            steps = preparing.prepare(
                opened,
                box,
                row.id,
                webhook_url=webhook_url(given, row.connector, row.id),
                by_trigger=by_trigger,
                local=given.local_helpdesks,
                actor=COMMAND_LINE,
                now=utc_now,
            )
        except (ConnectorError, preparing.NeedsAddress) as error:
            raise click.ClickException(str(error)) from error
    for step in steps:
        click.echo(
            f"{'ok  ' if step.done.settled else 'open'}  {step.what}: {step.done}{step.text and f' ({step.text})'}"
        )
    if not all(step.done.settled for step in steps):
        raise SystemExit(1)


COMMANDS: tuple[click.Command, ...] = (prepare,)
"""Everything here, for the group to mount."""
