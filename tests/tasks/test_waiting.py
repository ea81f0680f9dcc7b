"""How long work waits: as the helpdesk asks, and longer with each try of our own."""

from __future__ import annotations

import pytest

from connectors.errors import CredentialsRefused, RetryLater, Throttled
from service.settings import Settings
from tasks.waiting import NOT_COUNTED, seconds


@pytest.mark.parametrize(
    ("attempts", "after", "counted", "waits"),
    [(1, 0.0, True, 1.0), (4, 0.0, True, 8.0), (4, 30.0, True, 30.0), (30, 0.0, True, 60.0), (30, 5.0, False, 5.0)],
)
def test_the_wait_doubles_up_to_the_longest(
    settings: Settings, attempts: int, after: float, counted: bool, waits: float
) -> None:
    assert seconds(settings, attempts, after=after, counted=counted, longest=60.0) == waits


def test_what_says_nothing_of_the_work_is_no_try() -> None:
    assert issubclass(Throttled, NOT_COUNTED)
    assert issubclass(CredentialsRefused, NOT_COUNTED)
    assert not issubclass(RetryLater, NOT_COUNTED)
