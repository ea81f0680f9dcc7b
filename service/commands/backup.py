"""`deskmark backup` and `deskmark restore`: the database and the data folder's keys, into a folder and back."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from service import embedded
from service.commands.running import settings
from service.embedded.keys import KEYS
from service.store import backups
from service.store.secrets import SecretBox
from tasks.runtime import utc_now

FOLDER = click.Path(file_okay=False, path_type=Path)
ELSEWHERE = "DESKMARK_SECRET_KEY and DESKMARK_SESSION_KEY"


@click.command()
@click.argument("folder", type=FOLDER)
def backup(folder: Path) -> None:
    """Copy the database and the data folder's keys into FOLDER, which must be new. The service may run meanwhile."""
    given = settings()
    keys = given.data_dir / KEYS
    try:
        made = backups.dump(given.database, folder, extra={KEYS: keys} if keys.exists() else {}, now=utc_now())
    except backups.BackupError as error:
        raise click.ClickException(str(error)) from error
    except SQLAlchemyError as error:
        raise click.ClickException(embedded.database_fault(given, error)) from error
    click.echo(f"Backed up to {folder}: {made.database}, tables {made.revision}, {made.made_at}.")
    if KEYS in made.files:
        click.echo(f"{KEYS} is in it: whoever has the folder can read the stored helpdesk tokens. Keep it safe.")
    else:
        click.echo(f"The keys are not in it: keep {ELSEWHERE} elsewhere, without them stored tokens are lost.")


@click.command()
@click.argument("folder", type=FOLDER)
def restore(folder: Path) -> None:
    """Put a backup back: into an empty database, and the keys into a data folder without any."""
    try:
        made = backups.read(folder)
        if KEYS in made.files:
            _restore_keys(folder / KEYS)
        given = settings()
        backups.load(given.database, folder, made)
    except backups.BackupError as error:
        raise click.ClickException(str(error)) from error
    except SQLAlchemyError as error:
        raise click.ClickException(embedded.database_fault(settings(), error)) from error
    click.echo(f"Restored what was backed up at {made.made_at} by Deskmark {made.deskmark}.")
    box = SecretBox(given.secret_key.get_secret_value())
    if locked := backups.unreadable(given.database, box):
        raise click.ClickException(
            f"the keys set here do not open the secrets of {', '.join(locked)}: set {ELSEWHERE} as they were"
        )
    click.echo(
        "Start the service: what ended since the backup is found by asking the helpdesks, and nothing is written twice."
    )


def _restore_keys(kept: Path) -> None:
    target = embedded.data_folder() / KEYS
    if target.exists() and target.read_bytes() != kept.read_bytes():
        raise backups.BackupError(f"{target} holds other keys; move it away, or name another DESKMARK_DATA_DIR")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.touch(mode=0o600)
    shutil.copyfile(kept, target)


COMMANDS: tuple[click.Command, ...] = (backup, restore)
"""Everything here, for the command line to mount."""
