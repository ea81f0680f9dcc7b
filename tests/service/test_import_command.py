"""`deskmark import` as a person runs it: what comes out, what is told, and what stands in a data folder afterwards."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from service.cli import main
from service.embedded import own_settings
from service.store import installations
from service.store.database import Database
from service.store.models import Conversation, Installation, Scorecard, State, WriteState

TURNS = (
    ("user", "Where is my parcel? It should have come on Monday."),
    ("bot", "Parcels take five days."),
    ("user", "Thank you, that answers it."),
)


def conversation(number: int, day: int = 5, **more: Any) -> dict[str, Any]:
    start = 1767603600 + 86400 * (day - 5)  # 5 January 2026, 9 h
    parts = [
        {"id": f"{number}-{n}", "part_type": "comment", "body": text, "created_at": start + 60 * n,
         "author": {"type": kind, "id": "c1" if kind == "user" else "b"}}
        for n, (kind, text) in enumerate(TURNS) if n
    ]  # fmt: skip
    parts.append({"id": f"{number}-c", "part_type": "close", "created_at": start + 600, "author": {"type": "bot"}})
    return {"type": "conversation", "id": str(number), "created_at": start, "state": "closed",
            "source": {"type": "conversation", "body": TURNS[0][1], "author": {"type": "user", "id": "c1"}},
            "contacts": {"contacts": [{"id": "c1"}]}, "conversation_parts": {"conversation_parts": parts},
            **more}  # fmt: skip


def lines(*records: object) -> str:
    return "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    def invoke(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, ["import", *arguments], input=typed)

    return invoke


def test_documents_come_out_and_can_be_scored(run: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl.gz"
    file.write_bytes(gzip.compress(lines(conversation(1), conversation(2)).encode()))
    done = run("intercom", str(file), "--account", "acme")
    assert done.exit_code == 0, done.output
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(d["helpdesk"], d["account"], d["id"]) for d in documents] == [
        ("intercom", "acme", "1"),
        ("intercom", "acme", "2"),
    ]
    assert done.stderr == "deskmark: 2 conversations\n"
    scored = CliRunner().invoke(main, ["score", "-"], input=done.stdout)
    assert [json.loads(line)["id"] for line in scored.stdout.splitlines()] == ["1", "2"]


def test_bad_records_are_told_and_the_rest_comes_out(run: Callable[..., Result], tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    typed = lines(conversation(1), "{", {"id": 3}, conversation(4, state="open"), conversation(5))
    done = run("intercom", "-", "-o", str(out), typed=typed)
    assert out.stat().st_mode & 0o777 == 0o600
    assert done.exit_code == 1
    assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == ["1", "5"]
    assert done.stderr.splitlines() == [
        "-: record 2: is no JSON: Expecting property name enclosed in double quotes at character 3",
        "-: record 3: is no conversation, contact, team or tag of Intercom",
        "deskmark: 2 conversations, 1 not ended yet (left out), 2 records not usable",
    ]


def ticket(number: int, author: int) -> dict[str, Any]:
    """A ticket of Zendesk's export with one answer, by `author`."""
    at, via = "2026-01-05T09:00:00Z", {"channel": "web"}
    said = ((501, "Where is my parcel?"), (author, "Parcels take five days."))
    comments = [
        {"id": n, "author_id": who, "body": text, "public": True, "created_at": at, "via": via}
        for n, (who, text) in enumerate(said)
    ]
    return {"id": number, "status": "closed", "via": via, "created_at": at, "comments": comments,
            "requester": {"id": 501, "email": "quinn@example.com", "role": "end-user"}}  # fmt: skip


