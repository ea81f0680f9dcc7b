"""One limit for all workers, and nobody calls when it cannot be looked up."""

from __future__ import annotations

import pytest
from limits.errors import StorageError

from connectors.errors import Throttled
from connectors.limiter import UNREACHABLE, Budget, Limiter, Share


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
    assert limiter.budgets() == (Budget("b", "1/hour", total=1, left=0, paused=0.0),)


def test_what_is_left_of_each_bucket_is_known_to_whoever_asks(valkey: str) -> None:
    worker, web = Limiter(valkey), Limiter(valkey)
    assert web.budgets() == ()
    worker.take("i1/api", "100/minute")
    worker.take("i1/api", "100/minute")
    worker.take("i2/api", "10/10 second")
    worker.take("i2/ticket/4711", "30/10 minute")
    worker.pause("i2/api", 30)
    first, second = web.budgets()
    assert (first.bucket, first.total, first.left, first.paused) == ("i1/api", 100, 98, 0.0)
    assert (second.bucket, second.rate, second.left) == ("i2/api", "10/10 second", 9)
    assert 25 <= second.paused <= 31
    with pytest.raises(StorageError):
        Limiter("redis://127.0.0.1:1/0").budgets()


def test_without_the_storage_nobody_calls() -> None:
    away = Limiter("redis://127.0.0.1:1/0")
    with pytest.raises(Throttled) as refused:
        away.take("b", "1/hour")
    assert refused.value.after == UNREACHABLE
    away.pause("b", 5)


def test_a_share_leaves_the_rest_to_others(valkey: str) -> None:
    whole = Limiter(valkey)
    share = Share(whole, 50)
    for _ in range(2):
        share.take("i1/api", "4/minute")
    with pytest.raises(Throttled, match="2/minute"):
        share.take("i1/api", "4/minute")
    whole.take("i1/api", "4/minute")
    whole.take("i1/api", "4/minute")
    with pytest.raises(Throttled):
        whole.take("i1/api", "4/minute")


def test_a_share_counts_against_the_whole(valkey: str) -> None:
    whole = Limiter(valkey)
    whole.take("i1/api", "1/minute")
    with pytest.raises(Throttled, match="our own limit of 1/minute"):
        Share(whole, 100).take("i1/api", "1/minute")


@pytest.mark.parametrize(("left", "stops"), [(51, False), (50, True), (0, True)])
def test_a_share_stops_when_what_is_left_is_the_others(valkey: str, left: int, stops: bool) -> None:
    whole = Limiter(valkey)
    share = Share(whole, 50)
    share.spare("i1/api", left=left, total=100, resets=20)
    if stops:
        with pytest.raises(Throttled, match="asked to wait"):
            share.take("i1/api", "100/minute")
    else:
        share.take("i1/api", "100/minute")
    whole.take("i1/api", "100/minute")


def test_a_pause_of_a_share_is_everybodys(valkey: str) -> None:
    whole = Limiter(valkey)
    Share(whole, 50).pause("i1/api", 20)
    with pytest.raises(Throttled, match="asked to wait"):
        whole.take("i1/api", "100/minute")
