"""Restarts as an upgrade does them: the web under load refuses nobody, a worker finishes what it holds."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from house import PATIENCE, House, inhabited, seed, until

SENDERS = 4
NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="a process's children are found in /proc")


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    with inhabited(request) as house:
        # A loaded machine must not take a task for a lost one while we look.
        house.settings = house.settings.model_copy(update={"lease_seconds": 120})
        house.start("ingest", "score", "writeback", "beat")
        yield house


@NEEDS_PROC
def test_the_web_is_replaced_under_load(house: House) -> None:
    """gunicorn's HUP: new processes with new code, the old ones finish first."""
    address = house.web()
    answers: list[str] = []
    stop = threading.Event()

    def send() -> None:
        while not stop.is_set():
            try:
                answer = requests.post(f"{address}/webhooks/zendesk/zendesk", data=b"{}", timeout=20)
                answers.append(str(answer.status_code))
            except requests.RequestException as error:
                answers.append(type(error).__name__)

    senders = [threading.Thread(target=send) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    web = house.processes["web"].pid
    for _ in range(3):
        before = _workers(web)
        sent = len(answers)
        os.kill(web, signal.SIGHUP)
        until(lambda before=before: not before & _workers(web), "all its processes are new ones")
        until(lambda sent=sent: len(answers) > sent + 50, "requests are answered meanwhile")
    stop.set()
    for sender in senders:
        sender.join()
    assert len(answers) > 150
    assert set(answers) == {"401"}, "each was answered, as nobody signed it"


def _workers(web: int) -> set[int]:
    children = Path(f"/proc/{web}/task/{web}/children")
    return {int(pid) for pid in children.read_text().split()}


@pytest.mark.parametrize(
    ("program", "asked"), [("score", ("GET", "/api/v2/tickets/")), ("writeback", ("PUT", "/api/v2/"))]
)
def test_a_worker_finishes_what_it_holds(house: House, kit: Any, program: str, asked: tuple[str, str]) -> None:
    """TERM, as systemd and container engines send it: no second attempt, nothing twice."""
    if "web" not in house.processes:
        house.web()
    with house.wires["zendesk"].held(*asked, before=True) as gate:
        key = seed(house, "zendesk", kit, 60 + len(program))
        assert gate.reached.wait(PATIENCE)
        worker = house.processes.pop(program)
        os.kill(worker.pid, signal.SIGTERM)
        with pytest.raises(Exception, match="timed out"):
            worker.wait(timeout=1)
    assert worker.wait(timeout=PATIENCE) == 0
    ended = datetime.now(UTC)
    row = house.row("zendesk", key)
    done = row.scored_at if program == "score" else row.written_at
    assert done is not None, "it was finished before the worker ended"
    assert done <= ended
    house.start(program)
    house.comes_to_rest("zendesk", key)
