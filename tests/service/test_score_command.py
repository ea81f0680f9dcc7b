"""`deskmark score` as a person runs it: order, history, bad lines, exit status, and errors that say what to do."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from service.cli import main


def document(name: str, day: int = 5, hour: int = 9, **more: object) -> dict[str, object]:
    at = f"2026-01-{day:02}T{hour:02}:%02d:00Z"
    turns = (
        ("customer", "My router keeps losing the connection every few minutes"),
        ("bot", "Please restart the router and wait two minutes."),
        ("customer", "ok"),
    )
    messages = [
        {"id": f"m{i}", "at": at % i, "author": {"role": role, "id": role}, "text": text}
        for i, (role, text) in enumerate(turns)
    ]
    return {"id": name, "contact": {"id": "c-1"}, "messages": messages, **more}


def score(lines: list[object], *options: str) -> Result:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    return CliRunner().invoke(main, ["score", *options, "-"], input=text)


def cards(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_scorecards_come_in_input_order_and_see_each_other_in_any_order() -> None:
    later, earlier, other = document("B", hour=15), document("A"), document("C", contact={"id": "c-2"})
    result = score([later, earlier, other])
    assert result.exit_code == 0
    assert [card["id"] for card in cards(result)] == ["B", "A", "C"]
    by_id = {card["id"]: card["scores"]["repeat_contact"] for card in cards(result)}
    assert by_id["A"]["verdict"] == "returned"
    assert by_id["A"]["evidence"][0]["conversation"] == "B"
    assert by_id["B"]["details"]["repeat_of"] == "A"
    assert by_id["C"]["verdict"] == "pending"


def test_every_defined_score_is_a_key_with_evidence_and_details() -> None:
    (card,) = cards(score([document("A")]))
    scores = card["scores"]
    assert len(scores) == 12
    for found in scores.values():
        assert {"verdict", "value", "confidence", "reason", "evidence", "details"} == set(found)
        assert found["reason"]
    assert set(card["writeback"]) == {"tags", "fields", "note"}


def test_bad_lines_are_named_and_lose_nothing() -> None:
    result = score(["{", document("A"), "", {"id": "x"}, document("B"), document("A")])
    assert result.exit_code == 1
    assert [card["id"] for card in cards(result)] == ["A", "B"]
    errors = result.stderr.splitlines()
    assert [line.split(":")[0] for line in errors[:3]] == ["line 1", "line 4", "line 6"]
    assert "messages: Field required" in errors[1]
    assert "stands on an earlier line already" in errors[2]
    assert errors[-1] == "deskmark: 3 of 5 lines are not valid, 2 scored"


def test_a_byte_order_mark_begins_a_file_and_no_other_line() -> None:
    result = score(["\ufeff" + json.dumps(document("A")), document("B"), "\ufeff" + json.dumps(document("C"))])
    assert [card["id"] for card in cards(result)] == ["A", "B"]
    assert "line 3" in result.stderr
    assert score(["\ufeff", document("A")]).exit_code == 0


def test_the_same_input_gives_the_same_bytes() -> None:
    lines: list[object] = [document("A"), document("B", hour=12)]
    assert score(lines).stdout == score(lines).stdout


def test_an_empty_file_is_no_error() -> None:
    result = score([])
    assert result.exit_code == 0
    assert result.stdout == ""


def test_as_of_decides_what_is_pending() -> None:
    verdicts = [
        cards(score([document("A")], "--as-of", moment))[0]["scores"]["repeat_contact"]["verdict"]
        for moment in ("2026-01-05T10:00:00Z", "2026-01-07T10:00:00+01:00")
    ]
    assert verdicts == ["pending", "not_returned"]


@pytest.mark.parametrize(("moment", "why"), [("yesterday", "no ISO 8601"), ("2026-01-05T10:00:00", "no offset")])
def test_a_wrong_time_is_explained(moment: str, why: str) -> None:
    result = score([], "--as-of", moment)
    assert result.exit_code == 2
    assert why in result.stderr


def test_a_reopened_conversation_has_its_earlier_episode() -> None:
    reopened = document("A", events=[{"id": "e", "kind": "reopened", "at": "2026-01-05T09:02:00Z"}])
    (card,) = cards(score([reopened]))
    assert card["episode"] == 2
    assert [earlier["episode"] for earlier in card["episodes"]] == [1]


def test_bot_authors_are_told_from_agents_by_policy(tmp_path: Path) -> None:
    messages = [
        {"id": "m0", "author": {"role": "customer"}, "text": "Where can I see my invoices?"},
        {"id": "m1", "author": {"role": "agent", "id": "77"}, "text": "You find them under Account > Invoices."},
    ]
    policy = tmp_path / "policy.json"
    policy.write_text('{"bot_authors": ["77"]}')
    line: dict[str, object] = {"id": "A", "messages": messages}
    as_agent, as_bot = score([line]), score([line], "--policy", str(policy))
    verdicts = [cards(r)[0]["scores"]["containment"]["verdict"] for r in (as_agent, as_bot)]
    assert verdicts[0] == "human_only"
    assert verdicts[1] not in ("human_only", "escalated")


def test_a_wrong_policy_is_explained(tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text('{"repeat_window": 1}')
    result = score([], "--policy", str(policy))
    assert result.exit_code == 2
    assert "repeat_window" in result.stderr


def test_without_the_model_the_error_names_the_setting(tmp_path: Path) -> None:
    result = score([document("A"), document("B", hour=12)], "--model-dir", str(tmp_path))
    assert result.exit_code == 1
    assert "DESKMARK_MODEL_DIR" in result.stderr


def test_another_language_is_not_guessed() -> None:
    portuguese = (
        ("customer", "Bom dia, a minha encomenda ainda não chegou e já passaram duas semanas desde a compra"),
        ("bot", "Lamento pela demora, a sua encomenda está na alfândega e deve chegar até sexta-feira"),
        ("customer", "Está bem, vou esperar até sexta-feira então, mas isto é muito tempo"),
    )
    messages = [{"id": f"m{i}", "author": {"role": r}, "text": t} for i, (r, t) in enumerate(portuguese)]
    (card,) = cards(score([{"id": "A", "messages": messages}]))
    containment, effort = card["scores"]["containment"], card["scores"]["effort"]
    assert containment["verdict"] == "unclear"
    assert containment["reason"].startswith("language: ")
    assert containment["details"]["claimed"] == "none"
    assert effort["verdict"] is None


def test_an_older_version_of_the_definitions_can_be_asked_for() -> None:
    (older,), (current,) = cards(score([document("1")], "--definitions", "1")), cards(score([document("1")]))
    assert (older["definitions"], current["definitions"]) == ("1", "2")
    unknown = score([document("1")], "--definitions", "9")
    assert unknown.exit_code == 2
    assert "'9' is not one of '1', '2'" in unknown.output
