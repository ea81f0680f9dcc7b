"""`deskmark score --intents`: the catalog is read, bad lines of it are told, and no catalog is no intent."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from service.cli import main

SAMPLES = Path(__file__).parents[1] / "samples" / "intents.csv"
ASKED = {"id": "1", "messages": [{"id": "m0", "author": {"role": "customer"}, "text": "when do I get my money back?"}]}


def score(*options: str) -> Result:
    return CliRunner().invoke(main, ["score", *options, "-"], input=json.dumps(ASKED) + "\n")


def test_the_intent_is_named() -> None:
    result = score("--intents", str(SAMPLES))
    assert result.exit_code == 0
    intent = json.loads(result.stdout)["scores"]["intent"]
    assert intent["verdict"] == "refund"
    assert 0.5 < intent["value"] <= 1
    assert 0 <= intent["details"]["novelty"] < 0.5
    assert [item["message"] for item in intent["evidence"]] == ["m0"]


def test_without_a_catalog_there_is_none() -> None:
    intent = json.loads(score().stdout)["scores"]["intent"]
    assert (intent["verdict"], intent["details"]["novelty"]) == (None, None)


def test_bad_lines_are_told_and_change_the_exit_status(tmp_path: Path) -> None:
    file = tmp_path / "intents.jsonl"
    file.write_text('{"intent": "refund", "text": "money back"}\nnothing\n')
    result = score("--intents", str(file))
    assert result.exit_code == 1
    assert f"{file}: line 2: no JSON" in result.stderr
    assert json.loads(result.stdout)["scores"]["intent"]["verdict"]


def test_a_file_without_an_example_is_a_wrong_call(tmp_path: Path) -> None:
    file = tmp_path / "intents.csv"
    file.write_text("a,b\n1,2\n")
    result = score("--intents", str(file))
    assert result.exit_code == 2
    assert "intent and text is missing" in result.stderr
