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


def fail() -> None:
    try:
        raise KeyError("my kettle leaks")
    except KeyError as error:
        raise ValueError("she wrote: my kettle leaks") from error


def test_an_exception_is_told_by_its_type_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    """Of ours and of a library's; its message may quote a customer."""
    configure_logs("info")
    try:
        fail()
    except ValueError as error:
        logging.getLogger("gunicorn.error").exception("Error handling request")
        structlog.get_logger("ours").error("broken", exc_info=error)
    said = capsys.readouterr().err
    assert "kettle" not in said
    theirs, ours = (json.loads(line) for line in said.splitlines())
    for line in (theirs, ours):
        assert (line["error"], line["because"]) == ("ValueError", "KeyError")
        assert line["frames"][-1].startswith("test_logs.py:")
        assert line["frames"][-1].endswith(" fail")


def test_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "console")
    structlog.get_logger("tasks.scoring").info("scored", conversation="abc", trace="0af7")
    structlog.get_logger("tasks.scoring").error("broken", exc_info=True)
    said = capsys.readouterr().err
    assert "scored" in said
    assert "conversation=abc" in said
    assert "trace=0af7" in said
    assert not said.startswith("{")
