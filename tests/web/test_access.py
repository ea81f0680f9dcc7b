"""gunicorn's requests as events: the route and not the address, health and webhooks only when they fail."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from structlog.testing import capture_logs

from service.web.access import ROUTE, AccessLogger


@pytest.fixture
def logger() -> Iterator[AccessLogger]:
    names = ("gunicorn.error", "gunicorn.access")
    before = {name: (logging.getLogger(name).handlers[:], logging.getLogger(name).propagate) for name in names}
    config = Config()
    config.set("accesslog", "-")
    yield AccessLogger(config)
    for name, (handlers, propagate) in before.items():
        logging.getLogger(name).handlers[:], logging.getLogger(name).propagate = handlers, propagate


def said(logger: AccessLogger, status: str, environ: dict[str, Any]) -> list[Any]:
    with capture_logs() as told:
        logger.access(SimpleNamespace(status=status), None, environ, timedelta(milliseconds=12.34))
    return told


def test_nothing_has_a_handler_of_its_own(logger: AccessLogger) -> None:
    assert logger.error_log.handlers == logger.access_log.handlers == []
    assert logger.error_log.propagate


def test_a_page(logger: AccessLogger) -> None:
    known = {"part": "pages", "route": "/c/<row_id>", "person": "p1"}
    (told,) = said(logger, "200 OK", {"REQUEST_METHOD": "GET", ROUTE: known})
    assert told == {
        "event": "request", "log_level": "info", "method": "GET", "status": 200, "milliseconds": 12.3,
        "route": "/c/<row_id>", "person": "p1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("part", "status", "lines"), [("health", "200 OK", 0), ("webhooks", "401", 0), ("webhooks", "503", 1)]
)
def test_what_is_told_elsewhere(logger: AccessLogger, part: str, status: str, lines: int) -> None:
    assert len(said(logger, status, {"REQUEST_METHOD": "GET", ROUTE: {"part": part}})) == lines


def test_a_request_leaves_its_route(web: Any) -> None:
    seen: list[dict[str, Any]] = []
    inner = web.app.wsgi_app

    def keep(environ: dict[str, Any], start: Any) -> Any:
        answer = inner(environ, start)
        seen.append(environ)
        return answer

    web.app.wsgi_app = keep
    web.client().get("/sign-in/secret-token?q=customer").close()
    web.client().get("/nowhere").close()
    assert "secret" not in str(seen[0][ROUTE])
    assert seen[0][ROUTE]["route"].startswith("/sign-in")
    assert "route" not in seen[1][ROUTE]
