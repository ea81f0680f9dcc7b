"""Names of values are kept as told, cleaned, and read for those installations only that are asked for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from service.store import dimension_names as names
from service.store import installations
from service.store.cursors import get
from service.store.database import Database
from service.store.dimension_names import Known
from service.store.figure_models import Rollup
from service.store.models import Installation


def other(session: Any, now: datetime) -> None:
    new = installations.NewInstallation(
        connector="intercom", account="beta", base_url="https://b.example/", secrets=b"locked", prefix="dm__", id="i2"
    )
    installations.add(session, new, now=now)


def test_a_name_is_kept_and_told_anew(database: Database, installation: Installation, now: datetime) -> None:
    with database.begin() as session:
        names.keep(session, "i1", {"brand": {"7": "Old", "8": "Stays"}}, now=now)
        names.keep(session, "i1", {"brand": {"7": "New"}}, now=now)
    with database.read() as session:
        assert list(names.known(session, None)) == [
            Known("brand", "7", "New", "i1", "acme", "zendesk"),
            Known("brand", "8", "Stays", "i1", "acme", "zendesk"),
        ]


def test_names_of_other_installations_are_not_read(
    database: Database, installation: Installation, now: datetime
) -> None:
    with database.begin() as session:
        other(session, now)
        names.keep(session, "i1", {"bot": {"7": "Mine"}}, now=now)
        names.keep(session, "i2", {"bot": {"7": "Theirs"}}, now=now)
    with database.read() as session:
        assert [each.name for each in names.known(session, ["i1"])] == ["Mine"]
        assert [each.name for each in names.known(session, [])] == []
        assert [each.name for each in names.known(session, None)] == ["Mine", "Theirs"]
        assert names.asked_before(session, "i2") == {("bot", "7")}


def test_a_name_is_on_one_line_without_what_steers(
    database: Database, installation: Installation, now: datetime
) -> None:
    steering = " Ware\x00house\x1b[31m\n two\u202e "
    told = {"1": steering, "2": "x" * 500, "3": " \x07 ", "4": "", "v" * 300: "too long a value"}
    with database.begin() as session:
        names.keep(session, "i1", {"group": told}, asked=[("group", "3")], now=now)
    with database.read() as session:
        assert {each.value: each.name for each in names.known(session, None)} == {
            "1": "Warehouse[31m two",
            "2": "x" * 100,
        }
        assert names.asked_before(session, "i1") == {("group", "1"), ("group", "2"), ("group", "3")}


def test_what_was_asked_in_vain_is_remembered_and_never_unnames(
    database: Database, installation: Installation, now: datetime
) -> None:
    asked = [("brand", "7"), ("bot", "-1")]
    with database.begin() as session:
        names.keep(session, "i1", {"brand": {"7": "Shop"}}, asked=asked, now=now)
        names.keep(session, "i1", {}, asked=asked, now=now + timedelta(days=1))
    with database.read() as session:
        assert [(each.value, each.name) for each in names.known(session, None)] == [("7", "Shop")]
        assert names.asked_before(session, "i1") == set(asked)


def test_more_names_than_a_statement_takes(database: Database, installation: Installation, now: datetime) -> None:
    with database.begin() as session:
        names.keep(session, "i1", {"brand": {str(n): f"Brand {n}" for n in range(names.AT_ONCE + 1)}}, now=now)
    with database.read() as session:
        assert sum(1 for _ in names.known(session, None)) == names.AT_ONCE + 1


def test_values_that_may_be_ids(database: Database, installation: Installation, now: datetime) -> None:
    day = date(2026, 3, 1)
    values = [("brand", "7"), ("brand", ""), ("bot", "-1"), ("group", "care"), ("group", "71"), ("channel", "email")]
    rows = [(*value, day) for value in values] + [("brand", "6", day - timedelta(days=9)), ("brand", "7", day)]
    with database.begin() as session:
        for dimension, value, at in dict.fromkeys(rows):
            session.add(
                Rollup(
                    installation_id="i1", definitions=names.DEFINITIONS, dimension=dimension, value=value, day=at,
                    cells=b"", large=b"",
                )
            )  # fmt: skip
    with database.read() as session:
        assert names.seen(session, "i1", since=day) == {("brand", "7"), ("bot", "-1"), ("group", "71")}
        assert ("brand", "6") in names.seen(session, "i1", since=day - timedelta(days=30))


def test_people_may_type_names_or_numbers(database: Database, installation: Installation, now: datetime) -> None:
    with database.begin() as session:
        names.keep(session, "i1", {"brand": {"7": "Shop", "8": "SHOP", "9": "Outlet"}, "bot": {"3": "Outlet"}}, now=now)
        assert names.values_called(session, "i1", "brand", ["outlet", "shop", "7", "?"]) == ["9", "7", "8", "7", "?"]


def test_names_go_with_their_installation(database: Database, installation: Installation, now: datetime) -> None:
    with database.begin() as session:
        names.keep(session, "i1", {"brand": {"7": "Shop"}}, now=now)
        session.delete(session.get_one(Installation, "i1"))
    with database.read() as session:
        assert list(names.known(session, None)) == []
        assert get(session, "i1", "names") is None
