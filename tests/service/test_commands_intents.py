"""deskmark intents and deskmark policy, on a real database and with the real model."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typed import Run, connected, typed

from service.commands import intents as commands_intents
from service.commands import policy as commands_policy
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.store import conversations, installations, results
from service.store import intents as store
from service.store.database import Database
from service.store.models import Conversation
from tasks.catalogs import Catalogs

SAMPLES = Path(__file__).parents[1] / "samples" / "intents.csv"


@pytest.fixture
def run(tmp_path: Path, database: Database) -> Run:
    connected(database)
    return typed((*commands_intents.COMMANDS, *commands_policy.COMMANDS), tmp_path, database, COLUMNS="100")


def test_import_list_and_remove(run: Run, database: Database) -> None:
    assert "There are no intents" in run("intents", "list", "i1").output
    done = run("intents", "import", "i1", str(SAMPLES))
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == ["30 examples added.", "The catalog has 5 intents with 30 examples."]
    again = run("intents", "import", "i1", str(SAMPLES))
    assert again.output.startswith("0 examples added.")
    listed = run("intents", "list", "i1").output
    assert [line.split()[0] for line in listed.splitlines()[1:]] == [
        "cancel_subscription", "change_address", "late_parcel", "refund", "reset_password",
    ]  # fmt: skip
    assert run("intents", "remove", "i1", "refund").output.startswith("6 examples removed.")
    assert "there is no intent refund" in run("intents", "remove", "i1", "refund").output
    catalog = Catalogs().of("i1", database, CachedEmbedder(MiniLM(), MemoryCache()))
    assert catalog is not None
    assert len(catalog.names) == 4


def test_replacing_leaves_the_file_alone(run: Run, database: Database, tmp_path: Path) -> None:
    run("intents", "import", "i1", str(SAMPLES))
    file = tmp_path / "new.jsonl"
    file.write_text('{"intent": "opening", "text": "when do you open"}\n')
    done = run("intents", "import", "i1", str(file), "--replace")
    assert done.output.splitlines()[0] == "1 example in the catalog."
    with database.read() as session:
        assert list(store.counts(session, "i1")) == ["opening"]


def test_bad_lines_are_told_and_the_rest_is_kept(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text('{"intent": "opening", "text": "when do you open"}\n{"intent": "x"}\n')
    done = run("intents", "import", "i1", str(file))
    assert done.exit_code == 1
    assert "line 2: text: " in done.output
    assert "1 of 2 lines are not valid" in done.output
    assert "opening" in run("intents", "list", "i1").output
    file.write_text("intent;nothing\n")
    assert "text is missing" in run("intents", "import", "i1", str(file)).output
    file.write_text("intent;text\n;\n")
    assert "no line is a valid example" in run("intents", "import", "i1", str(file)).output


def test_learning_from_what_humans_tagged(run: Run, database: Database) -> None:
    german = "Wo bleibt denn mein Paket, ich warte schon seit einer Woche?"
    rows: tuple[tuple[str, dict[str, object]], ...] = (
        ("I want my money back, write to jo@example.com", {"intent_corrected": "refund"}),
        ("the parcel never came", {"tags": ["vip", "topic_late_parcel"]}),
        ("which of the two?", {"tags": ["topic_a", "topic_b"]}),
        ("nobody looked at this", {}),
        ("too new for a name", {"intent_corrected": "Novel"}),
        (german, {"intent_corrected": "late_parcel"}),
    )
    with database.begin() as session:
        installation = installations.get(session, "i1")
        assert installation is not None
        for number, (text, more) in enumerate(rows):
            now = datetime(2026, 3, number + 1, tzinfo=UTC)
            row_id = conversations.announce(session, installation, str(number), at=now, now=now)
            messages = [{"id": "m0", "author": {"role": "customer"}, "text": text}]
            session.get_one(Conversation, row_id).document = {"id": str(number), "messages": messages, **more}
    done = run("intents", "learn", "i1", "--tag-prefix", "topic_")
    assert done.output.splitlines() == [
        "2 conversations with an intent from a human, 2 examples added.",
        "The catalog has 2 intents with 2 examples.",
    ]
    again = run("intents", "learn", "i1", "--tag-prefix", "topic_")
    assert again.output == "2 conversations with an intent from a human, 0 examples added.\n"
    with database.read() as session:
        assert store.counts(session, "i1") == {"late_parcel": {"learned": 1}, "refund": {"learned": 1}}
        assert store.examples(session, "i1")[0].text == "I want my money back, write to (email)"


def test_names_in_free_prose_are_masked_in_what_is_learned(
    run: Run, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.begin() as session:
        installation = installations.get(session, "i1")
        assert installation is not None
        now = datetime(2026, 3, 1, tzinfo=UTC)
        row_id = conversations.announce(session, installation, "1", at=now, now=now)
        messages = [{"id": "m0", "author": {"role": "customer"}, "text": "refund my colleague Deborah Whitlock please"}]
        session.get_one(Conversation, row_id).document = {"id": "1", "messages": messages, "intent_corrected": "refund"}
    monkeypatch.setenv("DESKMARK_PII_NAMES", "true")
    assert "1 example added" in run("intents", "learn", "i1").output
    with database.read() as session:
        assert [each.text for each in store.examples(session, "i1")] == ["refund my colleague (name) please"]


@pytest.mark.parametrize("words", [("intents", "list", "i9"), ("intents", "learn", "i9"), ("policy", "i9")])
def test_an_unknown_installation_is_named(run: Run, words: tuple[str, ...]) -> None:
    assert "no helpdesk is connected as i9" in run(*words).output


def test_without_the_model_the_error_says_what_to_do(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    monkeypatch.setenv("DESKMARK_MODEL_DIR", str(tmp_path))
    done = run("intents", "import", "i1", str(SAMPLES))
    assert done.exit_code == 1
    assert "DESKMARK_MODEL_DIR" in done.output
    with database.read() as session:
        assert len(store.examples(session, "i1")) == 30


def test_a_policy_is_shown_set_and_cleared(run: Run, tmp_path: Path, database: Database) -> None:
    assert json.loads(run("policy", "i1").output)["repeat_window_hours"] == 24
    file = tmp_path / "policy.json"
    file.write_text('{"repeat_window_hours": 48, "bot_authors": ["7"]}')
    shown = json.loads(run("policy", "i1", str(file)).output)
    assert (shown["repeat_window_hours"], shown["bot_authors"]) == (48, ["7"])
    assert json.loads(run("policy", "i1").output) == shown
    file.write_text('{"repeat_window": 48}')
    wrong = run("policy", "i1", str(file))
    assert wrong.exit_code == 2
    assert "repeat_window" in wrong.output
    assert run("policy", "i1", str(file), "--clear").exit_code == 2
    assert json.loads(run("policy", "i1", "--clear").output)["repeat_window_hours"] == 24
    with database.read() as session:
        row = installations.get(session, "i1")
        assert row is not None
        assert row.policy is None


def test_proposing_intents_from_what_fits_none(run: Run, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKMARK_PII_NAMES", "true")
    assert run("intents", "propose", "i1").output == "Error: no conversation has ended yet\n"
    gifts = [
        "Do you sell gift cards?",
        "do you sell gift cards in the shop",
        "Are gift cards sold by you, asks Deborah?",
    ]
    asked = [*gifts, "my parcel is late", "where is my parcel", "hm what now"]
    # A past import: the days are counted back from its last conversation, not from today.
    now = datetime(2024, 5, 6, 9, tzinfo=UTC)
    with database.begin() as session:
        installation = installations.get(session, "i1")
        assert installation is not None
        for number, text in enumerate(asked):
            row_id = conversations.announce(session, installation, str(number), at=now, now=now)
            row = session.get_one(Conversation, row_id)
            row.document = {"id": str(number), "messages": [{"id": "m0", "author": {"role": "customer"}, "text": text}]}
            row.ended_at = now
            verdict = {"verdict": "novel" if number < 5 else None}
            card = {"episode": 1, "definitions": "2", "scores": {"intent": verdict}}
            results.save_cards(session, row_id, [card], now=now)
    shown = run("intents", "propose", "i1")
    assert shown.exit_code == 0, shown.output
    assert "5 conversations of the 90 days up to 2024-05-06 fit no intent of the catalog." in shown.output
    assert "(3 conversations)" in shown.output
    assert "gift" in shown.output
    assert "Are gift cards sold by you, asks (name)?" in shown.output
    assert "parcel" not in shown.output, "two may be chance"
    assert "what now" not in shown.output
