"""`deskmark export` as a person runs it, over conversations that `deskmark import` stored."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.files import export_writing
from service.files.export_rows import COLUMNS, SCORES, Column, Kind, Row
from service.files.export_writing import Csv, Format, PackageMissing, Parquet, format_of, harmless, row_of
from service.scoring.definitions import VERSIONS
from service.store.exports import Scored

ROOT = Path(__file__).parents[2]


def document(number: int, **more: Any) -> dict[str, Any]:
    """A Zendesk ticket of its export."""
    times = [f"2026-01-{5 + number:02}T09:{minute:02}:00Z" for minute in range(4)]
    texts = ((501, "My name is Quinn Marlow, where is order ORD-48213?"), (800, "Parcels take five days."),
             (900, "What is your order number?"))  # fmt: skip
    via = {"channel": "web"}
    return {
        "url": "https://acme.zendesk.com/api/v2/tickets/1.json", "id": number, "status": "closed",
        "via": via, "created_at": times[0], "subject": "=cmd()", "tags": ["=1+1", "vip"],
        "requester": {"id": 501, "email": "quinn@example.com", "role": "end-user"},
        "assignee": {"id": 900}, "group": {"id": 7, "name": "@Parcels"}, "brand": {"id": 44, "name": "=Outlet"},
        "comments": [
            {"id": n, "author_id": author, "body": text, "public": True, "created_at": times[n], "via": via}
            for n, (author, text) in enumerate(texts)
        ],
        **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three imported conversations."""
    folder = tmp_path_factory.mktemp("data")
    typed = "".join(json.dumps(document(number)) + "\n" for number in (1, 2, 3))
    done = CliRunner().invoke(
        main, ["import", "zendesk", "-", "--bot-author", "800", "--into", str(folder)], input=typed
    )
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def run(folder: Path) -> Callable[..., Result]:
    return lambda *arguments: CliRunner(env={"DESKMARK_DATA_DIR": str(folder)}).invoke(main, ["export", *arguments])


def test_json_lines_are_masked_and_can_be_scored(run: Callable[..., Result]) -> None:
    done = run()
    assert done.exit_code == 0, done.output
    assert done.stderr == "deskmark: 3 conversations, personal data masked\n"
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["id"] for line in lines} == {"1", "2", "3"}
    assert not any(word in done.stdout for word in ("Quinn", "Marlow", "48213", "quinn@", '"501"'))
    assert set(lines[0]["scorecard"]["scores"]) == set(SCORES)
    assert lines[0]["scorecard"]["episodes"] == []
    assert len({line["contact"]["id"] for line in lines}) == 1
    scored = CliRunner().invoke(main, ["score", "-"], input=done.stdout)
    assert scored.exit_code == 0, scored.output


@pytest.mark.parametrize("switched_on", [True, False])
def test_names_in_free_prose_go_where_it_is_switched_on(tmp_path: Path, switched_on: bool) -> None:
    told = document(1, subject="for Jürgen Hoffmann")
    told["comments"][0]["body"] = "my colleague Deborah Whitlock ordered it"
    into = str(tmp_path / "data")
    typed = ["import", "zendesk", "-", "--bot-author", "800", "--into", into]
    done = CliRunner().invoke(main, typed, input=json.dumps(told))
    assert done.exit_code == 0, done.output
    environment = {"DESKMARK_DATA_DIR": into, "DESKMARK_PII_NAMES": str(switched_on).lower()}
    done = CliRunner(env=environment).invoke(main, ["export"])
    assert done.exit_code == 0, done.output
    line = json.loads(done.stdout)
    assert ("my colleague (name) ordered it" in [m["text"] for m in line["messages"]]) is switched_on
    assert (line["subject"] == "for (name)") is switched_on
    assert any(name in done.stdout for name in ("Deborah", "Whitlock", "Hoffmann")) is not switched_on


def test_with_personal_data_an_export_scores_as_what_was_stored(run: Callable[..., Result]) -> None:
    done = run("--with-personal-data")
    assert "Quinn Marlow" in done.stdout
    assert done.stderr == "deskmark: 3 conversations, with personal data\n"
    stored = {line["id"]: line["scorecard"]["scores"] for line in map(json.loads, done.stdout.splitlines())}
    scored = CliRunner().invoke(main, ["score", "--as-of", "2026-06-01T00:00:00Z", "-"], input=done.stdout)
    anew = {card["id"]: card["scores"] for card in map(json.loads, scored.stdout.splitlines())}
    for number, scores in anew.items():
        assert {n: s["verdict"] for n, s in scores.items()} == {n: s["verdict"] for n, s in stored[number].items()}


