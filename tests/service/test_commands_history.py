"""rescore and reviews import, as an admin types them, on a data folder with scored conversations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count as count_from
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from meanwhile import ctrl_c_after, meanwhile
from sqlalchemy import func, select, update

from service.card_document import card_document
from service.cli import main
from service.commands import rescore as commands_rescore
from service.conversation import Author, Conversation, Message, Role
from service.document import to_document
from service.embedded import own_settings
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.scoring.definitions import VERDICTS
from service.scoring.score import History, Policy
from service.scoring.scorecard import score_conversation
from service.store import conversations, installations, results
from service.store.database import Database, migrate
from service.store.figure_models import DirtyDay, FactRow, Review
from service.store.models import Conversation as Row
from service.store.models import Scorecard, State

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Run = Callable[..., Result]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Three conversations with cards of the first version and no facts, as before an upgrade."""
    url = own_settings(data_dir=tmp_path).database
    migrate(url)
    database = Database(url)
    embedder = CachedEmbedder(MiniLM(), MemoryCache())
    with database.begin() as session:
        for name in ("zendesk", "intercom"):
            new = installations.NewInstallation(
                connector=name, account="acme", base_url="https://x.example", secrets=b"", prefix="dm__", id=name
            )
            row = installations.add(session, new, now=NOW)
            if name == "zendesk":
                zendesk = row
        for number in range(3):
            told = talk(str(number))
            key = conversations.announce(session, zendesk, str(number), at=NOW, now=NOW)
            cards = score_conversation(told, History(NOW), Policy(), embedder, version="1")
            results.save_cards(session, key, [card_document(card) for card in cards], now=NOW)
            stored = session.get_one(Row, key)
            stored.document, stored.state, stored.ended_at, stored.due_at = to_document(told), State.SCORED, NOW, None
    return database


def talk(number: str) -> Conversation:
    lines = (
        (Role.CUSTOMER, "Where is my parcel?"),
        (Role.BOT, "It comes tomorrow."),
        (Role.CUSTOMER, "Great, thanks!"),
    )
    messages = tuple(
        Message(str(i), Author(role), text, NOW + timedelta(minutes=i)) for i, (role, text) in enumerate(lines)
    )
    return Conversation(number, messages, helpdesk="zendesk", account="acme", opened_at=NOW)


@pytest.fixture
def run(tmp_path: Path, database: Database) -> Run:
    def invoke(*arguments: str) -> Result:
        return CliRunner(env={"DESKMARK_DATA_DIR": str(tmp_path)}).invoke(main, arguments)

    return invoke


def count(database: Database, table: Any, *where: Any) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def test_rescore_keeps_both_versions_and_adds_their_days_up(run: Run, database: Database) -> None:
    done = run("rescore")
    assert (done.exit_code, done.output) == (0, "3 conversations under definitions 2.\n")
    assert [count(database, Scorecard, Scorecard.definitions == version) for version in "12"] == [3, 3]
    assert count(database, FactRow, FactRow.definitions == "2") == 3
    assert count(database, DirtyDay) == 0
    again = run("rescore", "--definitions", "1", "--since", "2026-03-02T00:00:00Z")
    assert again.output == "3 conversations under definitions 1.\n"
    assert count(database, FactRow) == 6


def test_rescore_of_nothing(run: Run) -> None:
    for since in ("2030-01-01T00:00:00Z", "2026-03-03"):
        assert run("rescore", "--since", since).output == "0 conversations under definitions 2.\n"
    assert run("rescore", "--since", "2026-03-02").output == "3 conversations under definitions 2.\n"
    assert "is no date such as 2026-01-22 or ISO 8601 time" in run("rescore", "--since", "soon").output


def test_an_unknown_version_is_explained(run: Run) -> None:
    done = run("rescore", "--definitions", "7")
    assert done.exit_code == 2
    assert "'7' is not one of '1', '2'" in done.output


