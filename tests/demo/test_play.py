"""The demo as a stranger starts it, and that it does not say "ok" when something is missing."""

from __future__ import annotations

import fcntl
import io
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from click.testing import CliRunner
from rich.console import Console

from connectors.intercom.sandbox import Sandbox as IntercomSandbox
from connectors.zendesk.sandbox import Sandbox as ZendeskSandbox
from service.cli import main
from service.conversation import Author, Message, Role
from service.demo import play, run
from service.demo.play import Demo, Helpdesk
from service.demo.run import demo_settings, temporary_folder, verdicts
from service.demo.story import Story, read_stories, stories
from service.embedded import EmbeddedError
from service.store.database import Database
from service.store.secrets import SecretBox

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DESKMARK = str(Path(sys.executable).with_name("deskmark"))
NOTE = "Deskmark: outcome likely (definitions 1, times UTC)\nref 0123abcd-1"

EXPECTS_TOO_MUCH = """
@ good | zendesk | messaging | ana | -90
C Do you deliver to Norway?
B Yes, we deliver to Norway. It takes 4 to 6 days.
C good
= resolution__likely
@ not-so | intercom | messaging | bea | -80
C Do you deliver to Norway?
B Yes, we deliver to Norway. It takes 4 to 6 days.
C good
= escalation__missed
! note
@ not-nothing | intercom | messaging | cleo | -70
C How do I exchange a jacket?
B Open My orders, pick the jacket and choose Exchange.
C that worked, thanks
= none
"""

STAYS = f"""
import sys
from pathlib import Path
from rich.console import Console
from service.demo.run import demo_settings, run
from service.demo.story import read_stories
told = {EXPECTS_TOO_MUCH!r}
settings = demo_settings(Path(sys.argv[1]), 0)
sys.exit(run(settings, console=Console(), stay=True, tell=lambda now: read_stories(told, now)))
"""


