"""gunicorn's configuration, read by gunicorn alone (`--config python:service.web.gunicorn`): threads, as webhooks wait.

SQLite takes one process; PostgreSQL gets `WEB_PROCESSES`, 2 by default.
"""

from __future__ import annotations

import os

from service.settings import Settings

_settings = Settings()  # type: ignore[call-arg]  # the environment fills what has no default

bind = f"{_settings.host}:{_settings.port}"
worker_class = "gthread"
workers = 1 if _settings.database.startswith("sqlite") else int(os.environ.get("WEB_PROCESSES", "2"))
threads = 8
timeout = 30
graceful_timeout = 5
keepalive = 5
limit_request_line = 4094
accesslog = None
control_socket_disable = True
