"""Real workers, as the Procfile starts them, on real databases and a real broker, against the stand-in helpdesks.

Workers are killed in the middle of scoring and of write-back, the broker is killed and emptied, the database is
restarted, webhooks come twice and in any order: every conversation ends scored, with exactly one note of ours, and
nobody else's tag is touched. A gate between us and the helpdesk says where a worker is when it is killed.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from house import PATIENCE, House, inhabited, seed, until
from werkzeug.serving import ThreadedWSGIServer

from service.app import create_app
from service.web.parts import EXTENSION, REFUSALS


class WaitingServer(ThreadedWSGIServer):
    """Closing it waits for what is being answered, which holds a connection of the database."""

    daemon_threads = False


@pytest.fixture(scope="module", params=["embedded", "production"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    server = request.getfixturevalue("postgres") if request.param == "production" else None
    with inhabited(request, sqlite=request.param == "embedded") as house:
        if server is not None:

            def restart() -> None:
                server.stop("immediate")
                server.start()

            house.restart_database = restart
        app = create_app(house.settings)
        web = WaitingServer("127.0.0.1", 0, app)
        thread = threading.Thread(target=web.serve_forever, daemon=True)
        thread.start()
        for name, desk in house.desks.items():
            desk.connect_webhook(f"http://127.0.0.1:{web.server_port}/webhooks/{name}/{name}")
        house.start("ingest", "score", "writeback", "beat")
        yield house
        web.shutdown()
        thread.join()
        web.server_close()
        app.extensions[REFUSALS].close()
        app.extensions[EXTENSION].database.close()


@pytest.fixture(params=["zendesk", "intercom"])
def desk(request: pytest.FixtureRequest) -> str:
    return str(request.param)


READ = {"zendesk": ("GET", "/api/v2/tickets/"), "intercom": ("GET", "/conversations/")}
WRITE = {"zendesk": ("PUT", "/api/v2/tickets/"), "intercom": ("POST", "/reply")}


def test_undisturbed(house: House, desk: str, kit: Any) -> None:
    keys = [seed(house, desk, kit, number) for number in range(3)]
    for key in keys:
        house.comes_to_rest(desk, key)


def test_killed_while_scoring(house: House, desk: str, kit: Any) -> None:
    with house.wires[desk].held(*READ[desk], before=True) as gate:
        key = seed(house, desk, kit, 10)
        assert gate.reached.wait(PATIENCE)
        house.kill("score")
    house.start("score")
    house.comes_to_rest(desk, key)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_killed_while_writing(house: House, desk: str, kit: Any, before: bool) -> None:
    """Before the helpdesk took it nothing stands there; afterwards everything does and we were never told."""
    with house.wires[desk].held(*WRITE[desk], before=before, drop=before) as gate:
        key = seed(house, desk, kit, 20 + before)
        assert gate.reached.wait(PATIENCE)
        house.kill("writeback")
        if before:
            assert not house.desks[desk].snapshot(key).notes
        else:
            assert house.desks[desk].snapshot(key).notes
    house.start("writeback")
    house.comes_to_rest(desk, key)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="a worker's children are found in /proc")
def test_a_child_killed_while_scoring(house: House, kit: Any) -> None:
    """As by the kernel when memory runs out: the worker itself lives on."""
    with house.wires["zendesk"].held(*READ["zendesk"], before=True) as gate:
        key = seed(house, "zendesk", kit, 15)
        assert gate.reached.wait(PATIENCE)
        worker = house.processes["score"].pid
        for child in Path(f"/proc/{worker}/task/{worker}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
    house.comes_to_rest("zendesk", key)


def test_duplicates_in_the_wrong_order(house: House, desk: str, kit: Any) -> None:
    hooks = house.desks[desk].hooks
    hooks.duplicates = 3
    hooks.hold()
    keys = [seed(house, desk, kit, number) for number in (30, 31)]
    hooks.release(backwards=True)
    for key in keys:
        house.comes_to_rest(desk, key)
    hooks.duplicates = 0


def test_broker_killed_and_emptied(house: House, kit: Any) -> None:
    with house.wires["intercom"].held(*READ["intercom"], before=True) as gate:
        first = seed(house, "intercom", kit, 40)
        assert gate.reached.wait(PATIENCE)
        port = house.broker.port
        house.broker.terminate()
        for path in sorted(house.broker.data_dir.rglob("*"), reverse=True):
            if path.is_file():
                path.unlink()
        second = seed(house, "zendesk", kit, 40)
        until(lambda: house.has_delivery(second), "the webhook is taken without a broker")
        house.broker._desired_port = port
        house.broker.start()
    house.comes_to_rest("intercom", first)
    house.comes_to_rest("zendesk", second)


def test_database_restarted(house: House, desk: str, kit: Any) -> None:
    with house.wires[desk].held(*READ[desk], before=True) as gate:
        first = seed(house, desk, kit, 50)
        assert gate.reached.wait(PATIENCE)
        house.restart_database()
    second = seed(house, desk, kit, 51)
    house.comes_to_rest(desk, first)
    house.comes_to_rest(desk, second)
