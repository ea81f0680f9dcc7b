"""Closing a database while it is used: nothing stays open that nobody could close any more."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, text

from service.store.database import Database


@pytest.mark.parametrize("way", ["begin", "read", "single"])
def test_what_is_in_use_is_closed_when_it_is_done(database_url: str, way: str) -> None:
    database, closed = Database(database_url), set[int]()

    def seen(connection: Any, _record: Any) -> None:
        closed.add(id(connection))

    with getattr(database, way)() as used:
        used.execute(text("SELECT 1"))
        for engine in (database.engine, database._single):
            event.listen(engine, "close", seen)
        database.close()
        assert used.execute(text("SELECT 2")).scalar() == 2, "whoever is at work may end it"
        before = len(closed)
    assert len(closed) == before + 1


def test_a_closed_database_can_be_used_again(database_url: str) -> None:
    database = Database(database_url)
    database.close()
    with database.begin() as session:
        assert session.scalar(text("SELECT 1")) == 1
    database.close()
