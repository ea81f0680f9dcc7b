"""`deskmark installations check` and `prepare`: looking at a connected helpdesk, making there what can be made."""

from __future__ import annotations

import click

from connectors.errors import ConnectorError
from service import setting_up
from service.commands.installations.finding import helpdesk
from service.commands.running import database, settings
from service.store import installations as store
from service.store.secrets import SecretBox
from service.web.connecting import webhook_url
from tasks.runtime import connected


@click.command()
@click.argument("installation")
def check(installation: str) -> None:
    """Look at a connected helpdesk: does it let Deskmark in, and what is left to do there."""
    given = settings()
    with database(given) as opened, opened.read() as session:
        found = connected(helpdesk(session, installation), SecretBox(given.secret_key.get_secret_value()))
    try:
        seen = setting_up.check(found, public_url=given.public_url, local=given.local_helpdesks)
    except ConnectorError as error:
        raise click.ClickException(f"the helpdesk does not answer: {error}") from error
    for each in seen:
        click.echo(f"{'ok  ' if each.right else 'open'}  {each.text}")
    if not all(each.right for each in seen):
        raise SystemExit(1)


@click.command()
@click.argument("installation")
@click.option("--by-trigger", is_flag=True, help="Connect the webhook to a trigger instead of subscribing to events.")
def prepare(installation: str, by_trigger: bool) -> None:
    """Make Zendesk's custom fields and webhook over its API, and keep their ids and the signing secret."""
    given = settings()
    if not given.public_url.startswith("https://"):
        raise click.ClickException("Zendesk calls https addresses only: set PUBLIC_URL to the one of this service")
    box = SecretBox(given.secret_key.get_secret_value())
    with database(given) as opened, opened.begin() as session:
        row = helpdesk(session, installation)
        endpoint = webhook_url(given, row.connector, row.id)
        try:
            made = setting_up.prepare(connected(row, box), endpoint=endpoint, by_trigger=by_trigger, local=given.local_helpdesks)
        except (ConnectorError, setting_up.NothingToPrepare) as error:
            raise click.ClickException(str(error)) from error
        locked = box.lock({**box.unlock(row.secrets), **made.secrets})
        store.change(session, row.id, options={**row.options, **made.options}, secrets=locked)
    for line in made.made:
        click.echo(line)
    click.echo("The webhook's signing secret is stored.")


COMMANDS: tuple[click.Command, ...] = (check, prepare)
"""Everything here, for the group to mount."""
