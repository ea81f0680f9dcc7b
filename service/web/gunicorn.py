"""gunicorn's configuration, read by gunicorn alone (`--config python:service.web.gunicorn`): threads, as webhooks wait.

SQLite takes one process; PostgreSQL gets `WEB_PROCESSES`, 2 by default.
"""

from __future__ import annotations

import os

from service.logs import configure_logs
from service.settings import Settings

_settings = Settings()  # type: ignore[call-arg]  # the environment fills what has no default

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
