"""`deskmark installations writing`: what may be written to a helpdesk."""

from __future__ import annotations

import click

from service.commands.installations.finding import helpdesk
from service.commands.running import database, settings
from service.store import installations as store


@click.command()
@click.argument("installation")
@click.argument("state", type=click.Choice(["on", "off"]))
def writing(installation: str, state: str) -> None:
    """Switch writing to a connected helpdesk on or off."""
    with database(settings()) as opened, opened.begin() as session:
        store.change(session, helpdesk(session, installation).id, writing=state == "on")
    click.echo(f"Writing is {state}.")


COMMANDS: tuple[click.Command, ...] = (writing,)
"""Everything here, for the group to mount."""
