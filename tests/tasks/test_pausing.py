"""An installation pauses by itself, asks little meanwhile, and goes on by itself with nothing lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.errors import CredentialsRefused, RetryLater, Throttled
from service.store import installations, notices, pausing
from service.store.models import Installation, State
from service.store.notices import Kind
from service.store.upkeep_models import Notice
from tasks import pausing as pausing_tasks
from tasks import upkeep

HOUR = timedelta(hours=1)
REFUSED = "HTTP 401: the access token was refused"


def row(shop: Any, installation_id: str = "i1") -> Installation:
    with shop.runtime.database.read() as session:
        return session.get_one(Installation, installation_id)


def standing(shop: Any) -> list[Kind]:
    with shop.runtime.database.read() as session:
        return [Kind(each.kind) for each in notices.opened(session)]


def seed(shop: Any, kit: Any, keys: list[str]) -> None:
    for key in keys:
        shop.desk.tickets[key] = kit.ticket(kit.conversation(key, shop.clock() - HOUR, kit.unhelpful))
        shop.webhook(key)


def go_round(shop: Any, **by: float) -> None:
    shop.clock.forward(**by)
    upkeep.sweep(shop.runtime)
    shop.work()


def test_a_revoked_token_pauses_and_nothing_is_lost(shop: Any, kit: Any) -> None:
    shop.desk.failures = [CredentialsRefused(REFUSED)] * 100
    seed(shop, kit, ["1", "2", "3", "4"])
    shop.work()
    assert shop.desk.reads == 1, "the others are not even tried"
    assert row(shop).paused_at == shop.clock()
    assert row(shop).paused_reason == "The helpdesk refuses our credentials."
    assert standing(shop) == [Kind.CREDENTIALS_REFUSED]
    seed(shop, kit, ["5"])
    shop.work()
    assert shop.row("5").due_at is not None, "webhooks are still taken"
    for _ in range(6 * 6):
        go_round(shop, minutes=10)
    assert shop.desk.reads == 1
    assert 10 <= shop.desk.pings <= 16, "half an hour apart in the end"
    with shop.runtime.database.read() as session:
        assert pausing.waiting(session, "i1", now=shop.clock()).all == 5
    assert all(shop.row(key).attempts == 0 for key in "12345")
    shop.desk.failures = []
    go_round(shop, minutes=31)
    go_round(shop, seconds=61)
    assert not row(shop).paused_at
    assert all(shop.row(key).state == State.SCORED for key in "12345")
    assert shop.desk.reads == 1 + 5, "each read once"
    assert shop.desk.writes == 5
    assert standing(shop) == []


def test_new_credentials_end_a_pause_at_once(shop: Any, kit: Any) -> None:
    shop.desk.failures = [CredentialsRefused(REFUSED)]
    seed(shop, kit, ["1"])
    shop.work()
    with shop.runtime.database.begin() as session:
        assert pausing.resume(session, "i1", now=shop.clock())
        assert not pausing.resume(session, "i1", now=shop.clock())
    upkeep.sweep(shop.runtime)
    shop.work()
    assert shop.desk.pings == 0
    assert shop.row("1").state == State.SCORED


def test_a_pause_concerns_one_installation(shop: Any, kit: Any) -> None:
    other = shop.connect("intercom", "other")
    other.desk.tickets["9"] = kit.ticket(kit.conversation("9", shop.clock() - HOUR, kit.unhelpful))
    shop.desk.failures = [CredentialsRefused(REFUSED)] * 9
    seed(shop, kit, ["1"])
    other.webhook("9")
    shop.work()
    assert (row(shop).paused_at is None, row(shop, "i2").paused_at is None) == (False, True)
    assert other.row("9").state == State.SCORED


def test_what_is_stored_is_judged_during_a_pause(shop: Any, kit: Any) -> None:
    """A window passes: no helpdesk is asked for it."""
    seed(shop, kit, ["1"])
    shop.work()
    with shop.runtime.database.begin() as session:
        pausing.pause(session, "i1", Kind.QUOTA_GONE, now=shop.clock(), until=shop.clock() + HOUR * 90)
    before = (shop.desk.reads, shop.desk.writes)
    go_round(shop, hours=26)
    assert shop.row("1").final_at is None
    assert shop.row("1").scored_at == shop.clock()
    assert (shop.desk.reads, shop.desk.writes) == before


@pytest.mark.parametrize("after", [900.0, 86_400.0])
def test_a_quota_that_is_gone_for_long_pauses_at_once(shop: Any, kit: Any, after: float) -> None:
    shop.desk.failures = [Throttled("429", after=after)]
    seed(shop, kit, ["1", "2"])
    shop.work()
    assert shop.desk.reads == 1
    assert row(shop).paused_until == shop.clock() + timedelta(seconds=after)
    assert standing(shop) == [Kind.QUOTA_GONE]
    go_round(shop, seconds=after - 1)
    assert shop.desk.pings == 0
    go_round(shop, seconds=2)
    go_round(shop, seconds=61)
    assert shop.desk.pings == 1
    assert shop.row("2").state == State.SCORED


def test_a_burst_is_no_trouble(shop: Any, kit: Any) -> None:
    shop.desk.failures = [Throttled("429", after=5.0)] * 30
    seed(shop, kit, ["1"])
    shop.work()
    for _ in range(29):
        go_round(shop, seconds=6)
    assert row(shop).paused_at is None
    go_round(shop, seconds=6)
    assert shop.row("1").state == State.SCORED
    assert standing(shop) == []


def test_refusals_without_end_pause(shop: Any, kit: Any) -> None:
    shop.desk.failures = [Throttled("429", after=60.0)] * 1000
    seed(shop, kit, ["1"])
    shop.work()
    for _ in range(20):
        go_round(shop, seconds=61)
    assert row(shop).paused_at is not None
    reads = shop.desk.reads
    for _ in range(20):
        go_round(shop, seconds=61)
    assert shop.desk.reads == reads
    assert shop.row("1").attempts == 0


def test_refusals_with_work_between_do_not_pause(shop: Any, kit: Any) -> None:
    for number in range(30):
        shop.desk.failures = [Throttled("429", after=60.0)]
        seed(shop, kit, [str(number)])
        shop.work()
        go_round(shop, seconds=61)
    assert row(shop).paused_at is None


def test_our_own_limits_never_pause(shop: Any, kit: Any) -> None:
    shop.desk.failures = [Throttled("our own limit", after=90_000.0, ours=True)]
    seed(shop, kit, ["1"])
    shop.work()
    assert row(shop).paused_at is None


def test_a_probe_that_is_told_to_wait_waits(shop: Any, kit: Any) -> None:
    shop.desk.failures = [CredentialsRefused(REFUSED), Throttled("429", after=3000.0), RetryLater("503")]
    seed(shop, kit, ["1"])
    shop.work()
    go_round(shop, seconds=61)
    assert row(shop).paused_until == shop.clock() + timedelta(seconds=3000)
    go_round(shop, seconds=3001)
    assert (shop.desk.pings, row(shop).paused_at is not None) == (2, True)
    go_round(shop, hours=1)
    assert row(shop).paused_at is None


def test_nobody_probes_what_is_not_paused(shop: Any) -> None:
    assert not pausing_tasks.probe(shop.runtime, "i1")
    assert not pausing_tasks.probe(shop.runtime, "nowhere")
    assert shop.desk.pings == 0


def test_a_switched_off_installation_is_left_alone_and_goes_on(shop: Any, kit: Any) -> None:
    shop.change(enabled=False)
    seed(shop, kit, ["1"])
    shop.work()
    go_round(shop, hours=3)
    upkeep.poll(shop.runtime)
    shop.work()
    assert (shop.desk.reads, shop.desk.asked) == (0, 0)
    shop.change(enabled=True)
    go_round(shop, seconds=61)
    assert shop.row("1").state == State.SCORED


def test_trouble_that_comes_and_goes_is_told_once(shop: Any, kit: Any) -> None:
    """A token that is refused every other time: one notice, open as long as that goes on."""
    for number in range(5):
        shop.desk.failures = [CredentialsRefused(REFUSED)]
        seed(shop, kit, [str(number)])
        shop.work()
        go_round(shop, seconds=61)
        assert row(shop).paused_at is None
    with shop.runtime.database.read() as session:
        told = session.query(Notice).all()
    assert [(each.kind, each.count) for each in told] == [(Kind.CREDENTIALS_REFUSED, 5)]


@pytest.mark.parametrize(
    ("values", "working"),
    [
        ({}, True),
        ({"enabled": False}, False),
        ({"paused": 0}, False),
        ({"left": 0}, False),
        ({"left": 5}, True),
        ({"paused": 5}, True),
    ],
)
def test_working(shop: Any, values: dict[str, Any], working: bool) -> None:
    now = shop.clock()
    given: dict[str, Any] = {}
    for name, value in values.items():
        column = {"paused": "paused_at", "left": "disconnected_at"}.get(name, name)
        given[column] = value if name == "enabled" else now + timedelta(seconds=value)
    if given:
        shop.change(**given)
    assert installations.working(row(shop), now) is working
    with shop.runtime.database.read() as session:
        assert bool(session.query(Installation).where(installations.is_working(now)).count()) is working
