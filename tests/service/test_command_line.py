"""The `deskmark` command itself: what it lists, what it loads, and how it ends when nobody reads on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.cli import ELSEWHERE, main

NAMES = ("demo", "score", *(name for names in ELSEWHERE.values() for name in names))
DESKMARK = str(Path(sys.executable).with_name("deskmark"))


def test_help_lists_every_command_in_the_order_of_a_first_visit() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    places = [shown.index(f"\n  {name} ") for name in NAMES]
    assert places == sorted(places)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert f"Usage: main {name}" in result.output


def test_an_unknown_command_is_told() -> None:
    result = CliRunner().invoke(main, ["sore"])
    assert result.exit_code == 2
    assert "No such command 'sore'" in result.output


def test_scoring_loads_neither_web_server_nor_database() -> None:
    code = (
        "import sys; from service.cli import main; main(['score', '-'], standalone_mode=False);"
        "print(*sorted({'flask', 'celery', 'sqlalchemy', 'redis', 'requests'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], input="", capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_reader_that_leaves_is_no_error_to_shout_about(tmp_path: Path) -> None:
    message = {"id": "m", "author": {"role": "customer"}, "text": "hello " * 50}
    file = tmp_path / "many.jsonl"
    file.write_text("".join(json.dumps({"id": str(i), "messages": [message]}) + "\n" for i in range(200)))
    with subprocess.Popen(
        [DESKMARK, "score", str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as scoring:
        assert scoring.stdout is not None
        assert scoring.stderr is not None
        scoring.stdout.close()
        said = scoring.stderr.read()
    assert scoring.returncode == 1
    assert "Traceback" not in said
