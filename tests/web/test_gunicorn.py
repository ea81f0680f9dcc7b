"""gunicorn's configuration, in a process of its own: what a worker does before its first request."""

from __future__ import annotations

import os
import subprocess
import sys

from service.store.secrets import new_key

WORKER = """
import gc, socket, struct
from types import SimpleNamespace
from service.web import gunicorn

with socket.socket() as listening:
    gunicorn.post_worker_init(SimpleNamespace(sockets=[SimpleNamespace(sock=listening)]))
    seconds, _ = struct.unpack("ll", listening.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16))
print(gunicorn.workers, seconds, gc.get_freeze_count() > 10_000)
"""


def started(**given: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DESKMARK_")}
    needed = {"DESKMARK_SECRET_KEY": new_key(), "DESKMARK_SESSION_KEY": "a session key for tests"}
    run = [sys.executable, "-c", WORKER]
    return subprocess.run(
        run, env={**kept, **needed, **given}, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_a_worker_on_postgresql() -> None:
    address = "postgresql://127.0.0.1/deskmark"
    assert started(DATABASE_URL=address) == "2 5 True"
    assert started(DATABASE_URL=address, WEB_PROCESSES="3", WEB_SLOWEST_SECONDS="9") == "3 9 True"


def test_sqlite_takes_one_process() -> None:
    assert started(DATABASE_URL="sqlite:///deskmark.sqlite3", WEB_PROCESSES="3") == "1 5 True"
