"""`deskmark apps`: the panels beside the ticket. Making Zendesk's app, and learning its key."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import click

from connectors.errors import ConnectorError
from connectors.zendesk.app import NoAddress, packed
from connectors.zendesk.ticket_app import NotAKey
from service import finding_app
from service.commands.installations.finding import helpdesk
from service.commands.running import database, settings
from service.store import audit
from service.store.secrets import SecretBox
from tasks.runtime import utc_now


@click.group()
def apps() -> None:
    """The panels beside the ticket: what Deskmark found and why, with buttons to agree or disagree."""


@apps.command("zendesk")
@click.argument("installation")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default=Path("deskmark.zip"),
    show_default=True,
    help="The zip to write.",
)
def zendesk(installation: str, output: Path) -> None:
    """Make the app that an admin uploads to Zendesk for INSTALLATION. There is no secret in it.

    Admin Center > Apps and integrations > Apps > Zendesk Support apps > Upload private app; then deskmark apps find.
    """
    given = settings()
    with database(given) as opened, opened.read() as session:
        row = _zendesk(helpdesk(session, installation).connector, installation)
    try:
        made = packed(given.public_url, row)
    except NoAddress as error:
        raise click.ClickException(str(error)) from error
    output.write_bytes(made)
    click.echo(f"{output}: {len(made)} bytes. Upload it, install it, then: deskmark apps find {row}")


@apps.command("find")
@click.argument("installation")
@click.option("--number", help="The number of the app's installation in Zendesk, where it cannot be asked for.")
@click.option("--key", type=click.File(), help="A file with the app's public key (PEM), along with --number.")
def find(installation: str, number: str | None, key: IO[str] | None) -> None:
    """Learn the app's public key, with which Zendesk's signatures are checked: asked of Zendesk, or from a file."""
    if (number is None) != (key is None):
        raise click.UsageError("give --number and --key, or neither")
    given = settings()
    box = SecretBox(given.secret_key.get_secret_value())
    with database(given) as opened:
        with opened.read() as session:
            row = _zendesk(helpdesk(session, installation).connector, installation)
        try:
            if number is not None and key is not None:
                app = finding_app.typed(number, key.read())
                with opened.begin() as session:
                    finding_app.keep(session, row, app, actor=audit.COMMAND_LINE, now=utc_now)
            else:
                local = given.local_helpdesks
                app = finding_app.find(opened, box, row, local=local, actor=audit.COMMAND_LINE, now=utc_now)
        except (NotAKey, ConnectorError) as error:
            raise click.ClickException(f"not found: {error}") from error
    click.echo(f"Found: installation {app.external_id} of the app. Its key is kept; agents can open it.")


def _zendesk(connector: str, installation: str) -> str:
    if connector != "zendesk":
        raise click.ClickException("only Zendesk has an app to upload; for Intercom see deskmark installations guide")
    return installation


COMMANDS: tuple[click.Command, ...] = (apps,)
"""Everything here, for the group to mount."""
