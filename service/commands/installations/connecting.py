"""`deskmark installations connect`: a helpdesk is connected; secrets are asked for unseen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy.exc import IntegrityError

from service.commands.installations.trying import environment_name, tell
from service.commands.recorded import recorded
from service.commands.running import database, settings
from service.store import installations as store
from service.store.secrets import SecretBox
from service.web.connecting import NotAccepted, new_installation, webhook_url
from service.web.kinds import KINDS, Kind
from tasks.runtime import utc_now


@click.group()
def connect() -> None:
    """Connect a helpdesk; writing to it stays off until it is switched on."""


def _connecting(kind: Kind) -> click.Command:
    """The command that connects one kind of helpdesk: an option for each thing to fill in, asked for when absent."""

    def run(**given: str | None) -> None:
        _connect(kind, {name: value or "" for name, value in given.items()})

    command: Callable[..., None] = run
    for f in reversed(kind.fields):
        asked: dict[str, Any] = {"prompt": f.label, "hide_input": f.unseen} if f.kept.encrypted else {}
        if not f.required:
            asked["default"] = ""
            asked["show_default"] = asked["prompt_required"] = False
        name = f"--{f.name.replace('_', '-')}"
        command = click.option(name, envvar=environment_name(kind, f.name), show_envvar=True, help=f.hint, **asked)(
            command
        )
    for decorate in (
        click.option(
            "--account-group",
            default="",
            help="Helpdesks of the same group join their customers by verified e-mail address.",
        ),
        click.option(
            "--base-url", default="", help=f"[default: {kind.usual_base_url('ACCOUNT')}]  {kind.base_url_hint}"
        ),
        click.option("--account", prompt=True, help=kind.account_hint),
    ):
        command = decorate(command)
    return click.command(kind.connector, help=f"Connect {kind.title}. Secrets are asked for unseen.")(command)


def _connect(kind: Kind, given: dict[str, str]) -> None:
    own = settings(make=True)
    box = SecretBox(own.secret_key.get_secret_value())
    try:
        base_url = given["base_url"].strip() or kind.usual_base_url(given["account"].strip())
        new = new_installation(kind, {**given, "base_url": base_url}, settings=own, box=box)
        with database(own) as opened, opened.begin() as session:
            row = store.add(session, new, now=utc_now())
            recorded(session, "connect helpdesk", row.id, row.id, helpdesk=kind.connector, account=new.account)
    except NotAccepted as error:
        raise click.ClickException(str(error)) from error
    except IntegrityError as error:
        already = f"{kind.title} {given['account']} is connected already"
        correct = "correct its credentials with deskmark installations credentials ID"
        raise click.ClickException(f"{already}; {correct} (deskmark installations lists the ids)") from error
    click.echo(f"Connected as {new.id}. Every step, and which are done: deskmark installations guide {new.id}")
    if kind.prepared:
        click.echo(f"Make its ticket fields and webhook next: deskmark installations prepare {new.id}")
        click.echo("The webhook, to make by hand instead, goes to this address:")
    else:
        click.echo(f"Paste this address into {kind.title}'s webhook next:")
    click.echo(f"  {webhook_url(own, kind.connector, new.id)}")
    if not own.webhook_base:
        click.echo("  (set PUBLIC_URL to the https address under which the helpdesk reaches this service)")
    with database(own) as opened:
        tell(opened, box, new.id, local=own.local_helpdesks)
    click.echo(f"Nothing is written to the helpdesk until you run: deskmark installations writing {new.id} on")


for _kind in KINDS.values():
    connect.add_command(_connecting(_kind))


COMMANDS: tuple[click.Command, ...] = (connect,)
"""Everything here, for the group to mount."""
