"""Commands around the running service (up, migrate, sign-in-link, key), and what all commands need of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from alembic.util import CommandError
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from service import embedded
from service.embedded import EmbeddedError, existing_settings, own_settings
from service.settings import FigureSettings, Settings, setting_faults
from service.store.database import Database, downgrade
from service.store.database import migrate as bring_up_to_date
from service.store.secrets import new_key


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
    return click.ClickException("settings are not usable\n  " + "\n  ".join(setting_faults(error)))


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
@click.option("--down-to", "revision", help="Take the tables back to this revision (e.g. 0012) instead.")
def migrate(revision: str | None) -> None:
    """Bring the database's tables up to date. `deskmark up` does this by itself."""
    given = settings(make=True)
    if revision is None:
        with database(given):
            click.echo("The database is up to date.")
        return
    click.confirm("What only later versions know is lost. Is there a backup, and does nothing run?", abort=True)
    try:
        downgrade(given.database, revision)
    except CommandError as error:
        raise click.ClickException(f"there is no earlier revision {revision}") from error
    except SQLAlchemyError as error:
        raise click.ClickException(embedded.database_fault(given, error)) from error
    click.echo(f"The tables are those of revision {revision}.")


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


COMMANDS: tuple[click.Command, ...] = (up, migrate, sign_in_link, key)
"""Everything here, for the command line to mount."""
