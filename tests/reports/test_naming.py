"""What a value is called wherever it is shown, and how two that have the same name are told apart."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from rich.console import Console

from service.conversation import Author, Conversation, Event, EventKind, Message, Role
from service.figures.catalogue import figure
from service.figures.rates import Rate
from service.figures.results import share
from service.reports.figures import Answer, Cell, Question, to_json
from service.reports.naming import NO_LABELS, Labels, labels
from service.reports.table import show, write_csv
from service.store import dimension_names, installations
from service.store.database import Database
from service.store.figures import Period

EFFORT = figure("effort")
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def two(database: Database) -> Database:
    """A Zendesk of acme, an Intercom of beta."""
    with database.begin() as session:
        for name, connector, account in (("i1", "zendesk", "acme"), ("i2", "intercom", "beta")):
            new = installations.NewInstallation(
                connector=connector, account=account, base_url="https://x.example/", secrets=b"locked", prefix="dm__",
                id=name,
            )  # fmt: skip
            installations.add(session, new, now=NOW)
    return database


def told(database: Database, first: dict[str, str], second: dict[str, str], only: list[str] | None = None) -> Labels:
    with database.begin() as session:
        dimension_names.keep(session, "i1", {"group": first}, now=NOW)
        dimension_names.keep(session, "i2", {"group": second}, now=NOW)
        return labels(session, only)


def test_a_name_alone_is_the_name(two: Database) -> None:
    found = told(two, {"7": "Care", "8": "Billing"}, {"9": "Sales", "7": "Care"})
    assert [found.of("group", value) for value in ("7", "8", "9", "10")] == ["Care", "Billing", "Sales", "10"]
    assert found.of("inbox", "8") == "Billing"
    assert (found.of("brand", "7"), found.name("group", "10"), found.name("group", None)) == ("7", None, None)
    assert found.name("inbox", "7") == "Care"


def test_the_same_name_on_two_accounts_says_which(two: Database) -> None:
    found = told(two, {"7": "Care"}, {"9": "Care"})
    assert [found.of("group", value) for value in "79"] == ["Care · acme (Zendesk)", "Care · beta (Intercom)"]
    assert told(two, {}, {}, ["i1"]).of("group", "7") == "Care"
    assert told(two, {}, {}, ["i1"]).of("group", "9") == "9"


def test_the_same_number_with_two_names_says_both(two: Database) -> None:
    found = told(two, {"1": "Shop"}, {"1": "Outlet"})
    assert found.of("group", "1") == "Shop · acme (Zendesk) / Outlet · beta (Intercom)"


def test_the_same_name_twice_on_one_account_shows_the_number(two: Database) -> None:
    found = told(two, {"7": "Care", "8": "Care"}, {})
    assert [found.of("group", value) for value in "78"] == ["Care · acme (Zendesk) [7]", "Care · acme (Zendesk) [8]"]


def test_a_conversation_to_look_at(two: Database) -> None:
    with two.begin() as session:
        told_names = {"group": {"7": "Care"}, "brand": {"1": "Shop"}, "bot": {"3": "Fern"}}
        dimension_names.keep(session, "i1", told_names, now=NOW)
        found = labels(session, ["i1"])
    read = Conversation(
        id="x",
        brand="1",
        inbox="7",
        messages=(
            Message("m1", Author(Role.CUSTOMER, "c"), "hello"),
            Message("m2", Author(Role.BOT, "3"), "hi"),
            Message("m3", Author(Role.AGENT, "a", "7"), "good day"),
        ),
        events=(
            Event("e1", EventKind.HANDOFF, target="7"),
            Event("e2", EventKind.CHANNEL_CHANGED, origin="7", target="email"),
        ),
    )
    shown = found.conversation(read)
    assert (shown.inbox, [m.author.group for m in shown.messages]) == ("Care", [None, None, "Care"])
    assert [(e.origin, e.target) for e in shown.events] == [(None, "Care"), ("7", "email")]
    assert list(found.about(read)) == [("Brand", "Shop"), ("Bot", "Fern"), ("Team", "Care")]
    assert list(NO_LABELS.about(Conversation(id="y", messages=(), inbox="7"))) == [("Team", "7")]


def test_tables_csv_and_json_tell_the_name_beside_the_value() -> None:
    known = Labels({("brand", "7"): "=Shop"})
    value = share("kept", Rate(30, 40), least=1)
    cells = tuple(Cell(date(2026, 3, 1), of, (value,)) for of in ("7", "8", None))
    question = Question(date(2026, 3, 1), date(2026, 3, 2), (EFFORT,), Period.WHOLE, "brand")
    found = [Answer(EFFORT, cells)]
    console = Console(file=io.StringIO(), width=100)
    show(console, question, found, whole=True, labels=known)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert [line.strip() for line in shown.splitlines() if "brand" in line] == [
        "brand =Shop", "brand 8", "brand (none)",
    ]  # fmt: skip
    written = io.StringIO()
    write_csv(written, question, found, known)
    rows = list(csv.DictReader(io.StringIO(written.getvalue())))
    assert [(row["dimension_value"], row["dimension_name"]) for row in rows] == [("7", "'=Shop"), ("8", ""), ("", "")]
    (figure_json,) = to_json(question, found, labels=known)["figures"]
    assert [(cell["of"], cell["name"]) for cell in figure_json["cells"]] == [("7", "=Shop"), ("8", None), (None, None)]
