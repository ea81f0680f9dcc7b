"""The operations page: what it shows, and what becomes of dead work that is replayed or dropped."""

from __future__ import annotations

from typing import Any

import pytest
from limits.errors import StorageError
from sqlalchemy import select

from connectors.limiter import Limiter
from service.store import conversations, deliveries, failures, installations
from service.store.failure_models import Happened
from service.store.failures import Wrong
from service.store.models import Conversation, Delivery, DeliveryState, Installation, State, WriteState
from service.store.people_models import AuditEntry
from service.store.secrets import SecretBox, new_key
from service.telemetry.board import Board
from service.telemetry.holding import Holding
from service.telemetry.metrics import LAG, Stage
from service.web.limit_words import limit_words, rate_words

REFUSED = "PUT /api/v2/tickets/{}: HTTP 422"


@pytest.fixture
def dead(web: Any, seed: Any, shapes: Any) -> list[str]:
    """Two conversations that could not be written, for errors that differ in the ticket's number only."""
    ids = []
    for number in ("4711", "4712"):
        row = seed(
            shapes.told(number), write_state=WriteState.DEAD, write_error=REFUSED.format(number), write_attempts=3
        )
        with web.parts.database.begin() as session:
            tried = Wrong(Happened.GIVEN_UP, "write_back", REFUSED.format(number), 3, ["client.py:12 send"])
            failures.of_conversations(session, [row], tried, now=web.clock())
        ids.append(row)
    return ids


def delivery(web: Any, seed: Any, state: DeliveryState = DeliveryState.DEAD) -> int:
    """A delivery that was given up."""
    received = deliveries.Received(seed.installations["zendesk"], "key", "event", "ended", external_id="99")
    with web.parts.database.begin() as session:
        number, _ = deliveries.record(session, received, now=web.clock(), hold=web.parts.settings.hold)
        deliveries.settle(session, number, state, "given up: taking it in failed each time")
    return number


def stored(web: Any, row_id: str) -> Conversation:
    with web.parts.database.read() as session:
        found = conversations.get(session, row_id)
        assert found is not None
        return found


