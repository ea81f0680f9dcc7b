"""A backup put back into an empty place: the service goes on, finds what ended since, and writes nothing twice."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from house import House, inhabited, seed, until
from sqlalchemy import text

from service.commands.backup import backup, restore
from service.store.database import Database
from service.store.models import State
from service.writeback import parse_note


@pytest.fixture(params=["production" if shutil.which("pg_dump") else "embedded"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    with inhabited(request, sqlite=request.param == "embedded") as house:
        house.more["DESKMARK_POLL_SECONDS"] = "1"
        house.start("ingest", "score", "writeback", "beat")
        yield house


@pytest.fixture
def elsewhere(house: House, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of the same kind."""
    if house.database.is_sqlite:
        return f"sqlite:///{tmp_path}/restored.sqlite3"
    url = str(request.getfixturevalue("postgres_databases")())
    opened = Database(url)
    with opened.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    opened.close()
    return url


def call(command: Any, house: House, folder: Path, url: str) -> None:
    environment = {
        "DATABASE_URL": url,
        "DESKMARK_DATA_DIR": str(house.folder),
        "DESKMARK_SECRET_KEY": house.settings.secret_key.get_secret_value(),
        "DESKMARK_SESSION_KEY": "s",
        "PATH": os.environ["PATH"],
    }
    done = CliRunner(env=environment).invoke(command, [str(folder)])
    assert done.exit_code == 0, done.output


def notes(house: House, desk: str, key: str) -> list[str]:
    return [note for note in house.desks[desk].snapshot(key).notes if parse_note(note)]


def judged(house: House, desk: str, key: str) -> bool:
    row = house.row(desk, key)
    return row is not None and row.state == State.SCORED and row.due_at is row.write_due_at is None


def test_a_lost_database(house: House, elsewhere: str, kit: Any, tmp_path: Path) -> None:
    house.web()
    before = {desk: seed(house, desk, kit, 1) for desk in house.desks}
    for desk, key in before.items():
        house.comes_to_rest(desk, key)
    call(backup, house, tmp_path / "backup", house.settings.database)
    since = {desk: seed(house, desk, kit, 2) for desk in house.desks}
    for desk, key in since.items():
        house.comes_to_rest(desk, key)
    said = {(desk, key): notes(house, desk, key) for known in (before, since) for desk, key in known.items()}

    # The database is gone, and the broker's messages with it.
    for name in list(house.processes):
        house.kill(name)
    house.database.close()
    with house.broker.client() as client:
        client.flushall()
    call(restore, house, tmp_path / "backup", elsewhere)
    house.settings = house.settings.model_copy(update={"database_url": elsewhere})
    house.database = Database(elsewhere)
    for desk, key in since.items():
        assert house.row(desk, key) is None, "the backup is older"
        assert house.row(desk, before[desk]).state == State.SCORED
    house.web()
    house.start("ingest", "score", "writeback", "beat")

    for desk, key in since.items():
        # What ended a minute ago is left to its webhook; nothing has to be written, as all of it stands there.
        until(lambda desk=desk, key=key: judged(house, desk, key), f"{desk} {key} is found by asking", patience=180)
    after = {desk: seed(house, desk, kit, 3) for desk in house.desks}
    for desk, key in after.items():
        house.comes_to_rest(desk, key)
    assert {(desk, key): notes(house, desk, key) for desk, key in said} == said, "nothing was written twice"
