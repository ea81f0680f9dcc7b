"""`deskmark installations leave` and `reconnect`: going without a trace, or keeping the scores and coming back."""

from __future__ import annotations

import click

from service.commands.installations.errands import see_to
from service.commands.installations.finding import helpdesk, installation_row
from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.store import errands, installations
from service.store import leaving as store
from service.store.audit import COMMAND_LINE
from service.store.secrets import SecretBox
from service.web.connecting import missing_secrets
from service.web.kinds import KINDS
from tasks import leaving
from tasks.runtime import utc_now


@click.command()
@click.argument("installation")
@click.option("--remove-ours", is_flag=True, help="Take all our tags and fields off the helpdesk, and what was made.")
@click.option("--revoke", is_flag=True, help="Revoke the access token at the helpdesk.")
@click.option("--delete", is_flag=True, help="Delete everything that is stored of it.")
@click.option("--disconnect", is_flag=True, help="Drop the credentials, keep scores and figures.")
@click.option("--confirm", help="The account's name; asked for when it is not given.")
@click.option("--background", is_flag=True, help="Leave it to the running service and return at once.")
def leave(
    installation: str,
    remove_ours: bool,
    revoke: bool,
    delete: bool,
    disconnect: bool,
    confirm: str | None,
    background: bool,
) -> None:
    """Leave a helpdesk. Reading and writing stop at once; the rest is done step by step and survives a kill."""
    if delete == disconnect:
        both = "; both at once cannot be" if delete else ""
        raise click.UsageError(f"say what becomes of the stored scores: --delete, or --disconnect to keep them{both}")
    given = settings()
    with database(given) as opened:
        with opened.read() as session:
            account = installation_row(session, installation).account
        if (confirm or click.prompt(f"Type the account's name, {account}, to confirm")).strip() != account:
            raise click.ClickException(f"nothing was done: that is not the account's name, {account}")
        with opened.begin() as session:
            row = installation_row(session, installation)
            if installations.is_imported(row) and not delete:
                raise click.ClickException("its conversations come from a file: they can only be deleted (--delete)")
            options = {"remove": remove_ours, "revoke": revoke, "delete": delete}
            try:
                errand = leaving.begin(session, row, actor=COMMAND_LINE, options=options, now=utc_now())
            except errands.AlreadyUnderWay as error:
                raise click.ClickException(f"{error}; deskmark installations errands {row.id}") from error
        done = see_to(given, opened, errand.id, background=background)
    if done is not None and done.finished_at is None:
        click.echo(f"Try again: deskmark installations go-on {done.id}; or go on without what failed: --anyway")
        raise SystemExit(1)


@click.command()
@click.argument("installation")
def reconnect(installation: str) -> None:
    """Ask a helpdesk again that was disconnected, once its credentials were given anew. Writing stays off."""
    given = settings()
    box = SecretBox(given.secret_key.get_secret_value())
    with database(given) as opened, opened.begin() as session:
        row = helpdesk(session, installation)
        try:
            missing = missing_secrets(KINDS[row.connector], box.unlock(row.secrets))
            store.reconnect(row, box, needed={field.name: field.label for field in missing if field.required})
        except store.NotDisconnected as error:
            raise click.ClickException(str(error)) from error
        recorded(session, "reconnect installation", row.id, row.id)
    click.echo("Connected again; what ended meanwhile is read by the running service. Writing is off.")


COMMANDS: tuple[click.Command, ...] = (leave, reconnect)
"""Everything here, for the group to mount."""
