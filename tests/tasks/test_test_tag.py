"""The test tag: what is said when the helpdesk, or somebody at it, does something else meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.errors import Conflict, CredentialsRefused, NotWritable, Rejected, RetryLater
from connectors.self_test import Outcome, Step
from service.writeback import Plan
from tasks.test_tag import write_and_remove

TAG = "dm__test"


@pytest.fixture
def ticket(desk: Any, kit: Any, clock: Any) -> Any:
    desk.tickets["1"] = kit.ticket(kit.conversation("1", clock(), kit.helpful))
    return desk.tickets["1"]


def tried(desk: Any) -> Step:
    return write_and_remove(desk, desk.read("1"), TAG)


def test_written_and_removed(desk: Any, ticket: Any) -> None:
    assert tried(desk).outcome is Outcome.PASSED
    assert (ticket.tags, desk.writes) == (("vip",), 2)


def test_one_that_was_left_behind_is_removed(desk: Any, ticket: Any) -> None:
    ticket.tags = ("vip", TAG)
    assert tried(desk).outcome is Outcome.PASSED
    assert ticket.tags == ("vip",)


def test_a_conversation_that_changes_is_read_again(desk: Any, ticket: Any) -> None:
    reading = desk.read("1")
    ticket.stamp += 1
    assert write_and_remove(desk, reading, TAG).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (NotWritable("read-only"), "a human took part"),
        (Rejected("403"), "permission to write"),
        (CredentialsRefused("401"), "permission to write"),
        (RetryLater("502"), "in a minute"),
    ],
)
def test_not_written(error: Exception, action: str, desk: Any, ticket: Any) -> None:
    reading = desk.read("1")
    desk.failures = [error]
    step = write_and_remove(desk, reading, TAG)
    assert (step.outcome, ticket.tags) == (Outcome.FAILED, ("vip",))
    assert action in step.action


def test_one_that_never_keeps_still_is_given_up(desk: Any, ticket: Any) -> None:
    reading = desk.read("1")
    desk.failures = [each for _ in range(3) for each in (Conflict("stale"), None)]
    step = write_and_remove(desk, reading, TAG)
    assert step.outcome is Outcome.FAILED
    assert "in a minute" in step.action


def test_not_removed(desk: Any, ticket: Any) -> None:
    reading = desk.read("1")
    desk.failures = [None, None, Rejected("gone wrong")]
    step = write_and_remove(desk, reading, TAG)
    assert "could not be removed" in step.seen
    assert "by hand" in step.action
    assert TAG in ticket.tags


def test_a_trigger_that_removes_tags(desk: Any, ticket: Any) -> None:
    desk.after_write = lambda: setattr(ticket, "tags", ("vip",))
    step = tried(desk)
    assert "accepted and is not on" in step.seen
    assert "trigger" in step.action


def test_a_trigger_that_adds_it_again(desk: Any, ticket: Any) -> None:
    desk.after_write = lambda: setattr(ticket, "tags", ("vip", TAG))
    step = tried(desk)
    assert "still on conversation 1" in step.seen
    assert "by hand" in step.action


def test_a_trigger_that_touches_other_tags(desk: Any, ticket: Any) -> None:
    kept = desk.write

    def write(reading: Any, plan: Plan) -> int:
        sent = kept(reading, plan)
        ticket.tags = (*ticket.tags, "surprise")
        return int(sent)

    desk.write = write
    step = tried(desk)
    assert "other tags are not what they were" in step.seen
    assert "Look at conversation 1" in step.action