def test_csv_has_every_column_and_no_formula(run: Callable[..., Result], tmp_path: Path) -> None:
    done = run("--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0]) == [column.name for column in COLUMNS]
    assert len(rows) == 3
    assert {row["inbox"] for row in rows} == {row["inbox_name"] for row in rows} == {"'@Parcels"}
    assert {(row["brand"], row["brand_name"]) for row in rows} == {("44", "'=Outlet")}
    assert {row["tags"] for row in rows} == {"'=1+1 vip"}
    assert {row["containment_verdict"] for row in rows} == {"escalated"}
    assert {row["agent_messages"] for row in rows} == {"1"}
    assert {row["contact_email"] for row in rows} == {""}
    assert rows[0]["truncated"] == "false"
    assert rows[0]["opened_at"].endswith("Z")
    file = tmp_path / "out.csv.gz"
    assert run("-o", str(file), "--with-personal-data").exit_code == 0
    packed = list(csv.DictReader(io.StringIO(gzip.decompress(file.read_bytes()).decode())))
    assert {row["contact_email"] for row in packed} == {"quinn@example.com"}
    assert sorted(tmp_path.iterdir()) == [file]


def test_parquet_is_typed(run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `parquet` is not installed")
    monkeypatch.setattr(export_writing, "ROWS_AT_ONCE", 2)
    file = tmp_path / "out.parquet"
    done = run("-o", str(file))
    assert done.exit_code == 0, done.output
    table = parquet.read_table(file)
    assert table.column_names == [column.name for column in COLUMNS]
    assert parquet.ParquetFile(file).num_row_groups == 2
    assert str(table.schema.field("opened_at").type) == "timestamp[us, tz=UTC]"
    assert str(table.schema.field("effort_value").type) == "double"
    (row, *_) = table.to_pylist()
    assert row["inbox"] == "@Parcels"
    assert isinstance(row["opened_at"], datetime)
    assert "one file" not in done.output


def test_parquet_without_its_package_says_how_to_install_it(
    run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    file = tmp_path / "out.parquet"
    done = run("-o", str(file))
    assert done.exit_code == 1
    assert "pip install 'deskmark[parquet]'" in done.output
    assert not file.exists()
    with pytest.raises(PackageMissing):
        Parquet(io.BytesIO())
    assert "name a file" in run("--format", "parquet").output


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.csv"])
def test_only_its_owner_may_read_a_file(run: Callable[..., Result], tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    out.touch(mode=0o644)
    (tmp_path / f".{name}.part").write_text("left behind by an export that was killed")
    assert run("-o", str(out)).exit_code == 0
    assert [(path.name, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [(name, 0o600)]


def test_filters(run: Callable[..., Result]) -> None:
    def ids(*arguments: str) -> set[str]:
        return {json.loads(line)["id"] for line in run(*arguments).stdout.splitlines()}

    assert ids("--since", "2026-01-07") == {"2", "3"}
    assert ids("--since", "2026-01-07", "--until", "2026-01-07") == {"2"}
    assert ids("--installation", "acme") == ids("--installation", "zendesk") == {"1", "2", "3"}
    newest = list(VERSIONS)[-1]
    assert ids("--definitions", newest) == {"1", "2", "3"}
    assert ids("--definitions", "1") == (set() if newest != "1" else {"1", "2", "3"})
    assert "no helpdesk is connected as nobody" in run("--installation", "nobody").output
    assert "is no date" in run("--since", "yesterday").output


def test_what_cannot_be_written_is_said(run: Callable[..., Result], tmp_path: Path) -> None:
    done = run("-o", str(tmp_path / "none" / "out.csv"))
    assert done.exit_code == 1
    assert "No such file or directory" in done.output
    empty = CliRunner(env={"DESKMARK_DATA_DIR": str(tmp_path)}).invoke(main, ["export"])
    assert "no Deskmark data" in empty.output


def test_whoever_stops_reading_is_no_error(folder: Path) -> None:
    command = f"{Path(sys.executable).with_name('deskmark')} export | true"
    done = subprocess.run(
        ["/bin/sh", "-c", command], env={"DESKMARK_DATA_DIR": str(folder)}, capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "  =1", "\uff1d1"])
def test_a_formula_becomes_a_text(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("plain = text") == "plain = text"


def test_formats_by_name() -> None:
    found = {name: format_of(Path(name)) for name in ("a.csv", "a.csv.gz", "a.ndjson", "A.Parquet", "a", "a.gz")}
    assert list(found.values()) == [Format.CSV, Format.CSV, Format.JSONL, Format.PARQUET, None, None]
    assert format_of(None) is None


def test_an_unknown_ending_is_refused_unless_the_format_is_said(run: Callable[..., Result], tmp_path: Path) -> None:
    table = tmp_path / "a.xlsx"
    done = run("-o", str(table))
    assert done.exit_code == 2
    assert 'no export is written as ".xlsx"; known endings are .jsonl' in done.output
    assert not table.exists()
    assert run("-o", str(table), "--format", "csv").exit_code == 0
    assert table.read_text().startswith("id,")
    assert run("-o", str(tmp_path / "a.xlsx.gz")).exit_code == 2


def constant(value: object) -> Callable[[object], object]:
    return lambda _: value


def test_a_cell_of_another_kind_is_empty() -> None:
    row = Row("r", {"id": "1", "messages": []}, {"scores": {}}, 1, datetime(2026, 1, 1, tzinfo=UTC))
    for kind, value, cell in ((Kind.NUMBER, "3", None), (Kind.NUMBER, True, None), (Kind.COUNT, 3.0, 3),
                              (Kind.FLAG, 1, None), (Kind.TEXT, 3, "3"), (Kind.TIME, None, None)):  # fmt: skip
        assert Column("c", kind, constant(value), "").cell(row) == cell


def test_numbers_in_csv_keep_their_sign() -> None:
    out = io.BytesIO()
    rows = Csv(out, (Column("n", Kind.NUMBER, lambda row: -1.5, ""), Column("id", Kind.TEXT, lambda row: row.id, "")))
    found = Scored("-x", "i", {"id": "1", "messages": []}, [{"scores": {}}], datetime(2026, 1, 1, tzinfo=UTC))
    rows.write(found)
    rows.finish()
    assert out.getvalue() == b"n,id\n-1.5,'-x\n"
    assert row_of(found).episodes == 1


def test_every_column_is_in_the_documentation() -> None:
    text = (ROOT / "docs" / "export.md").read_text()
    named = [c.name for c in COLUMNS if not any(c.name == f"{s}_{part}" for s in SCORES for part in
             ("verdict", "deskmark_verdict", "value", "confidence"))]  # fmt: skip
    assert "`NAME_deskmark_verdict`" in text
    assert [name for name in (*named, *SCORES) if f"`{name}`" not in text] == []
