"""The file of the embedded database: its owner's alone, and without what was removed from it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from service.store.database import Database


@pytest.fixture
def as_usual() -> Iterator[None]:
    """Files that anybody may read, as most machines have it."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("as_usual")
def test_nobody_else_reads_it_and_what_was_removed_is_overwritten(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    opened = Database(f"sqlite:///{tmp_path / 'own.sqlite3'}")
    with opened.begin() as session:
        session.execute(text("CREATE TABLE said (words TEXT)"))
        session.execute(text("INSERT INTO said VALUES (:words)"), {"words": "canary " * 5000})
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}
    with opened.begin() as session:
        session.execute(text("DELETE FROM said"))
    with opened.single() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.close()
    assert b"canary" not in (tmp_path / "own.sqlite3").read_bytes()


def test_one_in_memory_has_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite://", "sqlite:///:memory:"):
        opened = Database(url)
        with opened.read() as session:
            assert session.scalar(text("SELECT 1")) == 1
        opened.close()
    assert not list(tmp_path.iterdir())
