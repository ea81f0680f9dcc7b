"""Requests that no HTTP library would send, byte by byte, to the web process as it runs in operation (gunicorn).

After each attack the same process has to answer a genuine webhook: nothing hangs, nothing died, nothing leaked over.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from service.store.database import Database
from service.store.installations import NewInstallation, add
from service.store.models import Delivery
from service.store.secrets import SecretBox

PATIENCE = 60.0
GENUINE = "/webhooks/zendesk/i1"


@dataclass
class Running:
    """A running web process."""

    port: int
    database: Database

    def raw(self, *pieces: bytes) -> bytes:
        """Send bytes as they are, piece by piece; everything that came back until the server closed or went quiet."""
        with closing(socket.create_connection(("127.0.0.1", self.port), PATIENCE)) as connection:
            connection.settimeout(PATIENCE)
            try:
                for piece in pieces:
                    connection.sendall(piece)
                connection.shutdown(socket.SHUT_WR)
                answer = b""
                while piece := connection.recv(65_536):
                    answer += piece
            except (ConnectionError, BrokenPipeError):
                return b""
            return answer

    def stored(self) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(Delivery)) or 0


@pytest.fixture(scope="module")
def running(
    sqlite_template: Path, valkey_server: Any, secret_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("raw")
    path = folder / "deskmark.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    secrets = SecretBox(secret_key).lock({"webhook_secret": "z-signing-secret"})
    new = NewInstallation("zendesk", "acme", "https://acme.zendesk.com", secrets, "dm__", id="i1")
    with database.begin() as session:
        add(session, new, now=datetime.now(UTC))
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DESKMARK_")},
        "DATABASE_URL": f"sqlite:///{path}",
        "REDIS_URL": f"redis://127.0.0.1:{valkey_server.port}/0",
        "DESKMARK_SECRET_KEY": secret_key,
        "DESKMARK_SESSION_KEY": "a session key for tests, long enough",
        "PORT": str(port),
        "WEB_SLOWEST_SECONDS": "1",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "python:service.web.gunicorn", "service.app:create_app()"]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as child,
    ):
        _wait_until_it_answers(port, child)
        yield Running(port, database)
        child.send_signal(signal.SIGTERM)
        child.wait(PATIENCE)
    database.close()


def _wait_until_it_answers(port: int, child: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while child.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the web process did not start")


def post(path: bytes, *headers: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join((b"POST " + path + b" HTTP/1.1", b"Host: desk.example", *headers, b"", body))


W = GENUINE.encode()
ATTACKS: dict[str, tuple[bytes, ...]] = {
    "chunked without a length": (
        post(W, b"Transfer-Encoding: chunked", b"Connection: close", body=b'5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n'),
    ),
    "chunked and far too large": (
        post(W, b"Transfer-Encoding: chunked", b"Connection: close"),
        *([b"10000\r\n" + b"x" * 0x10000 + b"\r\n"] * 24),
        b"0\r\n\r\n",
    ),
    "a chunk that lies": (post(W, b"Transfer-Encoding: chunked", body=b"ffffffffffffffff\r\nx\r\n0\r\n\r\n"),),
    "a chunk size that is none": (post(W, b"Transfer-Encoding: chunked", body=b"zz\r\nx\r\n0\r\n\r\n"),),
    "length and chunked": (
        post(W, b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n"),
    ),
    "two lengths": (post(W, b"Content-Length: 2", b"Content-Length: 200", b"Connection: close", body=b"{}"),),
    "a negative length": (post(W, b"Content-Length: -1", b"Connection: close", body=b"{}"),),
    "a length of letters": (post(W, b"Content-Length: two", b"Connection: close", body=b"{}"),),
    "a huge length": (post(W, b"Content-Length: 99999999999999999999", b"Connection: close", body=b"{}"),),
    "less than promised": (post(W, b"Content-Length: 100", b"Connection: close", body=b"{"),),
    "a null in a header": (
        post(W, b"X-Zendesk-Webhook-Signature: a\x00b", b"Content-Length: 0", b"Connection: close"),
    ),
    "a null in the path": (post(b"/webhooks/zendesk/\x00", b"Content-Length: 0", b"Connection: close"),),
    "a header without a colon": (post(W, b"Signature", b"Content-Length: 0", b"Connection: close"),),
    "a folded header": (post(W, b"X-A: 1\r\n  folded", b"Content-Length: 0", b"Connection: close"),),
    "an injected header": (post(W + b"%0d%0aX-Injected:%201", b"Content-Length: 0", b"Connection: close"),),
    "a header of 20 kB": (post(W, b"X-A: " + b"a" * 20_000, b"Content-Length: 0", b"Connection: close"),),
    "a thousand headers": (
        post(W, *(b"X-%d: 1" % number for number in range(1_000)), b"Content-Length: 0", b"Connection: close"),
    ),
    "a path of 10 kB": (post(W + b"a" * 10_000, b"Content-Length: 0", b"Connection: close"),),
    "bytes that are no UTF-8": (post(W + b"/\xff\xfe", b"X-A: \xff", b"Content-Length: 0", b"Connection: close"),),
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(64),),
    "another protocol": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",),
    "HTTP of tomorrow": (b"POST " + W + b" HTTP/9.9\r\nHost: x\r\nContent-Length: 0\r\n\r\n",),
    "an odd method": (b"TRACE " + W + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",),
    "no host": (b"POST " + W + b" HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",),
    "an expectation": (post(W, b"Expect: 100-continue", b"Content-Length: 2", b"Connection: close", body=b"{}"),),
    "another expectation": (post(W, b"Expect: miracle", b"Content-Length: 2", b"Connection: close", body=b"{}"),),
    "packed": (
        post(W, b"Content-Encoding: gzip", b"Content-Length: 4", b"Connection: close", body=b"\x1f\x8b\x08\x00"),
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_process_survives(attack: str, running: Running, signed: Any) -> None:
    before = running.stored()

    answer = running.raw(*ATTACKS[attack])

    assert not answer or answer.startswith(b"HTTP/1."), answer[:100]
    for line in answer.split(b"\r\n"):
        if line.startswith(b"HTTP/1."):
            status = int(line.split()[1])
            assert status in (100, 302, 400, 401, 404, 405, 408, 411, 413, 414, 417, 431, 501, 505), line
    assert b"\r\nX-Injected" not in answer
    assert b"deskmark_" not in answer, "the metrics were reached by a smuggled request"
    assert b"Traceback" not in answer
    assert running.stored() == before
    still_well(running, signed)


def test_half_a_request_keeps_nobody_waiting(running: Running, signed: Any) -> None:
    """More connections than threads, each with half a header or with a body that never comes: they are closed."""
    slow = [socket.create_connection(("127.0.0.1", running.port), PATIENCE) for _ in range(9)]
    for number, connection in enumerate(slow):
        half = b"POST /webhooks/zendesk/i1 HTTP/1.1\r\nHost: x\r\nContent-Le"
        connection.sendall(half if number % 2 else post(W, b"Content-Length: 100", body=b"{"))
    still_well(running, signed)
    for connection in slow:
        connection.close()


def still_well(running: Running, signed: Any) -> None:
    before = running.stored()
    sent = signed.zendesk("4711", at=datetime.now(UTC))
    headers = [f"{name}: {value}".encode() for name, value in sent.headers.items()]
    length = b"Content-Length: %d" % len(sent.body)
    answer = running.raw(post(W, *headers, length, b"Connection: close", body=sent.body))
    assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
    assert running.stored() == before + 1
