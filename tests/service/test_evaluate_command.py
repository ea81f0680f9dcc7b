"""deskmark reviews export and deskmark evaluate, as a person runs them, over conversations that were imported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.files.labelled import Compared, Labels
from service.files.scores import BadLine

Run = Callable[..., Result]
CUSTOMER, BOT, AGENT = 501, 800, 900


def ticket(number: int, answer: str, thanks: str, hour: int = 9) -> dict[str, Any]:
    times = [f"2026-01-{3 * number:02}T{hour:02}:{minute:02}:00Z" for minute in range(4)]
    texts = ((CUSTOMER, "My name is Quinn Marlow, where is order ORD-48213?"), (BOT, answer), (CUSTOMER, thanks))
    return {
        "url": "https://acme.zendesk.com/api/v2/tickets/1.json", "id": number, "status": "closed",
        "via": {"channel": "web"}, "created_at": times[0], "subject": "Parcel", "tags": [],
        "requester": {"id": CUSTOMER, "email": "quinn@example.com", "role": "end-user"},
        "assignee": {"id": AGENT},
        "comments": [
            {"id": n, "author_id": author, "body": text, "public": True, "created_at": times[n],
             "via": {"channel": "web"}}
            for n, (author, text) in enumerate(texts)
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with four imported conversations of one customer."""
    folder = tmp_path_factory.mktemp("data")
    rows = [
        ticket(1, "It arrives tomorrow, on the 8th.", "Great, that solves it. Thank you!"),
        ticket(2, "Sorry, I did not understand that.", "This did not help at all."),
        ticket(3, "It arrives tomorrow, on the 10th.", "Great, that solves it. Thank you!"),
        ticket(4, "It arrives tomorrow, on the 11th.", "Great, that solves it. Thank you!"),
    ]
    typed = "".join(json.dumps(row) + "\n" for row in rows)
    done = CliRunner().invoke(
        main, ["import", "zendesk", "-", "--bot-author", str(BOT), "--into", str(folder)], input=typed
    )
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def run(folder: Path) -> Run:
    return lambda *arguments, **more: CliRunner(env={"DESKMARK_DATA_DIR": str(folder)}).invoke(main, arguments, **more)


@pytest.fixture
def exported(run: Run, tmp_path: Path) -> Path:
    """What two reviewers said of two conversations, exported."""
    reviews = tmp_path / "reviews.jsonl"
    said = [
        ("1", "containment", "likely", "r1"), ("1", "effort", "high", "r1"),
        ("2", "containment", "unresolved", "r1"), ("2", "effort", "low", "r1"), ("2", "effort", "high", "r2"),
    ]  # fmt: skip
    lines = [dict(zip(("conversation", "score", "verdict", "reviewer"), row, strict=True)) for row in said]
    reviews.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert run("reviews", "import", str(reviews)).exit_code == 0
    file = tmp_path / "labelled.jsonl"
    done = run("reviews", "export", "-o", str(file))
    assert (done.exit_code, done.output) == (0, "2 reviewed conversations are written.\n")
    return file


def test_what_is_written_is_masked_and_brings_the_history(exported: Path, run: Run) -> None:
    text = exported.read_text()
    assert not any(word in text for word in ("Quinn", "Marlow", "48213", "quinn@", '"r1"'))
    lines = [json.loads(line) for line in text.splitlines()]
    assert {line["id"]: len(line.get("reviews", ())) for line in lines} == {"1": 2, "2": 3, "3": 0, "4": 0}
    assert {each["reviewer"][:9] for line in lines for each in line.get("reviews", ())} == {"reviewer-"}
    assert run("score", str(exported)).exit_code == 0


def test_a_release_is_measured_on_it(exported: Path, run: Run) -> None:
    done = run("evaluate", str(exported), "--json", "--least", "1")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["disputed"] == 1
    assert set(found["scores"]) == {"containment", "effort"}
    containment = found["scores"]["containment"]
    assert (containment["n"], containment["agreement"]["value"]) == (2, 1.0)
    assert containment["agreement"]["low"] == pytest.approx(0.342, abs=0.01)
    assert found["scores"]["effort"]["confusion"] == [{"deskmark": "low", "reviewers": "high", "n": 1}]


def test_tables_say_what_is_missing(exported: Path, run: Run) -> None:
    done = run("evaluate", str(exported), "--confusion")
    assert done.exit_code == 0, done.output
    assert "not enough data, 2 of 20" in done.stdout
    assert "Left out: 1 where reviewers contradict each other" in done.stdout
    assert "effort: Deskmark" in done.stdout
    sample = run("evaluate", str(exported), "--sample-only")
    assert "No reviews in this file could be compared" in sample.stdout


def test_another_policy_is_measured_on_the_same_file(exported: Path, run: Run, tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"high_effort": 7, "low_effort": 7}))
    found = json.loads(run("evaluate", str(exported), "--json", "--policy", str(policy)).stdout)
    assert found["scores"]["effort"]["confusion"] == [{"deskmark": "high", "reviewers": "high", "n": 1}]
    policy.write_text("{")
    assert run("evaluate", str(exported), "--policy", str(policy)).exit_code == 2


def test_bad_lines_and_labels_are_told(run: Run) -> None:
    good = {"id": "1", "messages": [{"id": "m", "author": {"role": "customer"}, "text": "hello"}]}
    bad = [
        {**good, "reviews": [{"score": "effort", "verdict": "enormous"}, {"score": "no such", "verdict": "x"}]},
        {**good, "id": "2", "reviews": [{"score": "effort"}]},
        {"id": "3", "messages": []},
    ]
    typed = "".join(json.dumps(line) + "\n" for line in bad) + "no json\n"
    done = run("evaluate", "-", input=typed)
    assert done.exit_code == 1
    assert "line 1: reviews: effort never says 'enormous'" in done.output
    assert "line 1: reviews: no such never says 'x'" in done.output
    assert "line 2: reviews.0.verdict: Field required" in done.output
    assert "line 3: " in done.output
    assert "line 4: " in done.output


def test_an_unknown_installation_is_named(run: Run, tmp_path: Path) -> None:
    done = run("reviews", "export", "-o", str(tmp_path / "x.jsonl"), "--installation", "nobody")
    assert done.exit_code == 1
    assert not (tmp_path / "x.jsonl").exists()


def test_labels_of_a_score_without_a_verdict_are_counted_apart() -> None:
    told: list[BadLine] = []
    labels = Labels()
    line = {"id": "1", "reviews": [{"score": "effort", "verdict": "low"}, {"score": "intent", "verdict": "refund"}]}
    assert len(list(labels.taken_from([json.dumps(line).encode()], told.append))) == 1
    card = {"helpdesk": "unknown", "account": "default", "id": "1", "episode": 1}
    compared = Compared()
    compared.add(labels, {**card, "scores": {"effort": {"verdict": None}, "intent": {"verdict": "refund"}}})
    assert (compared.not_said, compared.counts, told) == (1, {("intent", "refund", "refund"): 1}, [])
