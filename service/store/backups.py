"""A copy of the whole database that can be put back: SQLite's online backup, PostgreSQL's own programs.

A copy is a folder: the database, and a manifest with what made it and the hashes of its files. It is put back into an
empty place only, so that nothing is ever mixed or overwritten.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, inspect, make_url, select, text

from service.store.database import PRIVATE, Database, alembic_config, driver_url, migrate
from service.store.models import Installation
from service.store.secrets import SecretBox, SecretsUnreadable

MANIFEST = "manifest.json"
FORMAT = 1
NAMES: Mapping[str, str] = {"sqlite": "deskmark.sqlite3", "postgresql": "deskmark.pgdump"}
VERSION_TABLE = "alembic_version"


class BackupError(RuntimeError):
    """The copy cannot be made or put back; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a copy says of itself. `files` are their SHA-256 by name, `revision` that of the tables."""

    format: int
    made_at: str
    deskmark: str
    database: str
    revision: str
    files: Mapping[str, str]


def dump(url: str, folder: Path, *, extra: Mapping[str, Path], now: datetime) -> Manifest:
    """Copy the database at `url` and the `extra` files (by the name they get) into an empty `folder`; the manifest.

    The service may run meanwhile: the copy is the database at one moment. Raises `BackupError`.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty; name a new folder for each backup")
    kind = make_url(driver_url(url)).get_backend_name()
    revision = _revision(url)
    target = folder / NAMES[kind]
    target.touch(mode=PRIVATE)
    _copy_sqlite(url, target) if kind == "sqlite" else _run_postgres("pg_dump", url, "--file", str(target))
    for name, source in extra.items():
        (folder / name).touch(mode=PRIVATE)
        shutil.copyfile(source, folder / name)
    files = {path.name: _hash(path) for path in sorted(folder.iterdir())}
    manifest = Manifest(FORMAT, now.isoformat(), version("deskmark"), kind, revision, files)
    (folder / MANIFEST).touch(mode=PRIVATE)
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n")
    return manifest


def read(folder: Path) -> Manifest:
    """The manifest of a copy whose files are whole. Raises `BackupError`."""
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise BackupError(f"{folder} holds no backup: {MANIFEST} is missing or damaged") from error
    if manifest.format != FORMAT or manifest.database not in NAMES:
        raise BackupError(
            f"{folder} was made by another version of Deskmark ({manifest.deskmark}): restore it with that"
        )
    for name, known in manifest.files.items():
        path = folder / Path(name).name
        if not path.is_file() or _hash(path) != known:
            raise BackupError(f"{path} is missing or was changed since the backup was made")
    return manifest


def load(url: str, folder: Path, manifest: Manifest) -> None:
    """Put the copy's database back at `url`, where there must be none yet, and bring its tables up to date.

    Raises `BackupError`, before anything is changed where that can be seen before.
    """
    kind = make_url(driver_url(url)).get_backend_name()
    if kind != manifest.database:
        raise BackupError(f"the backup is of {manifest.database}, DATABASE_URL names {kind}: both must be the same")
    try:
        ScriptDirectory.from_config(alembic_config()).get_revision(manifest.revision)
    except CommandError as error:
        raise BackupError(f"the backup is of a newer Deskmark ({manifest.deskmark}): upgrade first") from error
    _refuse_unless_empty(url)
    source = folder / NAMES[kind]
    if kind == "sqlite":
        _load_sqlite(url, source)
    else:
        _run_postgres("pg_restore", url, "--exit-on-error", "--single-transaction", str(source))
    migrate(url)


def unreadable(url: str, box: SecretBox) -> list[str]:
    """The installations whose secrets this key does not open."""
    with closing(Database(url)) as database, database.read() as session:
        found = []
        for row in session.scalars(select(Installation).order_by(Installation.id)):
            try:
                box.unlock(row.secrets)
            except SecretsUnreadable:
                found.append(row.id)
        return found


def _revision(url: str) -> str:
    with closing(Database(url)) as database, database.read() as session:  # Waits for no writer.
        if not inspect(session.connection()).has_table(VERSION_TABLE):
            raise BackupError("there is nothing to back up: the database has no tables")
        return str(session.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one())  # noqa: S608


def _refuse_unless_empty(url: str) -> None:
    made = make_url(driver_url(url))
    if made.get_backend_name() == "sqlite" and made.database and not Path(made.database).exists():
        return
    with closing(Database(url)) as database:
        if inspect(database.engine).get_table_names():
            raise BackupError("there are tables in the database already; a backup is restored into an empty one only")


def _copy_sqlite(url: str, target: Path) -> None:
    path = make_url(driver_url(url)).database
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        # One file, without a log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        (whole,) = copy.execute("PRAGMA integrity_check").fetchone()
    if whole != "ok":
        raise BackupError(f"the copy is damaged: {whole}")


def _load_sqlite(url: str, source: Path) -> None:
    path = Path(make_url(driver_url(url)).database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.restoring")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)  # Before anything is in it.
    shutil.copyfile(source, draft)
    draft.replace(path)


def _run_postgres(program: str, url: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on the database; the address goes by the environment, where no `ps` shows it."""
    found = shutil.which(program)
    if found is None:
        raise BackupError(f"{program} is not installed: it comes with PostgreSQL's client programs")
    made = make_url(driver_url(url))
    plain = ("--no-owner", "--no-privileges")
    direction = ("--format", "custom") if program == "pg_dump" else ("--dbname", made.database or "")
    done = subprocess.run(  # noqa: S603 - a fixed program
        [found, *plain, *direction, *arguments],
        env={**os.environ, **_libpq(made)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        # Of the program's words the first line: later ones may quote a row.
        said = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise BackupError(f"{program} failed: {said}")


def _libpq(made: URL) -> dict[str, str]:
    """The address as the environment variables that PostgreSQL's programs read."""
    told = {"PGHOST": made.host, "PGPORT": made.port, "PGUSER": made.username, "PGPASSWORD": made.password}
    told["PGDATABASE"] = made.database
    told.update({f"PG{name.upper()}": value for name, value in made.query.items() if isinstance(value, str)})
    return {name: str(value) for name, value in told.items() if value is not None}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
