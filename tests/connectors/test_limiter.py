"""One limit for all workers, and nobody calls when it cannot be looked up."""

from __future__ import annotations

import pytest

from connectors.errors import Throttled
from connectors.limiter import UNREACHABLE, Limiter


def test_one_limit_for_all_workers(valkey: str) -> None:
    one, other = Limiter(valkey), Limiter(valkey)
    one.take("i1/api", "2/minute")
    other.take("i1/api", "2/minute")
    with pytest.raises(Throttled, match="2/minute") as refused:
        one.take("i1/api", "2/minute")
    assert 1 <= refused.value.after <= 60
    other.take("i2/api", "2/minute")


def test_a_pause_the_helpdesk_asked_for_holds_for_all(valkey: str) -> None:
    one, other = Limiter(valkey), Limiter(valkey)
    one.pause("i1/api", 30)
    with pytest.raises(Throttled, match="asked to wait") as refused:
        other.take("i1/api", "100/minute")
    assert 25 <= refused.value.after <= 31
    other.take("i1/other", "100/minute")


def test_in_one_process() -> None:
    limiter = Limiter()
    limiter.take("b", "1/hour")
    with pytest.raises(Throttled):
        limiter.take("b", "1/hour")


def test_without_the_storage_nobody_calls() -> None:
    away = Limiter("redis://127.0.0.1:1/0")
    with pytest.raises(Throttled) as refused:
        away.take("b", "1/hour")
    assert refused.value.after == UNREACHABLE
    away.pause("b", 5)