def nothing_runs(folder: Path) -> bool:
    """Whether every process of the data folder is gone: each holds this lock for as long as it lives."""
    with (folder / "run" / "children.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def row_of(table: str, name: str) -> str:
    return next(line for line in table.splitlines() if line.split()[:1] == [name])


@pytest.fixture
def signals() -> Iterator[None]:
    """The demo takes the signals over; they are given back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_the_demo_from_the_command_line(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    command = [DESKMARK, "demo", "--once", "--no-history", "--port", "0", "--data-dir", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    told = stories(NOW)
    rows = [row_of(done.stdout, story.name) for story in told]
    assert all(row.rstrip().endswith("ok") for row in rows)
    assert "missing:" not in done.stdout
    for story, row in zip(told, rows, strict=True):
        assert story.conversation.helpdesk in row
        assert all(tag in row for tag in story.expected_tags)
        assert story.expects_nothing or re.search(r"\d+\.\d\b", row), row
    summary = re.search(r"(\d+) conversations, (\d+) tags and (\d+) notes written, in \d+ seconds", done.stdout)
    assert summary is not None
    assert int(summary[1]) == len(told) >= 44
    assert int(summary[2]) >= sum(len(story.expected_tags) for story in told)
    assert int(summary[3]) >= sum(story.expects_note for story in told)
    assert nothing_runs(folder)


def test_a_demo_that_stays_ends_with_ctrl_c_and_says_what_is_missing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STAYS, str(tmp_path)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, env={**os.environ, "PYTHONUNBUFFERED": "1"}, **pipes) as demo:
        assert demo.stdout is not None
        said = []
        for line in demo.stdout:
            said.append(line)
            if "Ctrl-C stops the demo" in line:
                break
        else:
            pytest.fail("".join(said))
        page = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert page is not None
        with urlopen(f"{page[0]}/healthz", timeout=10) as answer:
            assert answer.status == 200
        demo.send_signal(signal.SIGINT)
        said.append(demo.stdout.read())
        assert demo.wait(60) == 1
    table = "".join(said)
    assert row_of(table, "good").rstrip().endswith("ok")
    assert "missing: dm__escalation__missed, note" in row_of(table, "not-so")
    assert "missing: dm__resolution__confirmed should not be there" in row_of(table, "not-nothing")
    assert "2 conversations lack an expected write-back" in table
    assert "Stopping" in table
    assert "Starting a local Zendesk" in said[0], "at once, also in a pipe"
    assert "conversations played into the helpdesks: 3 of 3" in table
    assert "read, scored and written back: 3 of 3" in table
    assert nothing_runs(tmp_path)
    with pytest.raises(URLError):
        urlopen(page[0], timeout=10)


@pytest.mark.usefixtures("signals")
def test_a_service_that_gets_stuck_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "ROUND_SECONDS", 0.0)
    text = EXPECTS_TOO_MUCH + "@ second-round | zendesk | email | ana | -5 | later\nC Hello again\n= repeat__of"
    told = io.StringIO()
    settings = demo_settings(tmp_path, 0)
    console = Console(file=told)
    assert run.run(settings, console=console, stay=False, tell=lambda now: read_stories(text, now)) == 1
    assert "did not finish in time" in told.getvalue()
    assert "missing: never played" in row_of(told.getvalue(), "second-round")
    assert nothing_runs(tmp_path)


@pytest.fixture
def demo(sqlite_url: str, secret_key: str) -> Iterator[tuple[Demo, ZendeskSandbox]]:
    """A demo whose service does not run."""
    database = Database(sqlite_url)
    with ZendeskSandbox(retry_delay=0.02) as zendesk, IntercomSandbox(retry_delay=0.02) as intercom:
        helpdesks = (Helpdesk("zendesk", zendesk, zendesk.options), Helpdesk("intercom", intercom, {}))
        made = Demo(database, SecretBox(secret_key), helpdesks, "http://127.0.0.1:9")
        yield made, zendesk
    database.close()


def lamp(*notes: str, how: str = "", expects: str = "= ") -> Story:
    head = f"@ lamp | zendesk | messaging | ana | -90 | {how}\n"
    (story,) = read_stories(f"{head}C my lamp is broken\nB Press the button.\nC ok\n{expects}", NOW)
    conversation = story.conversation
    posted = tuple(
        Message(f"n{i}", Author(Role.AGENT, "agent-1"), text, NOW - timedelta(minutes=60 - i), internal=True)
        for i, text in enumerate(notes)
    )
    return replace(story, conversation=replace(conversation, messages=(*conversation.messages, *posted)))


@pytest.mark.parametrize(
    ("story", "missing"),
    [
        (lamp(), ()),
        (lamp(NOTE), ()),
        (lamp("just a note of a colleague", expects="! note"), ("note",)),
        (lamp(NOTE, NOTE), ("a note stands twice",)),
        (lamp(NOTE, NOTE.replace("abcd-1", "abcd-2")), ()),
        (lamp(expects="= resolution__likely"), ("dm__resolution__likely",)),
    ],
)
def test_what_stands_on_the_helpdesk_decides(
    demo: tuple[Demo, ZendeskSandbox], story: Story, missing: tuple[str, ...]
) -> None:
    made, zendesk = demo
    counted: list[int] = []
    made.play([story], counted.append)
    (played,) = made.outcome([story])
    assert counted == [1]
    assert played.missing == missing
    assert played.card is None
    assert played.seconds is None
    zendesk.tag(played.number, "dm__resolution__likely")
    assert "dm__resolution__likely" in made.outcome([story])[0].tags


def test_a_tag_where_there_should_be_none(demo: tuple[Demo, ZendeskSandbox]) -> None:
    made, zendesk = demo
    story = lamp(how="ignore", expects="= none")
    made.play([story], lambda _: None)
    (played,) = made.outcome([story])
    assert played.missing == ()
    zendesk.tag(played.number, "dm__review")
    assert made.outcome([story])[0].missing == ("dm__review should not be there",)


def test_a_card_in_few_words() -> None:
    scores: dict[str, dict[str, Any]] = {
        "containment": {"verdict": "human_only"},
        "escalation": {"verdict": None},
        "context_repeat": {"verdict": "repeated"},
        "effort": {"verdict": "high"},
        "repeat_contact": {"verdict": None, "details": {"repeat_of": "7"}},
    }
    assert list(verdicts({"scores": scores})) == [
        "outcome human only",
        "context repeated",
        "effort high",
        "repeat of 7",
    ]
    assert list(verdicts(None)) == []


def test_a_folder_that_is_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "deskmark.sqlite3").write_text("somebody's conversations")
    result = CliRunner().invoke(main, ["demo", "--once", "--port", "0", "--data-dir", str(tmp_path)])
    assert result.exit_code == 1
    assert "is no empty folder" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["deskmark.sqlite3"]


@pytest.mark.parametrize("make", [lambda path: path, lambda path: path.mkdir() or path], ids=["new", "empty"])
def test_a_new_or_empty_folder_is_kept(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    chosen = make(tmp_path / "demo")
    with temporary_folder(chosen) as folder:
        assert folder == chosen


def test_without_a_folder_nothing_is_left(tmp_path: Path) -> None:
    with temporary_folder(None) as folder:
        (folder / "database").write_text("rows")
    assert not folder.exists()
    (tmp_path / "file").write_text("a file is no folder")
    with pytest.raises(EmbeddedError), temporary_folder(tmp_path / "file"):
        pass


@pytest.mark.usefixtures("signals")
def test_a_port_that_is_taken_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(main, ["demo", "--once", "--port", port, "--data-dir", str(tmp_path)])
    assert result.exit_code == 1
    assert port in result.output
    assert "Traceback" not in result.output
