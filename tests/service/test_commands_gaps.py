"""deskmark gaps and deskmark improvements, on a real database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typed import Run, typed

from service.commands.gaps import COMMANDS, _effect
from service.store import conversations, gaps, installations
from service.store.conversations import ReadConversation
from service.store.database import Database
from service.store.gaps import Assignment, Question


@pytest.fixture
def run(tmp_path: Path, database: Database) -> Run:
    return typed(COMMANDS, tmp_path, database, COLUMNS="100")


@pytest.fixture
def gap(database: Database) -> int:
    """One gap that two customers asked about."""
    now = datetime.now(UTC)
    with database.begin() as session:
        for name in ("i1", "i2"):
            new = installations.NewInstallation("zendesk", f"acme-{name}", "https://acme.example", b"", "dm__", id=name)
            row = installations.add(session, new, now=now)
            ids = [conversations.announce(session, row, key, at=now, now=now) for key in "12"]
            for row_id in ids:
                question = Question(1, "m0", "no_answer", negative=False, at=now - timedelta(days=3))
                gaps.keep_questions(session, name, row_id, [question])
            assigned = [Assignment(row_id, 1, 1) for row_id in ids]
            labels = {1: "wool [blanket] wash"}
            gaps.save_groups(session, name, "{}", labels=labels, merged={}, assigned=assigned, now=now)
        return gaps.listed(session, installation_ids=["i1"])[0].row.id


def test_nothing_yet(run: Run) -> None:
    assert "No knowledge gaps" in run("gaps").output
    assert "No improvements" in run("improvements").output
    assert run("gaps", "show", "7").output.strip() == "Error: there is no gap 7; see deskmark gaps"


def test_a_gap_from_open_to_fixed(run: Run, gap: int) -> None:
    listed = run("gaps", "--installation", "i1")
    assert listed.exit_code == 0
    assert "wool [blanket] wash" in listed.output
    assert " open " in listed.output
    assert "helpdesk" not in listed.output
    both = run("gaps").output.splitlines()
    assert both[0].split()[:3] == ["gap", "helpdesk", "state"]
    assert {line.split()[1] for line in both[1:]} == {"i1", "i2"}
    assert run("gaps", "acknowledge", str(gap), "--article", "77", "--audience", "content").exit_code == 0
    told = run("improvements", "add", "i1", "article_published", "article:77", "--title", "Washing wool")
    assert told.exit_code == 0, told.output
    shown = json.loads(run("gaps", "show", str(gap)).output)
    assert [step["state"] for step in shown["steps"]] == ["open", "acknowledged", "fixed"]
    assert (shown["article"], shown["audience"], shown["messages"]) == ("article:77", "content", 2)
    assert "Washing wool" in run("improvements").output
    assert f"gaps: {gap}" in run("improvements").output
    assert "too early to tell" in run("gaps").output


def test_an_effect_in_a_few_words() -> None:
    effect = {"messages_before": 9, "bot_conversations_before": 40, "messages_after": 2, "p": 0.04}
    assert _effect({**effect, "bot_conversations_after": 50}) == "9 of 40 -> 2 of 50 (p 0.040)"
    assert _effect({**effect, "bot_conversations_after": 0}) == "too early to tell"
    assert _effect(None) == ""


def test_json(run: Run, gap: int) -> None:
    found = json.loads(run("gaps", "--json").output)
    assert len(found) == 2
    assert {each["installation"] for each in found} == {"i1", "i2"}
    assert gap in {each["id"] for each in found}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("gaps", "--installation", "nobody"), "no helpdesk is connected as nobody"),
        (("gaps", "acknowledge", "99"), "there is no gap 99"),
        (("improvements", "--installation", "nobody"), "no helpdesk is connected as nobody"),
        (("improvements", "add", "nobody", "other", "x"), "no helpdesk is connected as nobody"),
        (("improvements", "add", "i1", "other", "x", "--gap", "99"), "there is no gap 99"),
        (("improvements", "add", "i1", "other", "x", "--at", "2999-01-01T00:00:00Z"), "lies ahead"),
        (("improvements", "add", "i1", "unheard", "x"), "'unheard' is not one of"),
    ],
)
def test_mistakes_say_what_to_do(run: Run, gap: int, arguments: tuple[str, ...], why: str) -> None:
    result = run(*arguments)
    assert result.exit_code != 0
    assert why in result.output


def test_a_gap_of_another_helpdesk_is_not_answered(run: Run, gap: int) -> None:
    result = run("improvements", "add", "i2", "other", "x", "--gap", str(gap))
    assert f"gap {gap} is of another helpdesk than i2" in result.output


def test_questions_that_wait_are_grouped_without_the_service(
    run: Run, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    with database.begin() as session:
        new = installations.NewInstallation("zendesk", "acme", "https://acme.example", b"", "dm__", id="i9")
        row = installations.add(session, new, now=now)
        for number in range(4):
            text = f"How do I wash the wool blanket number {number}?"
            told = {"id": str(number), "messages": [{"id": "m0", "author": {"role": "customer"}, "text": text}]}
            read = ReadConversation(
                document=told, there={}, channel="web", opened_at=now, ended_at=now, read_at=now, news=False
            )
            row_id = conversations.keep(session, row, str(number), read, now=now)
            question = Question(1, "m0", "no_answer", negative=False, at=now)
            gaps.keep_questions(session, "i9", row_id, [question])
    with monkeypatch.context() as patch:
        patch.setenv("DESKMARK_MODEL_DIR", str(tmp_path / "nothing"))
        done = run("gaps", "group")
        assert (done.exit_code, "DESKMARK_MODEL_DIR" in done.output) == (1, True)
    assert run("gaps", "group").output.strip() == "4 questions grouped."
    (found,) = json.loads(run("gaps", "--json").output)
    assert found["messages"] == 4
    assert run("gaps", "group").output.strip() == "0 questions grouped."
