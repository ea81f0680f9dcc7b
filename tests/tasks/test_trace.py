"""Real programs: one trace tells the whole way of a conversation, and whichever web process is asked speaks for all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from house import PATIENCE, House, inhabited, seed, until
from prometheus_client.parser import text_string_to_metric_families

PROGRAMS = ("web", "ingest", "score", "writeback", "beat")


@pytest.fixture(scope="module")
def address(house: House) -> str:
    return house.web()


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    with inhabited(request) as house:
        house.start("ingest", "score", "writeback", "beat")
        yield house


def events(folder: Path, trace: str) -> dict[str, list[dict[str, Any]]]:
    """What the logs of each program say of a trace, as `grep` finds it."""
    found = {}
    for name in PROGRAMS:
        lines = (folder / f"{name}.log").read_text().splitlines()
        found[name] = [json.loads(line) for line in lines if trace in line]
    return found


def names(told: list[dict[str, Any]]) -> set[str]:
    return {event["event"] for event in told}


def test_one_trace_from_the_webhook_to_the_note(house: House, address: str, kit: Any) -> None:
    key = seed(house, "zendesk", kit, 1)
    house.comes_to_rest("zendesk", key)
    row = house.row("zendesk", key)
    told = events(house.folder, row.trace)
    assert "webhook" in names(told["web"])
    assert "taken_in" in names(told["ingest"])
    assert "scored" in names(told["score"])
    assert "written" in names(told["writeback"])
    assert {event["trace"] for lines in told.values() for event in lines} == {row.trace}
    assert {event["conversation"] for event in told["score"] + told["writeback"]} == {row.id}


def test_the_sweep_goes_on_with_the_same_trace(house: House, address: str, kit: Any) -> None:
    with house.wires["intercom"].held("POST", "/reply", before=True, drop=True) as gate:
        key = seed(house, "intercom", kit, 2)
        assert gate.reached.wait(PATIENCE)
        house.kill("writeback")
        with house.broker.client() as client:
            client.delete("unacked", "unacked_index", "writeback")  # Its message is lost as well.
    house.start("writeback")
    house.comes_to_rest("intercom", key)
    told = events(house.folder, house.row("intercom", key).trace)
    assert "announced" in names(told["ingest"]), "the sweep runs there"
    assert "written" in names(told["writeback"])


def test_no_log_holds_a_customer_s_words_or_a_secret(house: House, address: str) -> None:
    text = "".join((house.folder / f"{name}.log").read_text() for name in PROGRAMS)
    for words in ("kettle", "leaks", "rephrase", "@example.com", house.settings.secret_key.get_secret_value()):
        assert words not in text
    for desk in house.desks.values():
        for name, secret in desk.secrets.items():
            assert name == "client_id" or secret not in text
    for name in PROGRAMS:
        for line in (house.folder / f"{name}.log").read_text().splitlines():
            assert json.loads(line)["event"], "every line of every program is an event"


def test_what_gunicorn_says_has_the_form_of_the_rest(house: House, address: str) -> None:
    requests.get(f"{address}/sign-in/hush-hush-token", timeout=10)

    def logged() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in (house.folder / "web.log").read_text().splitlines()]
        return [line for line in lines if line["event"] == "request" and "/sign-in/" in line.get("route", "")]

    (line,) = until(logged, "the request is logged")
    assert line["method"] == "GET"
    assert "hush-hush-token" not in (house.folder / "web.log").read_text()


def test_any_web_process_speaks_for_all(house: House, address: str, kit: Any) -> None:
    key = seed(house, "zendesk", kit, 3)
    house.comes_to_rest("zendesk", key)

    def counted() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        text = requests.get(f"{address}/metrics", timeout=10).text
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}

    def everything() -> bool:
        found = counted()
        return (
            found.get(("deskmark_lag_seconds_count", (("stage", "webhook_to_written"),)), 0) >= 2
            and found.get(("deskmark_lag_seconds_count", (("stage", "webhook_to_scored"),)), 0) >= 3
            and found.get(("deskmark_api_calls_total", (("connector", "zendesk"), ("status", "200"))), 0) > 3
            and found.get(("deskmark_score_seconds_count", (("score", "containment"),)), 0) >= 3
            and found.get(("deskmark_task_seconds_count", (("task", "deskmark.score"),)), 0) >= 3
            and found.get(("deskmark_webhooks_total", (("connector", "zendesk"), ("result", "recorded"))), 0) >= 2
        )

    until(everything, "all processes have told what they counted")
    found = counted()
    for queue in ("ingest", "score", "writeback"):
        assert found["deskmark_workers", (("queue", queue),)] == 1
    assert found["deskmark_heard_seconds", (("program", "beat"),)] < 60
    assert found["deskmark_up", (("part", "broker"),)] == 1
    assert any(name == "deskmark_rate_left" for name, _ in found)
    ready = requests.get(f"{address}/readyz/workers", timeout=10)
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
