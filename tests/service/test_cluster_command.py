"""`deskmark cluster` as a person runs it: order, ids kept in a file, bad lines, and errors that say what to do."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.files import clusters as cluster_file
from service.files.clusters import StateFault, load, save
from service.files.scores import BadLine
from service.language.cluster_state import ClusterState, to_json
from service.language.model import MiniLM

TEXTS = ("I lost my card", "where is my parcel", "my card was stolen", "the parcel has not arrived")


def lines(*texts: str, start: int = 1) -> list[object]:
    return [{"id": str(number), "text": text} for number, text in enumerate(texts, start)]


def cluster(rows: list[object], *options: str) -> Result:
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    return CliRunner().invoke(main, ["cluster", *options, "-"], input=text)


def written(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_line_out_for_each_line_in_and_in_order() -> None:
    result = cluster(lines(*TEXTS))
    assert result.exit_code == 0
    rows = written(result)
    assert [row["id"] for row in rows] == ["1", "2", "3", "4"]
    assert all(set(row) == {"id", "cluster", "label"} for row in rows)
    assert rows[0]["cluster"] == rows[2]["cluster"] != rows[1]["cluster"] == rows[3]["cluster"]
    assert "card" in str(rows[0]["label"])
    assert "parcel" in str(rows[1]["label"])
    assert cluster(lines(*TEXTS)).stdout == result.stdout


def test_groups_keep_their_ids_in_a_state_file(tmp_path: Path) -> None:
    state = tmp_path / "groups.json"
    first = cluster(lines(*TEXTS), "--state", str(state))
    kept = state.read_bytes()
    assert cluster(lines(*TEXTS), "--state", str(state)).stdout == first.stdout
    assert state.read_bytes() == kept
    more = written(cluster(lines("where is my parcel??", *TEXTS), "--state", str(state)))
    assert [row["cluster"] for row in more[1:]] == [row["cluster"] for row in written(first)]
    assert [row["label"] for row in more[1:]] == [row["label"] for row in written(first)]
    assert [path.name for path in tmp_path.iterdir()] == ["groups.json"]


def test_bad_lines_are_named_and_lose_nothing() -> None:
    rows = [
        "{",
        *lines(TEXTS[0]),
        "",
        {"id": "x"},
        {"text": "a"},
        {"id": "1", "text": "twice"},
        {"id": 7, "text": "   "},
    ]
    result = cluster([*rows, {"id": 9, "text": "where is my parcel", "more": True}])
    assert result.exit_code == 1
    assert [row["id"] for row in written(result)] == ["1", 9]
    told = result.stderr.splitlines()
    assert [line.split(":")[0] for line in told[:-1]] == ["line 1", "line 4", "line 5", "line 6", "line 7"]
    assert "text: Field required" in told[1]
    assert "'1' was already given" in told[3]
    assert "5 of 7 lines are not valid, 2 grouped" in told[-1]


@pytest.mark.parametrize("rows", [[], ["", "  "]])
def test_nothing_in_nothing_out(rows: list[object], tmp_path: Path) -> None:
    result = cluster(rows, "--state", str(tmp_path / "groups.json"))
    assert (result.exit_code, result.stdout) == (0, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "not JSON"),
        ('{"version": 99}', "version 99"),
        ("[1]", "not a state"),
        (to_json(ClusterState(MiniLM.id)), f"made with the text model '{MiniLM.id}'"),
    ],
    ids=["no JSON", "another version", "a list", "of the model that is not adapted"],
)
def test_a_state_file_that_is_none_is_left_alone(content: str, reason: str, tmp_path: Path) -> None:
    state = tmp_path / "groups.json"
    state.write_text(content)
    result = cluster(lines(*TEXTS), "--state", str(state))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert str(state) in result.stderr
    assert reason in result.stderr
    assert state.read_text() == content


def test_a_state_file_that_can_not_be_written(tmp_path: Path) -> None:
    result = cluster(lines(*TEXTS), "--state", str(tmp_path / "missing" / "groups.json"))
    assert result.exit_code == 1
    assert "groups.json: " in result.stderr
    with pytest.raises(StateFault, match="directory"):
        save(tmp_path / "missing" / "groups.json", ClusterState("m"))


def test_no_path_is_no_state() -> None:
    assert load(None, "m") == ClusterState("m")


def test_without_the_text_model_the_error_says_so(tmp_path: Path) -> None:
    result = cluster(lines(*TEXTS), "--model-dir", str(tmp_path))
    assert result.exit_code == 1
    assert "Error: " in result.stderr


def test_a_fault_of_the_whole_line_has_no_place() -> None:
    faults: list[BadLine] = []
    assert cluster_file.read([b"[1]\n"], faults.append) == []
    assert faults[0].number == 1
    assert not faults[0].reason.startswith(":")