def audited(web: Any) -> list[tuple[str, str]]:
    with web.parts.database.read() as session:
        return [(entry.action, entry.target) for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def test_an_empty_service_explains_itself(web: Any) -> None:
    LAG.clear()  # Other tests have counted in this process.
    page = web.admin().get("/operations").get_data(as_text=True)
    for words in ("Nothing was given up", "No helpdesk is connected", "No helpdesk has been asked yet", "come through"):
        assert words in page


def test_the_page_tells_how_the_work_stands(make_web: Any, sqlite_url: str, valkey: str) -> None:
    board = Board(valkey)
    board.here("score/score@one")
    limiter = Limiter(valkey)
    web = make_web(sqlite_url, of_parts={"board": board, "budgets": limiter.budgets})
    own = web.installation("zendesk", account="acme")
    limiter.take(f"{own}/api", "700/minute")
    limiter.pause(f"{own}/search", 60)
    limiter._remember(f"{own}/search", "10/minute")
    board.add("1", {'["deskmark_lag_seconds_bucket",[["le","60.0"],["stage","webhook_to_scored"]]]': 3})
    board.add("1", {'["deskmark_lag_seconds_bucket",[["le","+Inf"],["stage","webhook_to_scored"]]]': 3})
    page = web.admin().get("/operations").get_data(as_text=True)
    assert "699 of 700" in page
    assert "700 a minute" in page
    assert "All requests" in page
    assert "nothing waits" in page
    assert "The helpdesk asked to wait" in page
    assert "Webhook to scores" in page
    assert "<strong>Scoring history</strong>" in page
    assert "Never heard of" in page, "no beat was started"
    assert "Running" in page
    assert "Zendesk acme" in page


def test_limits_are_told_in_words() -> None:
    assert [rate_words(rate) for rate in ("1600/10 second", "700/minute", "30/10 minutes")] == [
        "1,600 in 10 seconds", "700 a minute", "30 in 10 minutes",
    ]  # fmt: skip
    assert limit_words("search-export") == "Searching"
    assert limit_words("api/history") == "All requests, part for the history"
    assert limit_words("new") == "new"


def test_processes_with_other_keys_are_named(make_web: Any, sqlite_url: str, valkey: str) -> None:
    board = Board(valkey)
    web = make_web(sqlite_url, of_parts={"board": board})
    own = web.installation("zendesk", account="acme")
    Holding(board, web.parts.box.fingerprints, "web").tell()
    page = web.admin().get("/operations").get_data(as_text=True)
    assert "same secret keys" not in page
    assert "cannot be read" not in page
    newer = SecretBox(new_key())
    Holding(board, newer.fingerprints, "worker score@one").tell()
    with web.parts.database.begin() as session:
        installations.change(session, own, secrets=newer.lock({}))
    page = web.admin().get("/operations").get_data(as_text=True)
    assert "Not all programs have the same secret keys" in page
    assert "worker score@one on " in page
    assert "Stored credentials cannot be read" in page
    assert "Credentials unreadable" in page


def test_lags_of_this_process_alone(web: Any) -> None:
    LAG.labels(stage=Stage.SCORED_TO_WRITTEN.value).observe(90_000)
    page = web.admin().get("/operations").get_data(as_text=True)
    assert "Scores to helpdesk" in page
    assert "longer" in page


@pytest.mark.parametrize("down", ["queues", "limits"])
def test_without_a_broker_the_rest_is_shown(make_web: Any, sqlite_url: str, down: str) -> None:
    def away() -> Any:
        raise StorageError(ConnectionError())

    web = make_web(sqlite_url, of_parts={"budgets": away})
    web.broker = None if down == "queues" else {}
    answer = web.admin().get("/operations")
    assert answer.status_code == 200
    assert "does not answer" in answer.get_data(as_text=True)


def test_errors_that_differ_in_numbers_stand_together(web: Any, dead: list[str]) -> None:
    client = web.admin()
    page = client.get("/operations").get_data(as_text=True)
    assert "PUT /api/v2/tickets/…: HTTP 422" in page
    listed = client.get("/operations/dead/write_back", query_string={"error": "PUT /api/v2/tickets/…: HTTP 422"})
    assert "4711" in listed.get_data(as_text=True)
    assert "4712" in listed.get_data(as_text=True)
    assert "Nothing was given up here" in client.get("/operations/dead/score").get_data(as_text=True)


def test_one_is_inspected_without_a_word_of_the_customer(web: Any, dead: list[str], shapes: Any) -> None:
    page = web.admin().get(f"/operations/dead/write_back/{dead[0]}").get_data(as_text=True)
    assert "client.py:12 send" in page
    assert stored(web, dead[0]).trace in page
    assert "my order" not in page
    assert "script" not in page


def test_one_is_replayed(web: Any, dead: list[str]) -> None:
    client, address = web.admin(), f"/operations/dead/write_back/{dead[0]}"
    assert web.post(client, address, form_on=address, do="replay").status_code == 302
    row = stored(web, dead[0])
    assert (row.write_state, row.write_due_at, row.write_attempts) == (WriteState.PENDING, web.clock(), 0)
    assert web.queue.conversations == [dead[0]]
    assert ("replay conversation", dead[0]) in audited(web)
    assert client.get(address).status_code == 404, "it is not dead any more"
    assert stored(web, dead[1]).write_state == WriteState.DEAD


def test_all_of_one_error_are_dropped_and_a_record_is_kept(web: Any, dead: list[str]) -> None:
    client = web.admin()
    error = "PUT /api/v2/tickets/…: HTTP 422"
    web.post(client, "/operations/dead/write_back", form_on="/operations", do="drop", error=error)
    assert {stored(web, row).write_state for row in dead} == {WriteState.DROPPED}
    assert [what for what, _ in audited(web) if what.startswith("drop")] == ["drop conversation"] * 2
    with web.parts.database.read() as session:
        latest = failures.history(session, conversation_id=dead[0])[0]
    assert (latest.happened, latest.error, latest.actor is None) == (Happened.DROPPED, REFUSED.format("4711"), False)


def test_a_webhook_starts_anew_what_was_dropped(web: Any, seed: Any) -> None:
    row_id = seed(state=State.DEAD, error="GET /x: HTTP 403", attempts=1)
    client, address = web.admin(), f"/operations/dead/score/{row_id}"
    web.post(client, address, form_on=address, do="drop")
    assert stored(web, row_id).state == State.DROPPED
    with web.parts.database.begin() as session:
        row = session.get_one(Conversation, row_id)
        owner = session.get_one(Installation, row.installation_id)
        conversations.announce(session, owner, row.external_id, at=web.clock(), now=web.clock())
    assert stored(web, row_id).state == State.NEW


@pytest.mark.parametrize(("do", "state"), [("replay", DeliveryState.RECEIVED), ("drop", DeliveryState.IGNORED)])
def test_deliveries(web: Any, seed: Any, do: str, state: DeliveryState) -> None:
    row_id = seed(state=State.DEAD, error="GET /x: HTTP 403")
    number = delivery(web, seed)
    client = web.admin()
    assert f"/operations/dead/ingest/{number}" in client.get("/operations/dead/ingest").get_data(as_text=True)
    address = f"/operations/dead/ingest/{number}"
    web.post(client, address, form_on=address, do=do)
    with web.parts.database.read() as session:
        row = session.get_one(Delivery, number)
        assert row.state == state
        assert row.outcome == ("" if do == "replay" else "dropped: given up: taking it in failed each time")
    assert web.queue.deliveries == ([number] if do == "replay" else [])
    web.post(client, f"/operations/dead/score/{row_id}", form_on=f"/operations/dead/score/{row_id}", do="replay")
    assert row_id in web.queue.conversations


def test_what_there_is_not(web: Any, dead: list[str]) -> None:
    client = web.admin()
    numbers = [f"/operations/dead/ingest/{number}" for number in ("x", "9" * 30, "\N{SUPERSCRIPT TWO}", "\u0663")]
    for address in ("/operations/dead/nonsense", "/operations/dead/score/none", *numbers):
        assert client.get(address).status_code == 404
    address = f"/operations/dead/write_back/{dead[0]}"
    assert web.post(client, address, form_on=address, do="nonsense").status_code == 400
    assert client.post(address, data={"do": "drop"}).status_code == 403, "a form without its token"
    assert stored(web, dead[0]).write_state == WriteState.DEAD


def test_admins_only(web: Any) -> None:
    assert web.client().get("/operations").status_code == 302