def test_authors_of_unknown_role_are_told_with_what_to_do(run: Callable[..., Result]) -> None:
    typed = lines(*(ticket(number, 800 + number // 2) for number in range(13)))
    done = run("zendesk", "-", "--bot-author", "806", typed=typed)
    assert done.exit_code == 0
    count, warning = done.stderr.splitlines()
    assert count == "deskmark: 13 conversations"
    assert warning == (
        "warning: 12 conversations have messages by authors of unknown role, most often 800 (2), 801 (2), 802 (2), "
        "803 (2), 804 (2); name those that are bots with --bot-author"
    )
    one = run("zendesk", "-", typed=lines(ticket(1, 800)))
    assert "warning: 1 conversation has messages by authors of unknown role, most often 800 (1);" in one.stderr


def test_a_bot_author_who_is_nobody_is_told(run: Callable[..., Result], tmp_path: Path) -> None:
    people = {"users": [{"id": 800, "role": "agent", "email": "Assistant@example.com", "active": True}]}
    named = ("--bot-author", "assistant@*", "--bot-author", "bto@*", "--bot-author", "8000")
    done = run("zendesk", "-", *named, typed=lines(people, ticket(1, 800)))
    assert done.exit_code == 0
    assert done.stderr.splitlines()[1:] == [
        "warning: --bot-author bto@* matches nobody who wrote a message",
        "warning: --bot-author 8000 matches nobody who wrote a message",
    ]
    other = conversation(1)
    other["conversation_parts"]["conversation_parts"].append(
        {"id": "x", "part_type": "comment", "body": "More?", "created_at": other["created_at"] + 300,
         "author": {"type": "admin", "id": "9", "email": "Assistant@example.com"}}
    )  # fmt: skip
    done = run("intercom", "-", *named, "--into", str(tmp_path / "data"), typed=lines(other))
    assert done.exit_code == 0
    assert [line.split()[2] for line in done.stderr.splitlines() if "warning" in line] == ["bto@*", "8000"]


def test_many_bad_records_are_counted(run: Callable[..., Result]) -> None:
    done = run("zendesk", "-", typed=lines(*({"id": n} for n in range(30))))
    told = done.stderr.splitlines()
    assert len(told) == 22
    assert told[-1] == "deskmark: 0 conversations, 30 records not usable"


def test_what_cannot_be_an_export_is_refused(run: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "messages.csv"
    file.write_text("id,body\n1,hello\n")
    done = run("intercom", str(file))
    assert done.exit_code == 1
    assert "messages.csv: it holds no JSON" in done.output
    damaged = tmp_path / "cut.jsonl.gz"
    whole = gzip.compress(lines(*(conversation(n, subject=os.urandom(99).hex()) for n in range(50))).encode())
    damaged.write_bytes(whole[: len(whole) // 2])
    done = run("intercom", str(damaged))
    assert done.exit_code == 1
    assert "ends early or is damaged" in done.stderr
    assert run("zendesk", str(tmp_path / "none.json")).exit_code == 2
    assert "one of both" in run("zendesk", str(file), "--into", "x", "--output", "y").output


def test_what_cannot_be_written_is_said(run: Callable[..., Result], tmp_path: Path) -> None:
    done = run("intercom", "-", "-o", str(tmp_path / "none" / "out.jsonl"), typed=lines(conversation(1)))
    assert done.exit_code == 1
    assert "out.jsonl: No such file or directory" in done.output
    assert isinstance(done.exception, SystemExit)


def test_whoever_stops_reading_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    file.write_text(lines(*(conversation(n) for n in range(300))))
    command = f"{Path(sys.executable).with_name('deskmark')} import intercom {file} | head -n 1"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout)["id"] == "0"
    assert "Traceback" not in done.stderr


def test_into_a_data_folder_without_any_helpdesk(run: Callable[..., Result], tmp_path: Path) -> None:
    folder = tmp_path / "data"
    done = run("intercom", "-", "--into", str(folder), typed=lines(conversation(1), conversation(2)))
    assert done.exit_code == 0, done.output
    assert "deskmark: 2 conversations" in done.output
    database = Database(own_settings(data_dir=folder).database)
    with database.read() as session:
        (row,) = session.scalars(select(Installation)).all()
        assert installations.is_imported(row)
        assert (row.enabled, row.writing) == (False, False)
        kept = session.scalars(select(Conversation).order_by(Conversation.external_id)).all()
        assert [(c.state, c.write_state, c.due_at) for c in kept] == [(State.SCORED, WriteState.OFF, None)] * 2
        cards = {c.conversation_id: c.card for c in session.scalars(select(Scorecard).where(Scorecard.latest))}
    assert cards[kept[0].id]["scores"]["repeat_contact"]["verdict"] == "not_returned"

    # The customer comes back in a later file: the earlier conversation is judged anew.
    later = conversation(3)
    later["created_at"] += 3600
    for part in later["conversation_parts"]["conversation_parts"]:
        part["created_at"] += 3600
    again = run("intercom", "-", "--into", str(folder), typed=lines(later, conversation(2)))
    assert again.exit_code == 0, again.output
    with database.read() as session:
        cards = {c.card["id"]: c.card for c in session.scalars(select(Scorecard).where(Scorecard.latest))}
        assert session.scalars(select(Conversation.due_at)).all() == [None] * 3
    assert set(cards) == {"1", "2", "3"}
    assert cards["1"]["scores"]["repeat_contact"]["verdict"] == "returned"
    database.close()


@pytest.mark.usefixtures("no_helpdesk")
def test_a_connected_helpdesk_is_not_mixed_with_a_file(run: Callable[..., Result], tmp_path: Path) -> None:
    folder = str(tmp_path / "data")
    given = ["--account", "default", "--access-token", "t", "--client-secret", "s"]
    connected = CliRunner(env={"DESKMARK_DATA_DIR": folder}).invoke(
        main, ["installations", "connect", "intercom", *given]
    )
    assert connected.exit_code == 0, connected.output
    refused = run("intercom", "-", "--into", folder, typed=lines(conversation(1)))
    assert refused.exit_code == 1
    assert "intercom default is connected; name another account" in refused.output


def test_what_was_imported_is_never_written_to(run: Callable[..., Result], tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert run("intercom", "-", "--into", str(folder), typed=lines(conversation(1))).exit_code == 0
    database = Database(own_settings(data_dir=folder).database)
    with database.read() as session:
        row_id = session.scalars(select(Installation.id)).one()
    database.close()
    env = {"DESKMARK_DATA_DIR": str(folder), "PUBLIC_URL": "https://desk.example"}
    for asked in (("writing", row_id, "on"), ("test", row_id), ("prepare", row_id), ("guide", row_id), ("set", row_id)):
        refused = CliRunner(env=env).invoke(main, ["installations", *asked])
        assert refused.exit_code == 1
        assert "there is no helpdesk to talk to" in refused.output
    listed = CliRunner(env=env).invoke(main, ["installations"]).output
    assert listed == f"{row_id}  intercom default  from a file\n"
