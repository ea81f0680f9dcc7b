"""gunicorn's log in the form of everybody else's: one event a request, with the route and not the address.

The address may hold what nobody should read in a log: a sign-in link's token, a search for a customer. Webhooks are
told of by their view, with the trace; requests for health and numbers only when they fail.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from flask import Flask, g, request
from gunicorn.glogging import Logger

ROUTE = "deskmark.route"
QUIET = frozenset({"webhooks", "health", "static"})
log = structlog.get_logger(__name__)


class AccessLogger(Logger):
    """gunicorn's own events go to the root logger, requests are told as events."""

    def setup(self, cfg: Any) -> None:
        """No handlers of its own: `service.web.gunicorn` has sent everything to the root logger."""
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:  # noqa: ARG002
        """One request, after its answer was sent."""
        known: dict[str, str] = environ.get(ROUTE, {})
        status = int(str(resp.status).split(None, 1)[0])
        if known.get("part") in QUIET and status < 500:
            return
        milliseconds = round(request_time.total_seconds() * 1000, 1)
        told = {name: value for name, value in known.items() if name != "part"}
        log.info("request", method=environ.get("REQUEST_METHOD"), status=status, milliseconds=milliseconds, **told)


def name_routes(app: Flask) -> None:
    """Leave with each request what its log line says: the route's pattern and who asked."""

    def named(_error: BaseException | None) -> None:
        rule = request.url_rule
        person = getattr(g.get("visitor"), "person_id", None)
        known = {
            "part": request.blueprint or request.endpoint,
            "route": rule.rule if rule else None,
            "person": person,
        }
        request.environ[ROUTE] = {name: value for name, value in known.items() if value}

    app.teardown_request(named)
