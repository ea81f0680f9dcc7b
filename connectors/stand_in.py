"""What the stand-ins for helpdesks have in common: an API served on 127.0.0.1, and work done in the background.

Knows no helpdesk; only the packages `sandbox` import it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from flask import Flask, Response, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

POLL = 0.02
"""Seconds after which a stopped server notices."""

WORKERS = 4
READS, CHANGES = "reads", "changes"


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One API request that reached the sandbox; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    json: Any
    status: int

    @classmethod
    def of(cls, response: Response) -> Self:
        """The request that Flask is answering with `response`."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        query, sent = request.args.to_dict(), request.get_json(silent=True)
        return cls(request.method, request.path, query, headers, sent, response.status_code)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    skew: Callable[[], timedelta]

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The time of the stand-in's clock, for the header `Date`."""
        return super().date_time_string((timestamp or time.time()) + self.skew().total_seconds())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are in `requests_log`, not on the terminal."""


class Served:
    """An application that can be started and stopped, and remembers its requests; one is answered at a time.

    `skew` is how far the clock in its answers is from ours. With `locked_out` set nobody is let in; `failing` are how
    many of the next reads and changes are refused for good.
    """

    def __init__(self, app: Flask, name: str) -> None:
        self.skew = timedelta(0)
        self.locked_out = False
        self.failing = {READS: 0, CHANGES: 0}
        self.requests_log: list[LoggedRequest] = []
        self._lock = threading.RLock()
        self._app = app
        self._name = name
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """Where the API is, without a trailing slash; known once started."""
        assert self._server is not None, "the sandbox is not started"
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self, port: int = 0) -> Self:
        """Serve on 127.0.0.1, on a free port unless one is named."""
        handler = type("Handler", (_Quiet,), {"skew": staticmethod(lambda: self.skew)})
        self._server = make_server("127.0.0.1", port, self._serve, threaded=True, request_handler=handler)
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(POLL,), name=self._name, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._lock:
            if status := self._turned_away(environ["REQUEST_METHOD"], environ["PATH_INFO"]):
                start_response(status, [("Content-Type", "application/json")])
                return [b"{}"]
            return self._app(environ, start_response)

    def _turned_away(self, method: str, path: str) -> str | None:
        """The status with which a request is refused; `None`: it is served, as always what people do in a browser."""
        if path.startswith("/developer-hub/"):
            return None
        if self.locked_out:
            return "401 Unauthorized"
        kind = READS if method == "GET" or path.endswith("/search") else CHANGES
        if not self.failing[kind] or path.startswith("/oauth/"):
            return None
        self.failing[kind] -= 1
        return "422 Unprocessable Content"


class Background:
    """Does work in the background, at once or after a delay, and knows whether any is under way."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix=name)
        self._changed = threading.Condition()
        self._pending = 0
        self._timers: set[threading.Timer] = set()
        self._stopped = False

    def do(self, work: Callable[[], None], *, delay: float = 0.0) -> None:
        """Do `work` in `delay` seconds; nothing once stopped."""
        with self._changed:
            if self._stopped:
                return
            self._pending += 1
            if not delay:
                self._pool.submit(self._run, work)
                return
            timer = threading.Timer(delay, lambda: self._due(timer, work))
            timer.daemon = True
            self._timers.add(timer)
            timer.start()

    def flush(self, timeout: float) -> bool:
        """Wait until nothing is under way, delayed work included; whether that was so within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._pending == 0, timeout)

    def stop(self) -> None:
        """Begin nothing more and let go of the threads."""
        with self._changed:
            self._stopped = True
            for timer in self._timers:
                timer.cancel()
            self._timers.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _due(self, timer: threading.Timer, work: Callable[[], None]) -> None:
        with self._changed:
            self._timers.discard(timer)
            if not self._stopped:
                self._pool.submit(self._run, work)

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            with self._changed:
                self._pending -= 1
                self._changed.notify_all()
