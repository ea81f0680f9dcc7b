"""What is kept of failed attempts, and what is counted on the way: lags, waits, what was given up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.errors import Rejected, RetryLater, Throttled
from service.store import deliveries, failures, work
from service.store.failure_models import Happened
from service.store.models import Conversation, Delivery, DeliveryState, State
from service.telemetry.metrics import LAG, PUT_OFF, Stage
from tasks import intake, scoring, upkeep


def history(shop: Any, key: str) -> list[Any]:
    with shop.runtime.database.read() as session:
        return list(failures.history(session, conversation_id=shop.id_of(key)))


def counted(stage: Stage) -> tuple[float, float]:
    """How many conversations, and their seconds together."""
    samples = {s.name: s.value for m in LAG.collect() for s in m.samples if s.labels.get("stage") == stage.value}
    return samples.get("deskmark_lag_seconds_count", 0.0), samples.get("deskmark_lag_seconds_sum", 0.0)


@pytest.fixture
def ticket(shop: Any, desk: Any, kit: Any) -> str:
    desk.tickets["1"] = kit.ticket(kit.conversation("1", shop.clock() - timedelta(hours=1), kit.unhelpful))
    return "1"


def test_each_failed_attempt_is_kept(shop: Any, desk: Any, ticket: str) -> None:
    desk.failures = [RetryLater("GET /x: HTTP 502")]
    shop.webhook(ticket)
    shop.work()
    (tried,) = history(shop, ticket)
    assert (tried.happened, tried.work, tried.error, tried.attempts) == ("put_off", "score", "GET /x: HTTP 502", 1)
    assert tried.trace == shop.row(ticket).trace
    assert tried.frames is None, "a known error needs no place"


def test_a_rate_limit_leaves_no_trace_of_thousands(shop: Any, desk: Any, ticket: str) -> None:
    before = PUT_OFF.labels(work="score", reason="Throttled")._value.get()
    desk.failures = [Throttled("wait", after=5)]
    shop.webhook(ticket)
    shop.work()
    assert history(shop, ticket) == []
    assert PUT_OFF.labels(work="score", reason="Throttled")._value.get() == before + 1


def test_what_is_refused_for_good(shop: Any, desk: Any, ticket: str) -> None:
    desk.failures = [Rejected("GET /x: HTTP 400")]
    shop.webhook(ticket)
    shop.work()
    assert shop.row(ticket).state == State.DEAD
    assert [each.happened for each in history(shop, ticket)] == [Happened.GIVEN_UP]


def test_an_unforeseen_error_is_kept_by_type_and_place(shop: Any, desk: Any, ticket: str) -> None:
    desk.failures = [KeyError("my kettle leaks")]
    shop.webhook(ticket)
    with pytest.raises(KeyError):
        shop.work()
    (tried,) = history(shop, ticket)
    assert tried.error == "unforeseen: KeyError"
    assert tried.frames[-1].endswith(" _fail")
    assert "kettle" not in str(tried.frames)


def test_what_killed_its_worker_each_time(shop: Any, ticket: str) -> None:
    shop.webhook(ticket)
    shop.messages.sent.clear()
    settings = shop.runtime.settings
    intake.take_in(shop.runtime, 1)
    with shop.runtime.database.begin() as session:
        session.get_one(Conversation, shop.id_of(ticket)).attempts = settings.max_attempts
        assert work.traces(session, []) == {}
    shop.clock.forward(seconds=1)
    with capture_logs() as told:
        upkeep.sweep(shop.runtime)
    assert [each.error for each in history(shop, ticket)] == [work.DIED]
    given_up = next(event for event in told if event["event"] == "given_up")
    assert given_up["trace"] == shop.row(ticket).trace


def test_what_failed_too_often_is_given_up_for_what_it_failed_of(shop: Any, ticket: str) -> None:
    shop.webhook(ticket)
    shop.messages.sent.clear()
    intake.take_in(shop.runtime, 1)
    with shop.runtime.database.begin() as session:
        row = session.get_one(Conversation, shop.id_of(ticket))
        row.attempts, row.error = shop.runtime.settings.max_attempts, "the helpdesk answered nonsense"
    shop.clock.forward(seconds=1)
    upkeep.sweep(shop.runtime)
    assert [each.error for each in history(shop, ticket)] == ["the helpdesk answered nonsense"]


def test_what_the_sweep_announces_is_told_with_its_trace(shop: Any, ticket: str) -> None:
    shop.webhook(ticket)
    intake.take_in(shop.runtime, 1)
    shop.clock.forward(hours=1)
    with capture_logs() as told:
        upkeep.sweep(shop.runtime)
    (announced,) = [event for event in told if event["event"] == "announced"]
    assert (announced["work"], announced["trace"]) == ("score", shop.row(ticket).trace)


def test_a_delivery_that_cannot_be_taken_in(shop: Any, ticket: str) -> None:
    number = shop.webhook(ticket, actor_id="somebody")
    shop.change(actor_ids=7)  # As nobody writes it: no list.
    with pytest.raises(TypeError):
        intake.take_in(shop.runtime, number)
    intake.take_in(shop.runtime, number + 1)  # There is none.
    with shop.runtime.database.read() as session:
        (tried,) = failures.history(session, delivery_id=number)
        assert (tried.work, tried.error) == ("ingest", "unforeseen: TypeError")
        assert tried.trace == session.get_one(Delivery, number).trace
    settings = shop.runtime.settings
    for _ in range(settings.max_attempts + 1):
        shop.clock.forward(seconds=settings.requeue_seconds + 1)
        with shop.runtime.database.begin() as session:
            deliveries.hand_out(session, now=shop.clock(), hold=settings.hold, max_attempts=settings.max_attempts)
    with shop.runtime.database.begin() as session:
        assert session.get_one(Delivery, number).state == DeliveryState.DEAD
        assert [each.happened for each in failures.history(session, delivery_id=number)] == ["given_up", "put_off"]
        assert failures.forget(session, before=shop.clock() + timedelta(days=1)) == 2


def test_lags_are_told_once_a_webhook(shop: Any, ticket: str) -> None:
    before = {stage: counted(stage) for stage in Stage}
    shop.webhook(ticket)
    shop.messages.sent.clear()
    intake.take_in(shop.runtime, 1)
    shop.clock.forward(seconds=40)
    scoring.score(shop.runtime, shop.id_of(ticket))
    shop.clock.forward(seconds=20)
    shop.work()
    added = {stage: tuple(now - was for now, was in zip(counted(stage), before[stage], strict=True)) for stage in Stage}
    assert added == {
        Stage.WEBHOOK_TO_SCORED: (1, 40),
        Stage.SCORED_TO_WRITTEN: (1, 20),
        Stage.WEBHOOK_TO_WRITTEN: (1, 60),
    }
    assert shop.row(ticket).asked_at is None
    with shop.runtime.database.begin() as session:
        work.ask(session, work.SCORING, shop.id_of(ticket), at=shop.clock())
    scoring.score(shop.runtime, shop.id_of(ticket))
    shop.work()
    assert counted(Stage.WEBHOOK_TO_SCORED)[0] == before[Stage.WEBHOOK_TO_SCORED][0] + 1, "nobody waited for that"


def test_without_writing_the_webhook_is_answered_by_its_scores(shop: Any, ticket: str) -> None:
    shop.change(writing=False)
    shop.webhook(ticket)
    shop.work()
    assert shop.row(ticket).state == State.SCORED
    assert shop.row(ticket).asked_at is None
