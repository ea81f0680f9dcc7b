"""Commands around the running service: up, migrate, connect, check, prepare, writing, sign-in-link and their like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from connectors.errors import ConnectorError
from service import embedded, setting_up
from service.embedded import EmbeddedError, existing_settings, own_settings
from service.settings import FigureSettings, Settings, environment_name
from service.store import installations as store
from service.store import queries
from service.store.database import Database
from service.store.database import migrate as bring_up_to_date
from service.store.models import Installation
from service.store.secrets import SecretBox, new_key
from service.web.connecting import KINDS, Kind, NotAccepted, new_installation, webhook_url
from tasks.runtime import connected, utc_now


def settings(*, make: bool = False) -> Settings:
    """Settings with the data folder's own keys, or a plain word about what is wrong with them.

    Only with `make` a data folder without any gets new ones.
    """
    try:
        return own_settings() if make else existing_settings()
    except ValidationError as error:
        raise _unusable(error) from error
    except EmbeddedError as error:
        raise click.ClickException(str(error)) from error


def figure_settings() -> FigureSettings:
    """What figures of a file read of the environment; no service is needed, but a wrong value is told as well."""
    try:
        return FigureSettings()
    except ValidationError as error:
        raise _unusable(error) from error


def _unusable(error: ValidationError) -> click.ClickException:
    """Each wrong setting by its name, never with its value: it may be a secret."""
    found = error.errors(include_input=False)
    faults = [
        f"{environment_name(str(fault['loc'][0]))}: {fault['msg'].removeprefix('Value error, ')}" for fault in found
    ]
    return click.ClickException("settings are not usable\n  " + "\n  ".join(faults))


@contextmanager
def database(given: Settings) -> Iterator[Database]:
    """The database, its tables up to date; closed at the end."""
    try:
        bring_up_to_date(given.database)
        opened = Database(given.database)
        try:
            yield opened
        finally:
            opened.close()
    except IntegrityError:
        raise
    except SQLAlchemyError as error:
        raise click.ClickException(embedded.database_fault(given, error)) from error


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1, or DESKMARK_HOST]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.  [default: 8321, or PORT]")
def up(host: str | None, port: int | None) -> None:
    """Run the whole service on this machine: web, workers, beat, and a broker and database where none are set."""
    raise SystemExit(embedded.up(settings(make=True), host=host, port=port))


@click.command()
def migrate() -> None:
    """Bring the database's tables up to date. `deskmark up` does this by itself."""
    with database(settings(make=True)):
        click.echo("The database is up to date.")


@click.command("sign-in-link")
def sign_in_link() -> None:
    """Print a link that signs in once within the hour."""
    given = settings()
    with database(given):
        click.echo(embedded.sign_in_link(given))


@click.command()
def key() -> None:
    """Print a fresh key for DESKMARK_SECRET_KEY."""
    click.echo(new_key())


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
        command = click.option(
            name, envvar=f"DESKMARK_{kind.connector}_{f.name}".upper(), show_envvar=True, help=f.hint, **asked
        )(command)
    for decorate in (
        click.option("--account-group", default="", help="Helpdesks with the same group share their customers."),
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
            store.add(session, new, now=utc_now())
    except NotAccepted as error:
        raise click.ClickException(str(error)) from error
    except IntegrityError as error:
        already = f"{kind.title} {given['account']} is connected already"
        raise click.ClickException(f"{already}. Change it on the page Helpdesks of the running service") from error
    click.echo(f"Connected as {new.id}.")
    if kind.prepared:
        click.echo(f"Make its ticket fields and webhook next: deskmark prepare {new.id}")
        click.echo("The webhook, to make by hand instead, goes to this address:")
    else:
        click.echo(f"Paste this address into {kind.title}'s webhook next:")
    click.echo(f"  {webhook_url(own, kind.connector, new.id)}")
    if not own.public_url:
        click.echo("  (set PUBLIC_URL to the https address under which the helpdesk reaches this service)")
    click.echo(f"Nothing is written to the helpdesk until you run: deskmark writing {new.id} on")


for _kind in KINDS.values():
    connect.add_command(_connecting(_kind))


@click.command()
def installations() -> None:
    """List the connected helpdesks."""
    given = settings()
    with database(given) as opened, opened.read() as session:
        last = queries.last_deliveries(session)
        rows = store.all_of(session)
    for row in rows:
        if store.is_imported(row):
            click.echo(f"{row.id}  {row.connector} {row.account}  from a file")
            continue
        heard = f"last webhook {last[row.id]:%Y-%m-%d %H:%M} UTC" if row.id in last else "no webhook yet"
        click.echo(f"{row.id}  {row.connector} {row.account}  writing {'on' if row.writing else 'off'}  {heard}")
        click.echo(f"  {webhook_url(given, row.connector, row.id)}")
        if refused_at := store.refused_since(row, last.get(row.id)):
            many = f"{row.refused_count} webhook{'' if row.refused_count == 1 else 's'} refused"
            when = f"{refused_at:%Y-%m-%d %H:%M} UTC"
            click.echo(f"  {many}, last {when}: the signature does not match the stored secret")
    if not rows:
        click.echo("No helpdesk is connected. Connect one: deskmark connect zendesk, or deskmark connect intercom")


@click.command()
@click.argument("installation")
@click.argument("state", type=click.Choice(["on", "off"]))
def writing(installation: str, state: str) -> None:
    """Switch writing to a connected helpdesk on or off."""
    with database(settings()) as opened, opened.begin() as session:
        store.change(session, _helpdesk(session, installation).id, writing=state == "on")
    click.echo(f"Writing is {state}.")


@click.command()
@click.argument("installation")
def check(installation: str) -> None:
    """Look at a connected helpdesk: does it let Deskmark in, and what is left to do there."""
    given = settings()
    with database(given) as opened, opened.read() as session:
        found = connected(_helpdesk(session, installation), SecretBox(given.secret_key.get_secret_value()))
    try:
        seen = setting_up.check(found, public_url=given.public_url)
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
        row = _helpdesk(session, installation)
        endpoint = webhook_url(given, row.connector, row.id)
        try:
            made = setting_up.prepare(connected(row, box), endpoint=endpoint, by_trigger=by_trigger)
        except (ConnectorError, setting_up.NothingToPrepare) as error:
            raise click.ClickException(str(error)) from error
        locked = box.lock({**box.unlock(row.secrets), **made.secrets})
        store.change(session, row.id, options={**row.options, **made.options}, secrets=locked)
    for line in made.made:
        click.echo(line)
    click.echo("The webhook's signing secret is stored.")


def _helpdesk(session: Session, installation: str) -> Installation:
    """A connected helpdesk that can be talked to."""
    row = _row(session, installation)
    if store.is_imported(row):
        raise click.ClickException("its conversations come from a file: there is no helpdesk to talk to")
    return row


def _row(session: Session, installation: str) -> Installation:
    row = store.get(session, installation)
    if row is None:
        raise click.ClickException(f"no helpdesk is connected as {installation}; see deskmark installations")
    return row


COMMANDS: tuple[click.Command, ...] = (up, migrate, sign_in_link, key, connect, installations, check, prepare, writing)
"""Everything here, for the command line to mount."""
