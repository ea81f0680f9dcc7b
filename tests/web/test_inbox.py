"""Webhooks that arrive together share a statement; each learns what became of its own, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from service.store.database import Database
from service.store.deliveries import Received
from service.store.models import Delivery
from service.web.inbox import Inbox, _Waiting

HOLD = timedelta(minutes=1)


@pytest.fixture
def inbox(database_url: str, make_web: Any, clock: Any) -> tuple[Inbox, Any, str]:
    web = make_web(database_url)
    return Inbox(web.parts.database, clock, HOLD), web, web.installation("zendesk")


def received(installation: str, key: str) -> Received:
    return Received(installation, key, "solved", "ended", external_id="4711")


def keys(web: Any) -> list[str]:
    with web.parts.database.read() as session:
        return sorted(session.scalars(select(Delivery.key)))


def test_many_at_once_are_each_new_once(inbox: tuple[Inbox, Any, str]) -> None:
    box, web, installation = inbox
    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda number: box.record(received(installation, f"k{number % 30}")), range(90)))
    new = [each for each in ids if each is not None]
    assert len(new) == len(set(new)) == 30
    assert len(keys(web)) == 30


def test_a_duplicate_within_one_statement_is_one_too(inbox: tuple[Inbox, Any, str]) -> None:
    box, _, installation = inbox
    batch = [_Waiting(received(installation, "same")) for _ in range(3)]
    box._write(batch)
    assert [each.written for each in batch] == [True] * 3
    assert sum(each.new is not None for each in batch) == 1


def test_a_row_that_cannot_be_stored_fails_alone(inbox: tuple[Inbox, Any, str]) -> None:
    box, web, installation = inbox
    good, bad, other = (_Waiting(received(name, f"for {name}")) for name in (installation, "removed", installation))
    other.received = received(installation, "other")
    box._write([good, bad, other])
    assert isinstance(bad.error, IntegrityError)
    assert good.error is other.error is None
    assert keys(web) == [f"for {installation}", "other"]
    with pytest.raises(IntegrityError):
        box.record(received("removed", "again"))


def test_without_a_table_everyone_hears_of_it(tmp_path: Path, clock: Any) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/empty.sqlite3")) as database:
        batch = [_Waiting(received("i1", key)) for key in ("a", "b")]
        Inbox(database, clock, HOLD)._write(batch)
    assert all(isinstance(each.error, SQLAlchemyError) and each.written for each in batch)
