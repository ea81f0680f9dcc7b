"""What is amiss is seen, told once, and over when it is over; a dead channel holds nothing up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
from pydantic import SecretStr, ValidationError

from service.settings import Settings
from service.store import conversations, installations, notices
from service.store.models import Conversation, Delivery, DeliveryState, State, WriteState
from service.store.notices import QUIET, Kind
from service.store.secrets import SecretBox, new_key
from service.store.upkeep_models import Notice
from service.telemetry.board import Board
from service.telemetry.holding import Holding
from tasks import alarms, alerting, upkeep

HOUR = timedelta(hours=1)
CHANNEL = "https://hooks.example.com/T0/secret"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"alert_webhook": SecretStr(CHANNEL)})


@pytest.fixture
def channel() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def standing(shop: Any) -> dict[Kind, str]:
    with shop.runtime.database.read() as session:
        return {Kind(each.kind): each.text for each in notices.opened(session)}


def watch(shop: Any, **by: float) -> dict[Kind, str]:
    shop.clock.forward(**by)
    with shop.runtime.database.begin() as session:
        installations.change(session, "i1", polled_until=shop.clock())
    alarms.watch(shop.runtime)
    return standing(shop)


def seed(shop: Any, key: str, **values: Any) -> None:
    with shop.runtime.database.begin() as session:
        row = installations.get(session, "i1")
        assert row is not None
        row_id = conversations.announce(session, row, key, at=shop.clock(), now=shop.clock())
        session.flush()
        found = session.get_one(Conversation, row_id)
        for name, value in values.items():
            setattr(found, name, value)


def test_nothing_is_amiss(shop: Any) -> None:
    assert watch(shop) == {}
    assert watch(shop, minutes=1) == {}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": State.DEAD, "due_at": None}, " times: 1 conversation. Look at why"),
        ({"write_state": WriteState.DEAD, "due_at": None, "state": State.SCORED}, " times: 1 write-back. Look at why"),
    ],
)
def test_dead_work(shop: Any, values: dict[str, Any], words: str) -> None:
    seed(shop, "1", **values)
    assert words in watch(shop)[Kind.DEAD_WORK]
    with shop.runtime.database.begin() as session:
        row = session.get_one(Conversation, shop.id_of("1"))
        row.state = row.write_state = State.SCORED
    assert watch(shop, minutes=1) == {}


def test_a_dead_webhook(shop: Any) -> None:
    number = shop.webhook("1")
    with shop.runtime.database.begin() as session:
        session.get_one(Delivery, number).state = DeliveryState.DEAD
    assert "1 webhook." in watch(shop)[Kind.DEAD_WORK]


def test_work_that_waits_too_long(shop: Any) -> None:
    seed(shop, "1")
    assert watch(shop, minutes=1) == {}
    for _ in range(20):
        told = watch(shop, minutes=1)
    assert told[Kind.WORK_TOO_OLD].startswith("Work has been waiting since 2026-03-02 09:00 UTC.")
    shop.change(paused_at=shop.clock())
    assert Kind.WORK_TOO_OLD not in watch(shop, minutes=1), "a paused helpdesk has a notice of its own"
    shop.change(paused_at=None)
    with shop.runtime.database.begin() as session:
        session.get_one(Conversation, shop.id_of("1")).backfilled = True
    assert Kind.WORK_TOO_OLD not in watch(shop, minutes=1), "history may wait"


def test_webhooks_that_nobody_takes_in(shop: Any) -> None:
    shop.webhook("1")
    for _ in range(20):
        told = watch(shop, minutes=1)
    assert Kind.WORK_TOO_OLD in told


def test_refused_webhooks(shop: Any) -> None:
    for count in (1, 2, 3):
        with shop.runtime.database.single() as connection:
            installations.count_refused(connection, "i1", now=shop.clock())
        assert (Kind.WEBHOOKS_REFUSED in watch(shop)) is (count == 3)
    shop.webhook("1")
    shop.clock.forward(seconds=1)
    shop.webhook("2")
    assert Kind.WEBHOOKS_REFUSED not in watch(shop), "a genuine one came"


def test_refused_webhooks_are_not_told_for_ever(shop: Any) -> None:
    for _ in range(3):
        with shop.runtime.database.single() as connection:
            installations.count_refused(connection, "i1", now=shop.clock())
    assert Kind.WEBHOOKS_REFUSED in watch(shop)
    for _ in range(61):
        told = watch(shop, minutes=1)
    assert Kind.WEBHOOKS_REFUSED not in told


def test_a_helpdesk_that_cannot_be_asked(shop: Any) -> None:
    for _ in range(20):
        shop.clock.forward(minutes=1)
        alarms.watch(shop.runtime)
    assert standing(shop)[Kind.POLL_FAILING].startswith("The helpdesk could not be asked for ended conversations since")
    shop.change(enabled=False)
    alarms.watch(shop.runtime)
    assert standing(shop) == {}


def test_a_standstill(shop: Any) -> None:
    watch(shop)
    told = watch(shop, minutes=10)
    assert told[Kind.STANDSTILL].startswith("Nothing was done between 2026-03-02 09:00 and 2026-03-02 09:10 UTC")
    assert watch(shop, minutes=1) == {}


def test_told_once_at_the_beginning_and_once_at_the_end(shop: Any, channel: responses.RequestsMock) -> None:
    posted = channel.post(CHANNEL, json={"ok": True})
    seed(shop, "1", state=State.DEAD, due_at=None)
    watch(shop)
    assert [alerting.alert(shop.runtime) for _ in range(3)] == [1, 0, 0]
    watch(shop, seconds=20)
    assert (alerting.alert(shop.runtime), posted.call_count) == (0, 1)
    with shop.runtime.database.begin() as session:
        session.get_one(Conversation, shop.id_of("1")).state = State.SCORED
    watch(shop)
    assert alerting.alert(shop.runtime) == 0, "it may come back"
    shop.clock.forward(seconds=QUIET.total_seconds())
    assert alerting.alert(shop.runtime) == 1
    assert alerting.alert(shop.runtime) == 0
    said = [json.loads(call.request.body)["text"] for call in channel.calls]
    assert said[0].startswith(
        "Deskmark. Trouble: Work was given up (zendesk acme).\nGiven up, as it was refused for good or failed "
    )
    assert " times: 1 conversation. Look at why" in said[0]
    assert said[1].startswith("Deskmark. Over: Work was given up (zendesk acme).\nIt lasted from 2026-03-02 09:00 to")
    assert said[0].endswith("https://deskmark.example/installations/i1")


def test_what_comes_and_goes_is_one_trouble(shop: Any, channel: responses.RequestsMock) -> None:
    posted = channel.post(CHANNEL, json={})
    for _ in range(20):
        with shop.runtime.database.begin() as session:
            notices.raised(session, Kind.DEAD_WORK, "x", now=shop.clock(), installation_id="i1")
        alerting.alert(shop.runtime)
        shop.clock.forward(seconds=60)
        with shop.runtime.database.begin() as session:
            assert notices.close(session, Kind.DEAD_WORK, now=shop.clock(), installation_id="i1")
            assert not notices.close(session, Kind.DEAD_WORK, now=shop.clock(), installation_id="i1")
        alerting.alert(shop.runtime)
        shop.clock.forward(seconds=60)
    assert posted.call_count == 1
    shop.clock.forward(minutes=6)
    alerting.alert(shop.runtime)
    assert posted.call_count == 2
    with shop.runtime.database.begin() as session:
        notices.raised(session, Kind.DEAD_WORK, "anew", now=shop.clock(), installation_id="i1")
    alerting.alert(shop.runtime)
    assert posted.call_count == 3, "after a quiet time it is another one"
    with shop.runtime.database.read() as session:
        assert [each.text for each in notices.latest(session, "i1")] == ["anew", "x"]


def test_what_was_over_before_it_was_told_is_not_sent(shop: Any, channel: responses.RequestsMock) -> None:
    posted = channel.post(CHANNEL, json={})
    with shop.runtime.database.begin() as session:
        notices.raised(session, Kind.DEAD_WORK, "x", now=shop.clock())
        notices.close(session, Kind.DEAD_WORK, now=shop.clock())
    shop.clock.forward(hours=1)
    alerting.alert(shop.runtime)
    assert posted.call_count == 0


@pytest.mark.parametrize("answer", [{"status": 500}, {"status": 302}, {"body": requests.ConnectionError(CHANNEL)}])
def test_a_dead_channel_is_shown_and_holds_nothing_up(
    shop: Any, kit: Any, channel: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    posted = channel.post(CHANNEL, **answer)
    with shop.runtime.database.begin() as session:
        for number in range(5):
            notices.raised(session, list(Kind)[number], "x", now=shop.clock(), installation_id="i1")
    for _ in range(60):
        alerting.alert(shop.runtime)
        shop.clock.forward(seconds=30)
    assert posted.call_count <= 20, "ever more seldom, and the others wait while one fails"
    text = standing(shop)[Kind.ALERTS_FAILING]
    assert "secret" not in text and "hooks.example.com" not in text
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", shop.clock() - HOUR, kit.unhelpful))
    shop.webhook("1")
    shop.work()
    assert shop.row("1").state == State.SCORED
    channel.replace("POST", CHANNEL, json={}) if "status" in answer else None
    if "status" not in answer:
        channel.reset()
        channel.post(CHANNEL, json={})
    shop.clock.forward(hours=1)
    assert alerting.alert(shop.runtime) == 5
    assert Kind.ALERTS_FAILING not in standing(shop)


def test_a_channel_that_is_dead_for_days_is_not_tried_for_ever(shop: Any, channel: responses.RequestsMock) -> None:
    channel.post(CHANNEL, status=500)
    with shop.runtime.database.begin() as session:
        notices.raised(session, Kind.DEAD_WORK, "x", now=shop.clock())
    for _ in range(60):
        alerting.alert(shop.runtime)
        shop.clock.forward(hours=1)
    with shop.runtime.database.read() as session:
        row = session.query(Notice).filter(Notice.kind == Kind.DEAD_WORK).one()
        assert (row.send_due_at, row.send_error) == (None, "HTTP 500")


def test_no_channel(shop: Any) -> None:
    alone = replace(shop.runtime, settings=shop.runtime.settings.model_copy(update={"alert_webhook": None}))
    with shop.runtime.database.begin() as session:
        notices.raised(session, Kind.DEAD_WORK, "x", now=shop.clock())
    assert alerting.alert(alone) == 0
    assert list(standing(shop)) == [Kind.DEAD_WORK]


def test_credentials_that_the_workers_cannot_read(shop: Any) -> None:
    own, other = shop.runtime.secrets, SecretBox(new_key())
    shop.change(secrets=other.lock({"token": "t"}))
    assert "Restart Deskmark if its keys were changed" in watch(shop)[Kind.SECRETS_UNREADABLE]
    shop.change(disconnected_at=shop.clock())
    assert watch(shop) == {}, "nothing is left to be read"
    shop.change(disconnected_at=None)
    assert Kind.SECRETS_UNREADABLE in watch(shop)
    shop.change(secrets=own.lock({"token": "t"}))
    assert watch(shop) == {}


def test_a_web_that_cannot_read_what_the_workers_can(shop: Any, valkey: str) -> None:
    own, other = shop.runtime.secrets, SecretBox(new_key())
    shop.change(secrets=own.lock({"token": "t"}))
    there = replace(shop.runtime, settings=shop.runtime.settings.model_copy(update={"redis_url": valkey}))
    board = Board(valkey)
    Holding(board, own.fingerprints, "worker score@here").tell()
    Holding(board, (*other.fingerprints, *own.fingerprints), "beat").tell()
    alarms.watch(there)
    assert standing(shop) == {}, "these can read it"

    web = Holding(board, other.fingerprints, "web")
    web.tell()
    alarms.watch(there)
    told = standing(shop)[Kind.SECRETS_UNREADABLE]
    assert "cannot be read by web on " in told
    assert "worker" not in told
    alarms.watch(replace(there, settings=there.settings.model_copy(update={"redis_url": "redis://127.0.0.1:9/0"})))
    assert Kind.SECRETS_UNREADABLE in standing(shop), "nobody could be asked"
    web.end()
    alarms.watch(there)
    assert standing(shop) == {}


def test_every_kind_has_a_title_and_is_explained() -> None:
    from pathlib import Path  # noqa: PLC0415

    assert set(alerting.TITLES) == set(Kind)
    guide = (Path(__file__).parents[2] / "docs" / "completeness.md").read_text(encoding="utf-8")
    assert [kind for kind in Kind if kind.value not in guide] == []


def test_only_https(settings: Settings) -> None:
    given: dict[str, Any] = {"secret_key": settings.secret_key, "session_key": "s"}
    assert Settings(**given, alert_webhook="").alert_webhook is None
    for bad in ("http://hooks.example.com/x", "https://", "hooks"):
        with pytest.raises(ValidationError, match="https://"):
            Settings(**given, alert_webhook=bad)


def test_old_notices_are_forgotten(shop: Any) -> None:
    with shop.runtime.database.begin() as session:
        notices.raised(session, Kind.DEAD_WORK, "x", now=shop.clock(), send=False)
        notices.close(session, Kind.DEAD_WORK, now=shop.clock())
        notices.raised(session, Kind.STANDSTILL, "y", now=shop.clock(), send=False)
    shop.clock.forward(days=91)
    upkeep.forget(shop.runtime)
    with shop.runtime.database.read() as session:
        assert [each.kind for each in session.query(Notice)] == [Kind.STANDSTILL]
        assert notices.opened(session, ["i1"])
