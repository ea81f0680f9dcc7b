"""Counting tries: shared by all processes in the broker, by each for itself while that is down."""

from __future__ import annotations

import pytest
from limits import parse
from structlog.testing import capture_logs

from service.web.throttle import Throttle, network

LIMIT = parse("2/hour")


def test_processes_count_together(valkey: str) -> None:
    one, other = Throttle(valkey), Throttle(valkey)
    assert [one.hit(LIMIT, "a"), other.hit(LIMIT, "a"), one.hit(LIMIT, "a"), other.hit(LIMIT, "a")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert other.hit(LIMIT, "b")

    one.forget(LIMIT, "a")
    assert other.hit(LIMIT, "a")


def test_how_long_to_wait(valkey: str) -> None:
    for throttle in (Throttle(valkey), Throttle("redis://127.0.0.1:1/0"), Throttle()):
        assert throttle.hit(LIMIT, "a")
        assert 3500 < throttle.wait(LIMIT, "a") <= 3600


def test_while_the_broker_is_down_each_counts_for_itself() -> None:
    throttle = Throttle("redis://127.0.0.1:1/0")
    with capture_logs() as logs:
        assert [throttle.hit(LIMIT, "a") for _ in range(3)] == [True, True, False]
        throttle.forget(LIMIT, "a")
        assert throttle.hit(LIMIT, "a")
    assert {entry["error"] for entry in logs} == {"ConnectionError"}


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("", "unknown"),
        (None, "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_a_visitor_has_a_whole_network(address: str | None, counted: str) -> None:
    assert network(address) == counted
