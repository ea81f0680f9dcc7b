"""Serves the sandbox's API on 127.0.0.1: one request at a time, under its limits, each remembered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from flask import Flask, Response, g, jsonify, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from connectors.zendesk.sandbox.hooks import Hooks
from connectors.zendesk.sandbox.limits import Limits

POLL = 0.02
"""Seconds after which a stopped server notices."""


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One API request that reached the sandbox; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    json: Any
    status: int


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    skew: Callable[[], timedelta]

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The time of the stand-in's clock, for the header `Date`."""
        return super().date_time_string((timestamp or time.time()) + self.skew().total_seconds())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are in `requests_log`, not on the terminal."""


class Served:
    """A WSGI application that can be started and stopped. `lock` is held while a request changes anything.

    `skew` is how far the clock in its answers is from ours.
    """

    def __init__(self, app: Flask, hooks: Hooks) -> None:
        self.limits = Limits()
        self.skew = timedelta(0)
        self.requests_log: list[LoggedRequest] = []
        self._lock = threading.RLock()
        self._app = app
        self._hooks = hooks
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._watch(app)

    @property
    def base_url(self) -> str:
        """Where the API is, without a trailing slash; known once started."""
        assert self._server is not None, "the sandbox is not started"
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self, port: int = 0) -> Self:
        """Serve on 127.0.0.1, on a free port unless one is named."""
        handler = type("Handler", (_Quiet,), {"skew": staticmethod(lambda: self.skew)})
        self._server = make_server("127.0.0.1", port, self._serve, threaded=True, request_handler=handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL,), name="zendesk-sandbox", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and sending; nothing is left running."""
        self._hooks.stop()
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
            return self._app(environ, start_response)

    def _watch(self, app: Flask) -> None:
        app.before_request_funcs.setdefault(None, []).insert(0, self._count)
        app.after_request(self._finish)

    def _count(self) -> tuple[Response, int, dict[str, str]] | None:
        wait = self.limits.take(request.method, request.path)
        if wait is None:
            return None
        body = {"error": "APIRateLimitExceeded", "description": "Number of allowed API requests per minute exceeded"}
        return jsonify(body), 429, {"Retry-After": str(max(1, round(wait)))}

    def _finish(self, response: Response) -> Response:
        response.headers.extend(self.limits.headers(request.method, request.path))
        if ignored := g.get("ignored"):
            keys = ", ".join(f'"{key}"' for key in ignored)
            response.headers["x-zendesk-api-warn"] = (
                '{:allowed_parameters=>{:controller=>"tickets", :action=>"update", '
                f":unpermitted_keys=>[{keys}], :invalid_values=>[]}}}}"
            )
        self.requests_log.append(
            LoggedRequest(
                request.method,
                request.path,
                dict(request.args),
                {name.lower(): value for name, value in request.headers.items()},
                request.get_json(silent=True),
                response.status_code,
            )
        )
        return response
