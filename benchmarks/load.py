"""Sends prepared HTTP requests over kept-alive connections and times each answer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

CONNECTIONS = 16


@dataclass(frozen=True)
class Load:
    """How fast a server answered: requests a second, and milliseconds for the slower half and the slowest hundredth."""

    rate: float
    p50: float
    p99: float
    failed: int


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A whole POST request, ready to be sent."""
    lines = [f"POST {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def run(port: int, requests: Sequence[bytes], connections: int = CONNECTIONS) -> Load:
    """Send all requests, `connections` at a time, each connection one after the other."""
    taken: list[float] = []
    failures: list[int] = []

    def work(mine: Sequence[bytes]) -> None:
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        times, failed = [], 0
        for request in mine:
            began = time.perf_counter()
            connection.sendall(request)
            status, closes = _answer(connection)
            times.append(time.perf_counter() - began)
            failed += status != 200
            if closes:
                connection.close()
                connection = socket.create_connection(("127.0.0.1", port))
        connection.close()
        taken.extend(times)
        failures.append(failed)

    threads = [threading.Thread(target=work, args=(requests[i::connections],)) for i in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    cuts = quantiles(taken, n=100)
    return Load(len(requests) / seconds, cuts[49] * 1000, cuts[98] * 1000, sum(failures))


def _answer(connection: socket.socket) -> tuple[int, bool]:
    """Read one answer; its status, and whether the server closes the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return 0, True
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lowered = head.lower()
    length = int(lowered.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in lowered else 0
    while len(body) < length:
        body += connection.recv(65536)
    return int(head.split(b" ", 2)[1]), b"connection: close" in lowered
