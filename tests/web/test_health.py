"""Liveness, readiness with reasons, and metrics that say the same from every process."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from pydantic import SecretStr

from connectors.limiter import Limiter
from service.app import queue_lengths
from service.store import installations
from service.store.backfill_models import Backfill
from service.telemetry.board import HEARD, Board
from service.telemetry.metrics import EDITION
from service.web.parts import BrokerDown
from tasks.celery_app import QUEUES


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


def test_metrics_behind_a_token(make_web: Any, sqlite_url: str) -> None:
    client = make_web(sqlite_url, metrics_token=SecretStr("let-me-in")).client()

    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer let-me-in"}).status_code == 200


def test_queue_lengths_come_from_the_broker(valkey: str) -> None:
    assert queue_lengths(valkey)() == {"ingest": 0, "score": 0, "score_history": 0, "writeback": 0}
    with pytest.raises(BrokerDown):
        queue_lengths("redis://127.0.0.1:1/0")()


@pytest.mark.parametrize(
    ("address", "header", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.7", {}, 401),
        ("", {}, 401),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 401),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}, 401),
    ],
)
def test_metrics_without_a_token_are_for_this_machine(
    web: Any, address: str, header: dict[str, str], status: int
) -> None:
    answer = web.client().get("/metrics", headers=header, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status


def test_metrics_of_all_processes(make_web: Any, sqlite_url: str, valkey: str) -> None:
    board, limiter = Board(valkey), Limiter(valkey)
    web = make_web(sqlite_url, of_parts={"board": board, "budgets": limiter.budgets})
    board.here("ingest/ingest@one")
    board.here("beat/one")
    limiter.take("i1/api", "10/minute")
    board.add(EDITION, {'["deskmark_webhooks_total",[["connector","zendesk"],["result","recorded"]]]': 41})
    lines = web.client().get("/metrics").get_data(as_text=True).splitlines()
    assert 'deskmark_workers{queue="ingest"} 1.0' in lines
    assert 'deskmark_workers{queue="score"} 0.0' in lines
    assert 'deskmark_heard_seconds{program="score"} 3600.0' in lines
    assert 'deskmark_rate_left{bucket="api",installation="i1"} 9.0' in lines
    assert 'deskmark_webhooks_total{connector="zendesk",result="recorded"} 41.0' in lines


def test_readiness_of_workers(make_web: Any, sqlite_url: str, valkey: str) -> None:
    board = Board(valkey)
    web = make_web(sqlite_url, of_parts={"board": board})
    answer = web.client().get("/readyz/workers")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["beat"] == "never heard of: is it started?"
    for name in (*QUEUES, "beat"):
        board.here(f"{name}/one")
    answer = web.client().get("/readyz/workers")
    assert (answer.status_code, answer.get_json()["ready"]) == (200, True)
    with redis.Redis.from_url(valkey) as client:
        client.hset(HEARD, "beat/one", str(client.time()[0] - 300))
    assert web.client().get("/readyz/workers").get_json()["checks"]["beat"].startswith("not heard of for 30")
    away = make_web(sqlite_url, of_parts={"board": Board("redis://127.0.0.1:1/0")})
    away.broker = None
    answer = away.client().get("/readyz/workers")
    assert (answer.status_code, list(answer.get_json()["checks"])) == (503, ["broker"])
    assert make_web(sqlite_url).client().get("/readyz/workers").status_code == 503


def test_how_helpdesks_and_backfills_stand(web: Any) -> None:
    now = web.clock()
    ids = {name: web.installation("zendesk", account=name) for name in ("works", "paused", "off", "left")}
    day = timedelta(days=1)
    with web.parts.database.begin() as session:
        installations.change(session, ids["paused"], paused_at=now)
        installations.change(session, ids["off"], enabled=False)
        installations.change(session, ids["left"], disconnected_at=now, missed_count=3)
        common = {"share": 50, "counts": {}, "milliseconds": 0, "started_at": now, "changed_at": now, "until": now}
        session.add(Backfill(installation_id=ids["works"], since=now - 4 * day, ripe_until=now - day, **common))
        session.add(Backfill(installation_id=ids["paused"], since=now - day, **common))
        session.add(Backfill(installation_id=ids["off"], since=now, ripe_until=now, **common))
        session.add(Backfill(installation_id=ids["left"], since=now - day, state="done", **common))
    lines = web.client().get("/metrics").get_data(as_text=True).splitlines()
    for name, standing in (
        ("works", "working"),
        ("paused", "paused"),
        ("off", "switched_off"),
        ("left", "disconnected"),
    ):
        labels = f'connector="zendesk",installation="{ids[name]}",standing="{standing}"'
        assert f"deskmark_helpdesk{{{labels}}} 1.0" in lines
    assert f'deskmark_missed_total{{connector="zendesk",installation="{ids["left"]}"}} 3.0' in lines
    found = {line.split('installation="')[1].split('"')[0]: line.split()[-1]
             for line in lines if line.startswith("deskmark_backfill_ratio{")}  # fmt: skip
    assert found == {ids["works"]: "0.75", ids["paused"]: "0.0", ids["off"]: "1.0", ids["left"]: "1.0"}