def test_rescore_can_be_interrupted(run: Run) -> None:
    with ctrl_c_after("UPDATE rescoring"):
        done = run("rescore")
    assert done.exit_code == commands_rescore.INTERRUPTED
    assert "The same command goes on from here." in done.output
    assert run("rescore").output == "3 conversations under definitions 2.\n"


def test_skipped_conversations_are_told(run: Run, database: Database) -> None:
    read = count_up(NOW)

    def scored_by_a_worker() -> None:
        with database.begin() as session:
            which = Row.id == conversations.conversation_id("zendesk", "acme", "1")
            session.execute(update(Row).where(which).values(read_at=next(read)))

    with meanwhile("conversation.document,", scored_by_a_worker):
        done = run("rescore")
    assert "1 were skipped: workers scored them meanwhile." in done.output


def count_up(moment: datetime) -> Iterator[datetime]:
    """Later and later."""
    return (moment + timedelta(seconds=number) for number in count_from(1))


def test_without_the_model_the_error_names_the_setting(tmp_path: Path, run: Run, monkeypatch: Any) -> None:
    monkeypatch.setenv("DESKMARK_MODEL_DIR", str(tmp_path / "nothing"))
    done = run("rescore")
    assert done.exit_code == 1
    assert "DESKMARK_MODEL_DIR" in done.output


def review(**changes: Any) -> dict[str, Any]:
    line = {"conversation": "1", "score": "containment", "verdict": "likely", "reviewer": "r1", "helpdesk": "zendesk"}
    return {**line, **changes}


def test_reviews_are_kept_once_and_bad_lines_are_told(run: Run, database: Database, tmp_path: Path) -> None:
    lines = [
        review(), review(reviewer="r2", episode=1, at="2026-03-02T10:00:00Z"), review(conversation="unknown"),
        review(helpdesk=None), review(account="other"), review(verdict="fine"), review(episode=2),
        review(verdict="human_only"),
    ]  # fmt: skip
    file = tmp_path / "reviews.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    done = run("reviews", "import", str(file))
    assert done.exit_code == 1
    told = [line.partition("line ")[2] for line in done.output.splitlines()[:-1]]
    assert told == [
        "3: no such conversation or episode was scored",
        "4: name the helpdesk with --installation",
        "5: no such helpdesk is connected",
        f"6: containment never says so; it says {', '.join(VERDICTS['containment'] or ())}",
        "7: no such conversation or episode was scored",
        "8: containment cannot be human_only here: who wrote as a bot is read, not judged",
    ]
    assert "2 reviews are kept." in done.output
    assert run("reviews", "import", str(file), "--installation", "zendesk").exit_code == 1
    assert count(database, Review) == 2


def test_a_file_without_reviews_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text("number,opinion\n")
    done = run("reviews", "import", str(file))
    assert done.exit_code == 2
    assert "the first line names no column" in done.output


def test_a_good_file_is_silent(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text("conversation,score,verdict,reviewer\n1,containment,likely,r1\n")
    done = run("reviews", "import", str(file), "--installation", "zendesk")
    assert (done.exit_code, done.output) == (0, "1 reviews are kept.\n")


def test_reviews_count_on_the_days_of_their_conversations(run: Run, tmp_path: Path) -> None:
    # Reviewed today, of conversations of a past month: the figures' own last days.
    assert run("rescore").exit_code == 0
    file = tmp_path / "reviews.jsonl"
    file.write_text("\n".join(json.dumps(review(conversation=str(n), reviewer=who)) for n in range(3) for who in "ab"))
    assert run("reviews", "import", str(file)).exit_code == 0

    def cases(*options: str) -> dict[str, int]:
        done = run("figures", "--figure", "review_agreement", "--format", "json", *options)
        cells = json.loads(done.stdout)["figures"][0]["cells"]
        return {value["name"]: value["n"] for cell in cells for value in cell["values"]}

    assert cases() == {"deskmark.agreement": 6, "deskmark.kappa": 6, "reviewers.agreement": 3, "reviewers.kappa": 3}
    assert cases("--since", "2026-03-03", "--until", "2026-12-31") == {}
