"""`deskmark backfill` as an admin types it, where no worker runs, against a stand-in helpdesk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from meanwhile import ctrl_c_after
from rich.console import Console
from sqlalchemy import func, select

from connectors.intercom.sandbox import Sandbox
from connectors.limiter import Limiter
from connectors.registry import connectors
from service.cli import main
from service.commands import backfill as command
from service.conversation import Author, Contact, Conversation, Message, Role
from service.embedded import own_settings
from service.reports.backfill import Standing
from service.store import backfills, installations
from service.store.backfill_models import BackfillState
from service.store.database import Database, migrate
from service.store.installations import IMPORTED
from service.store.models import Conversation as Row
from service.store.models import State
from service.store.people_models import AuditEntry
from service.store.secrets import SecretBox
from tasks import backfilling
from tasks.alone import alone
from tasks.runtime import Clients

Run = Callable[..., Result]
BEGIN = datetime.now(UTC) - timedelta(days=2)


@pytest.fixture
def desk() -> Iterator[Sandbox]:
    with Sandbox() as running:
        for number in range(3):
            contact = Contact(id=f"{number:024x}")
            said = ((Role.CUSTOMER, "Where is my parcel?"), (Role.AGENT, "On its way."))
            messages = tuple(
                Message(str(n), Author(role), text, BEGIN + timedelta(minutes=n)) for n, (role, text) in enumerate(said)
            )
            closed = BEGIN + timedelta(hours=1)
            running.seed(Conversation(id=str(number), messages=messages, contact=contact, closed_at=closed))
        yield running


@pytest.fixture
def database(tmp_path: Path, desk: Sandbox) -> Iterator[Database]:
    settings = own_settings(data_dir=tmp_path)
    migrate(settings.database)
    database = Database(settings.database)
    box = SecretBox(settings.secret_key.get_secret_value())
    with database.begin() as session:
        for name, options in (("desk", {}), ("file", {IMPORTED: True})):
            new = installations.NewInstallation(
                connector="intercom", account=name, base_url=desk.base_url, secrets=box.lock(dict(desk.secrets)),
                prefix="dm__", options=options, id=name,
            )  # fmt: skip
            installations.add(session, new, now=BEGIN)
    yield database
    database.close()


@pytest.fixture
def run(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(command, "PATIENCE", 0.0)
    monkeypatch.setattr(command, "LOOK", 0.01)

    def invoke(*arguments: str) -> Result:
        environment = {"DESKMARK_DATA_DIR": str(tmp_path), "DESKMARK_SANDBOX": "true"}
        return CliRunner().invoke(main, ["backfill", *arguments], env=environment)

    return invoke


def test_where_no_worker_runs_it_reads_and_scores_by_itself(run: Run, database: Database) -> None:
    came = run("desk", "--since", (BEGIN - timedelta(days=1)).date().isoformat(), "--share", "80%")

    assert came.exit_code == 0, came.output
    assert "this command does it by itself" in came.output
    assert "done: " in came.output
    assert "80% of the limits" in came.output
    assert "3 of 3 conversations" in came.output
    assert "3 stored" in came.output
    assert "requests" in came.output
    with database.read() as session:
        scored = select(func.count()).select_from(Row).where(Row.backfilled, Row.state == State.SCORED)
        assert session.scalar(scored) == 3
        assert session.scalars(select(AuditEntry.action)).all() == ["begin backfill"]


def test_paused_told_of_resumed_and_dropped(run: Run, database: Database) -> None:
    with database.begin() as session:
        now = datetime.now(UTC)
        backfills.begin(session, "desk", since=BEGIN - timedelta(days=1), until=now, share=50, now=now)
    assert "under way" in run("desk", "--since", "2026-01-01").output
    assert "running" in run("desk", "--status").output
    assert run("desk", "--stop").output.startswith("paused")
    assert run("desk", "--stop").exit_code == 1
    resumed = run("desk", "--resume")
    assert "3 stored" in resumed.output
    assert "nothing is left to do" in run("desk", "--resume").output
    assert "There is no backfill" in run("desk", "--drop").output
    assert "there is no backfill" in run("desk", "--drop").output
    assert "There is no backfill" in run("desk", "--status").output


def test_a_failed_one_says_why(run: Run, database: Database) -> None:
    with database.begin() as session:
        now = datetime.now(UTC)
        row = backfills.begin(session, "desk", since=BEGIN, until=now, share=50, now=now)
        row.state, row.error = BackfillState.FAILED, "needs the token of an admin"
    came = run("desk", "--status")
    assert came.exit_code == 1
    assert "needs the token of an admin" in came.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("desk",), "name one of"),
        (("desk", "--stop", "--resume"), "name one of"),
        (("desk", "--since", "2999-01-01"), "both in the past"),
        (("desk", "--since", "soon"), "is no date"),
        (("desk", "--since", "2026-01-01", "--share", "0"), "no share such as 50%"),
        (("nobody", "--status"), "no helpdesk is connected as nobody"),
        (("file", "--since", "2026-01-01"), "come from a file"),
    ],
)
def test_what_cannot_be_is_said(run: Run, arguments: tuple[str, ...], words: str) -> None:
    came = run(*arguments)
    assert came.exit_code != 0
    assert words in came.output


def test_interrupted_it_says_how_to_go_on(run: Run) -> None:
    with ctrl_c_after("UPDATE backfill"):
        came = run("desk", "--since", "2026-01-01")
    assert came.exit_code == command.INTERRUPTED
    assert "deskmark backfill desk --resume" in came.output


def test_without_a_model_it_says_so(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKMARK_MODEL_DIR", str(tmp_path / "nothing"))
    came = run("desk", "--since", BEGIN.date().isoformat())
    assert (came.exit_code, "DESKMARK_MODEL_DIR" in came.output) == (1, True)


def test_a_limit_is_waited_for(run: Run, desk: Sandbox) -> None:
    desk.refuse_next(1, seconds=1)
    came = run("desk", "--since", (BEGIN - timedelta(days=1)).date().isoformat())
    assert "3 stored" in came.output


def test_a_bar_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    now = Standing(
        state=BackfillState.RUNNING, since=moment, until=moment, share=50, found=100, done=40, unscored=7, calls=9,
        per_minute=20.0, left=timedelta(minutes=3), told=(), error=None, wait_until=moment, changed_at=moment,
    )  # fmt: skip
    assert command.short(now) == ["20/min", "3 min left", "waiting until 09:00:00 UTC"]
    console = Console(force_terminal=True, width=120, record=True)
    monkeypatch.setattr(command, "Console", lambda **_: console)
    with command.Bar() as bar:
        bar.show(now)
        bar.say("a word")
        bar.show(now)
    assert "40/100" in console.export_text()


def test_where_a_worker_takes_it_up_the_command_only_watches(
    run: Run, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "PATIENCE", 60.0)
    settings = own_settings(data_dir=tmp_path)
    worker = replace(alone(settings, database), clients=Clients(connectors(), Limiter(), local=True))
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            backfilling.work_on_all(worker)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        came = run("desk", "--since", (BEGIN - timedelta(days=1)).date().isoformat())
    finally:
        stop.set()
        thread.join()
    assert "by itself" not in came.output
    assert "3 stored" in came.output
    assert "3 wait to be scored" in came.output
