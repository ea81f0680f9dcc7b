"""Liveness, readiness with reasons, and metrics that say the same from every process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from service.app import queue_lengths
from service.web.parts import BrokerDown


def test_alive_needs_nothing(make_web: Any, tmp_path: Path) -> None:
    web = make_web(f"sqlite:///{tmp_path}/nowhere/gone.sqlite3")
    web.broker = None

    assert web.client().get("/healthz").get_json() == {"alive": True}


def test_ready(database_url: str, make_web: Any) -> None:
    answer = make_web(database_url).client().get("/readyz")

    assert (answer.status_code, answer.get_json()) == (
        200,
        {"ready": True, "checks": {"database": "ok", "broker": "ok"}},
    )


def test_not_ready_says_why_and_gives_no_address_away(make_web: Any, tmp_path: Path) -> None:
    web = make_web(f"sqlite:///{tmp_path}/nowhere/gone.sqlite3")
    web.broker = None

    answer = web.client().get("/readyz")

    assert answer.status_code == 503
    checks = answer.get_json()["checks"]
    assert "not usable" in checks["database"]
    assert "not reachable" in checks["broker"]
    assert "nowhere" not in answer.get_data(as_text=True)


def test_metrics_count_what_the_database_holds(web: Any, seed: Any, signed: Any) -> None:
    seed()
    installation = seed.installations["zendesk"]
    sent = signed.zendesk("1", at=web.clock())
    web.client().post(f"/webhooks/zendesk/{installation}", data=sent.body, headers=sent.headers)

    lines = web.client().get("/metrics").get_data(as_text=True).splitlines()

    assert 'deskmark_deliveries{state="received"} 1.0' in lines
    assert 'deskmark_conversations{state="scored"} 1.0' in lines
    assert 'deskmark_conversations{state="dead"} 0.0' in lines
    assert 'deskmark_writebacks{state="written"} 1.0' in lines
    assert 'deskmark_queue_messages{queue="score"} 2.0' in lines
    assert 'deskmark_up{part="database"} 1.0' in lines
    assert any(line.startswith('deskmark_webhooks_total{connector="zendesk",result="recorded"}') for line in lines)


def test_metrics_tell_what_is_down(make_web: Any, tmp_path: Path) -> None:
    web = make_web(f"sqlite:///{tmp_path}/nowhere/gone.sqlite3")
    web.broker = None

    lines = web.client().get("/metrics").get_data(as_text=True).splitlines()

    assert 'deskmark_up{part="database"} 0.0' in lines
    assert 'deskmark_up{part="broker"} 0.0' in lines


def test_metrics_of_several_processes(web: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))

    assert 'deskmark_up{part="database"} 1.0' in web.client().get("/metrics").get_data(as_text=True)


def test_metrics_behind_a_token(make_web: Any, sqlite_url: str) -> None:
    client = make_web(sqlite_url, metrics_token=SecretStr("let-me-in")).client()

    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer let-me-in"}).status_code == 200


def test_queue_lengths_come_from_the_broker(valkey: str) -> None:
    assert queue_lengths(valkey)() == {"ingest": 0, "score": 0, "score_history": 0, "writeback": 0}
    with pytest.raises(BrokerDown):
        queue_lengths("redis://127.0.0.1:1/0")()
