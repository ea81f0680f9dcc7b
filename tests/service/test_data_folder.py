"""The data folder's two locks: one service at a time, and none beside the children of a killed one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.embedded import EmbeddedError, folder
from service.embedded.folder import DataFolder

PATIENT = "import signal; print('up', flush=True); signal.pause()"
Child = subprocess.Popen[str]


@pytest.fixture
def left_over(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Starts what a killed service leaves: a process that holds the children's lock."""
    started: list[Child] = []

    def start(*marks: str) -> Child:
        held = DataFolder(tmp_path)
        lock = held.hold()
        child = subprocess.Popen(
            [sys.executable, "-c", PATIENT, *marks],
            pass_fds=(lock,),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        held.pid_file.write_text(json.dumps({"worker": child.pid}))
        held.release()
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()


def test_what_a_killed_service_left_is_ended(tmp_path: Path, left_over: Callable[..., Child]) -> None:
    ours = DataFolder(tmp_path)
    child = left_over(ours.marker)
    ours.hold()
    assert child.wait(30) != 0
    assert not ours.pid_file.exists()
    ours.release()


def test_a_strangers_process_is_not_ended_but_keeps_us_out(
    tmp_path: Path, left_over: Callable[..., Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "ORPHANS_SECONDS", 0.0)
    child = left_over("without our mark")
    ours = DataFolder(tmp_path)
    with pytest.raises(EmbeddedError, match="processes of an earlier run still work in"):
        ours.hold()
    ours.release()
    assert child.poll() is None


def test_a_second_service_is_kept_out_until_the_first_is_done(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path), DataFolder(tmp_path)
    first.hold()
    with pytest.raises(EmbeddedError, match="another `deskmark up`"):
        second.hold()
    second.release()
    first.release()
    second.hold()
    second.release()
