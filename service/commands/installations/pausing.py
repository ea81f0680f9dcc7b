"""`deskmark installations pause` and `resume`: the admin's own switch, and ending a pause by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from service.commands.installations.finding import helpdesk
from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.store import installations as store
from service.store import pausing


@click.command()
@click.argument("installation")
def pause(installation: str) -> None:
    """Ask a helpdesk nothing and write nothing to it until `resume`.

    Webhooks are still taken; what they ask for waits and is done afterwards.
    """
    with database(settings()) as opened, opened.begin() as session:
        row = helpdesk(session, installation)
        store.change(session, row.id, enabled=False)
        recorded(session, "pause installation", row.id, row.id)
    click.echo("Paused. Webhooks are still taken. Go on with: deskmark installations resume " + installation)


@click.command()
@click.argument("installation")
def resume(installation: str) -> None:
    """Go on with a helpdesk that was paused, by you or by itself."""
    now = datetime.now(UTC)
    with database(settings()) as opened, opened.begin() as session:
        row = helpdesk(session, installation)
        if row.disconnected_at is not None:
            raise click.ClickException("this helpdesk was disconnected; connect it again instead")
        store.change(session, row.id, enabled=True)
        pausing.resume(session, row.id, now=now)
        waiting = pausing.waiting(session, row.id, now=now).all
        recorded(session, "resume installation", row.id, row.id)
    click.echo(f"It goes on; {waiting} conversation{'' if waiting == 1 else 's'} waited.")


COMMANDS: tuple[click.Command, ...] = (pause, resume)
"""Everything here, for the group to mount."""
