"""`deskmark installations credentials`: correcting a helpdesk's credentials; they are asked for unseen."""

from __future__ import annotations

import os

import click

from service.commands.installations.finding import helpdesk
from service.commands.installations.trying import environment_name, tell
from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.settings import Settings
from service.store import installations as store
from service.store import pausing
from service.store.database import Database
from service.store.secrets import SecretBox
from service.web.connecting import NotAccepted, changes
from service.web.kinds import KINDS, Kind
from tasks.runtime import utc_now


@click.command()
@click.argument("installation")
def credentials(installation: str) -> None:
    """Correct the credentials of a connected helpdesk, or give them again; what is left empty stays as it is.

    They are asked for unseen, or taken from the environment variables of `connect`, such as
    DESKMARK_CONNECT_ZENDESK_CLIENT_SECRET: where one of them is set nothing is asked. A helpdesk that paused since it
    refused them is asked again.
    """
    given = settings()
    box = SecretBox(given.secret_key.get_secret_value())
    with database(given) as opened:
        with opened.read() as session:
            kind = KINDS[helpdesk(session, installation).connector]
        typed = _given(kind)
        if not typed:
            click.echo("Nothing was changed.")
            return
        left = _keep(opened, kind, installation, typed, settings=given, box=box)
        click.echo(f"Changed: {', '.join(sorted(typed))}.")
        if left:
            click.echo(f"It is disconnected; ask it again with: deskmark installations reconnect {installation}")
        else:
            tell(opened, box, installation, local=given.local_helpdesks)


def _given(kind: Kind) -> dict[str, str]:
    """What is to be changed, by name: of the environment where it names anything, else as it is typed."""
    asked = [f for f in kind.fields if f.kept.encrypted]
    found = {f.name: os.environ.get(environment_name(kind, f.name), "").strip() for f in asked}
    if not any(found.values()):
        click.echo("What is left empty stays as it is.")
        found = {
            f.name: click.prompt(f.label, default="", show_default=False, hide_input=f.unseen).strip() for f in asked
        }
    return {name: value for name, value in found.items() if value}


def _keep(
    opened: Database, kind: Kind, installation: str, typed: dict[str, str], *, settings: Settings, box: SecretBox
) -> bool:
    """Store what was typed and end a pause; whether the helpdesk is disconnected."""
    with opened.begin() as session:
        row = store.locked(session, installation)  # A worker may renew its tokens just now.
        if row is None:
            raise click.ClickException("it was deleted meanwhile")
        try:
            store.change(session, row.id, **changes(kind, row, typed, settings=settings, box=box))
        except NotAccepted as error:
            raise click.ClickException(str(error)) from error
        recorded(session, "change credentials", row.id, row.id, **{"filled in": ", ".join(sorted(typed))})
        pausing.resume(session, row.id, now=utc_now())
        return row.disconnected_at is not None


COMMANDS: tuple[click.Command, ...] = (credentials,)
"""Everything here, for the group to mount."""
