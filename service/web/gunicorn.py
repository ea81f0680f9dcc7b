"""gunicorn's configuration, read by gunicorn alone (`--config python:service.web.gunicorn`): threads, as webhooks wait.

SQLite takes one process; PostgreSQL gets `WEB_PROCESSES`, 2 by default.
"""

from __future__ import annotations

import gc
import os
import socket
import struct
from typing import Any

from service.logs import configure_logs
from service.settings import Settings

_settings = Settings()

configure_logs(_settings.log_level, _settings.log_format)

bind = f"{_settings.host}:{_settings.port}"
worker_class = "gthread"
workers = 1 if _settings.database.startswith("sqlite") else int(os.environ.get("WEB_PROCESSES", "2"))
threads = 8
timeout = 30
graceful_timeout = 20
"""A stopped or replaced process finishes what it was asked for, at most so long."""
keepalive = 5
limit_request_line = 4094
accesslog = "-"
logger_class = "service.web.access.AccessLogger"
control_socket_disable = True

SLOWEST = int(os.environ.get("WEB_SLOWEST_SECONDS", "5"))
"""Seconds without a byte of a request after which its connection is closed. A proxy in front, which hands on whole
requests only, still has to keep away whoever sends a byte now and then."""


def post_worker_init(worker: Any) -> None:
    """What a process does between having loaded the application and the first request."""
    _limit_silence(worker)
    _keep_what_stays()


def _limit_silence(worker: Any) -> None:
    """Let no connection hold a thread for ever by sending half a request: gunicorn's threads wait without end.

    The kernel's own limit, which connections inherit from the socket that accepts them (socket(7), SO_RCVTIMEO).
    """
    for listener in worker.sockets:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SLOWEST, 0))


def _keep_what_stays() -> None:
    """Modules and the application stay as long as the process: whole collections need not look through them each time,
    which took a tenth of a second of whoever waited for a page (https://docs.python.org/3/library/gc.html#gc.freeze).
    """
    gc.collect()
    gc.freeze()
