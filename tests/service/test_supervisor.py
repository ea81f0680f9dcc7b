"""Programs that are kept running: started in order, restarted, ended with everything they started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service import lifeline, supervisor
from service.supervisor import Program, Supervisor, SupervisorError, end_orphans

UNTIL = "import signal, sys; signal.signal(signal.SIGTERM, {}); print('up', flush=True); signal.pause()"
PATIENT = UNTIL.format("lambda *_: sys.exit(0)")
DEAF = UNTIL.format("signal.SIG_IGN")


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def said(log: Path, words: str) -> Callable[[], bool]:
    return lambda: log.exists() and words in log.read_text()


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another process does; the test's own time limit is the runner's."""
    looked = threading.Event()
    for _ in range(600):
        if condition():
            return
        looked.wait(0.05)
    pytest.fail("it never came")


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    made: list[Supervisor] = []

    def make(*programs: Program) -> Supervisor:
        made.append(Supervisor(programs, logs=tmp_path, pid_file=tmp_path / "pids.json"))
        return made[-1]

    yield make
    for each in made:
        if each._thread.is_alive():
            each.stop()


def test_programs_start_in_order_and_stop_with_the_last_ones_last(
    run: Callable[..., Supervisor], tmp_path: Path
) -> None:
    order = tmp_path / "order.txt"
    code = (
        "import signal, sys; name, file = sys.argv[1:]\n"
        "def note(what): open(file, 'a').write(what + name + ' ')\n"
        "def stop(*_): note('-'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop); note('+'); signal.pause()"
    )

    def program(name: str, **more: bool) -> Program:
        return Program(name, (*python(code), name, str(order)), ready=said(order, f"+{name}"), **more)

    supervised = run(program("broker", last=True), program("web"))
    supervised.start()
    assert set(json.loads((tmp_path / "pids.json").read_text())) == {"broker", "web"} == set(supervised.pids())
    supervised.stop()

    assert order.read_text().split() == ["+broker", "+web", "-web", "-broker"]
    assert not (tmp_path / "pids.json").exists()
    assert supervised.failure is None


def test_what_dies_is_started_again(run: Callable[..., Supervisor], tmp_path: Path) -> None:
    supervised = run(Program("worker", python(PATIENT), ready=said(tmp_path / "worker.log", "up")))
    supervised.start()
    first = supervised.pids()["worker"]
    os.kill(first, signal.SIGKILL)

    until(lambda: supervised.pids().get("worker", first) != first)
    assert not supervised.wait(0)


def test_what_keeps_dying_ends_everything_with_its_last_words(
    run: Callable[..., Supervisor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.01)
    supervised = run(
        Program("good", python(PATIENT), ready=said(tmp_path / "good.log", "up")),
        Program("bad", python("print('no such table'); raise SystemExit(3)")),
    )
    supervised.start()
    good = supervised.pids()["good"]

    assert supervised.wait(30)
    assert supervised.failure is not None
    assert "bad ended 5 times" in str(supervised.failure)
    assert "no such table" in str(supervised.failure)
    assert not is_running(good)


def test_what_ends_while_starting_stops_the_start(run: Callable[..., Supervisor]) -> None:
    supervised = run(
        Program("good", python(PATIENT)), Program("bad", python("raise SystemExit('no port')"), ready=lambda: False)
    )

    with pytest.raises(SupervisorError, match=r"bad ended while starting(.|\n)*no port"):
        supervised.start()
    assert supervised.pids() == {}


def test_what_is_never_ready_stops_the_start(run: Callable[..., Supervisor]) -> None:
    supervised = run(Program("slow", python(PATIENT), ready=lambda: False, patience=0.05))

    with pytest.raises(SupervisorError, match="was not ready within"):
        supervised.start()


def test_a_program_that_is_not_there_stops_the_start(run: Callable[..., Supervisor], tmp_path: Path) -> None:
    supervised = run(Program("none", python(PATIENT), folder=tmp_path / "missing"))

    with pytest.raises(SupervisorError, match="could not be started"):
        supervised.start()


def test_a_stop_while_starting_is_obeyed(run: Callable[..., Supervisor]) -> None:
    supervised = run(Program("slow", python(PATIENT), ready=lambda: bool(supervised.request_stop())))
    supervised.start()

    assert supervised.wait(30)
    assert supervised.failure is None


def test_asked_twice_nobody_is_waited_for(run: Callable[..., Supervisor], tmp_path: Path) -> None:
    supervised = run(Program("deaf", python(DEAF), ready=said(tmp_path / "deaf.log", "up")))
    supervised.start()
    pid = supervised.pids()["deaf"]
    supervised.request_stop()
    supervised.request_stop()

    assert supervised.wait(30)
    assert not is_running(pid)


def test_a_long_log_is_put_aside(
    run: Callable[..., Supervisor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LOG_BYTES", 10)
    log = tmp_path / "worker.log"
    log.write_text("a log of more than ten bytes")
    run(Program("worker", python(PATIENT), ready=said(log, "up"))).start()

    assert (tmp_path / "worker.log.1").read_text() == "a log of more than ten bytes"


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells a process of its parent's death")
    code = (
        "import subprocess, sys, os, signal\n"
        f"child = subprocess.Popen([sys.executable, '-I', '-S', {lifeline.__file__!r}, str(os.getpid()),"
        f" sys.executable, '-c', {PATIENT!r}], stdout=subprocess.PIPE, start_new_session=True)\n"
        "child.stdout.readline(); print(child.pid, flush=True); signal.pause()"
    )
    with subprocess.Popen(python(code), stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.kill()
    until(lambda: not is_running(child) or _is_zombie(child))


def _is_zombie(pid: int) -> bool:
    return " Z " in Path(f"/proc/{pid}/stat").read_text()


def test_a_child_whose_parent_was_gone_before_does_not_start() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", lifeline.__file__, "1", *python("print('started')")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout == ""


def test_orphans_are_known_by_their_marker(tmp_path: Path) -> None:
    pids = tmp_path / "pids.json"
    end_orphans(pids, marker="none")
    pids.write_text("not json")
    end_orphans(pids, marker="none")

    def start(marker: str, code: str = PATIENT) -> subprocess.Popen[str]:
        started = subprocess.Popen([*python(code), marker], stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert started.stdout is not None
        started.stdout.readline()
        return started

    ours, deaf, stranger = start("deskmark-1"), start("deskmark-1", DEAF), start("somebody else")
    pids.write_text(json.dumps({"web": ours.pid, "beat": deaf.pid, "old": stranger.pid, "gone": 2**22 + 1}))
    end_orphans(pids, marker="deskmark-1", grace=0.2)

    assert ours.wait(10) == 0
    assert deaf.wait(10) == -signal.SIGKILL
    assert stranger.poll() is None
    assert not pids.exists()
    stranger.kill()
    for each in (ours, deaf, stranger):
        each.communicate()
