"""What is said of an error nobody foresaw: its type and place, in the log and in rows, never its text."""

from __future__ import annotations

import pytest
import structlog
from structlog.testing import capture_logs

from service.telemetry import unforeseen as module
from service.telemetry.unforeseen import told, unforeseen


def caught() -> Exception:
    """An error that quotes a customer, and was raised."""
    try:
        raise KeyError("my kettle leaks")
    except KeyError as error:
        return error


def test_the_error_is_named_and_placed() -> None:
    seen = unforeseen(caught())
    assert (str(seen), seen.name) == ("unforeseen: KeyError", "KeyError")
    assert seen.frames[-1].startswith("test_unforeseen.py:")
    assert "kettle" not in f"{seen.frames}"


def test_the_log_says_the_same_with_our_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    # A logger that another test used already keeps the way it was set up for then.
    monkeypatch.setattr(module, "log", structlog.get_logger())
    with capture_logs() as logs:
        seen = told(caught(), "task_failed", task="deskmark.score", ids=("abc",))
    (entry,) = logs
    assert (entry["event"], entry["task"], entry["ids"]) == ("task_failed", "deskmark.score", ("abc",))
    assert (entry["error"], entry["frames"]) == (seen.name, seen.frames)
    assert "kettle" not in str(entry)
