"""Logs are JSON lines with ids."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from service.logs import configure_logs

pytestmark = pytest.mark.usefixtures("logging_as_it_was")


def test_our_events_and_the_libraries_records(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info")
    configure_logs("info")
    structlog.get_logger("tasks.scoring").info("scored", conversation="abc")
    structlog.get_logger("tasks.scoring").debug("not shown")
    logging.getLogger("celery.worker").warning("connection %s", "lost")
    logging.getLogger("urllib3").info("not shown")
    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["conversation"], ours["level"]) == ("scored", "abc", "info")
    assert (theirs["event"], theirs["logger"]) == ("connection lost", "celery.worker")
    assert ours["timestamp"].endswith("Z")
