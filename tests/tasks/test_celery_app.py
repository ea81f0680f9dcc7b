"""The application's settings, its queues against the Procfile, its schedule, and that workers stay lean."""

from __future__ import annotations

import importlib
import logging
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from celery import Celery
from celery.exceptions import Retry
from celery.signals import after_task_publish
from kombu import Connection
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as ConnectionLost
from sqlalchemy.exc import OperationalError as DatabaseAway

from connectors.errors import RetryLater
from service.settings import Settings
from service.store.secrets import SecretBox
from service.telemetry.board import Board
from service.telemetry.metrics import EDITION, TASKS_FAILED
from tasks import broker, celery_app, jobs, worker_state
from tasks.celery_app import HISTORY, QUEUES, ROUTES, SCORE, CeleryQueue, configure, publisher, schedule
from tasks.telling import Telling

ROOT = Path(__file__).parents[2]
PROCFILE = dict(re.findall(r"^(\w+): (.+)$", (ROOT / "Procfile").read_text(), re.MULTILINE))


@pytest.fixture
def celery(settings: Settings, valkey: str) -> Any:
    return publisher(settings.model_copy(update={"redis_url": valkey}))


def test_nothing_is_lost_and_nothing_is_hoarded(settings: Settings) -> None:
    conf = configure(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1"})).conf
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1
    assert conf.result_backend is None
    assert conf.task_publish_retry is False
    assert conf.visibility_timeout == conf.broker_transport_options["visibility_timeout"]
    assert conf.task_soft_time_limit < conf.task_time_limit < settings.lease_seconds <= conf.visibility_timeout


def test_every_task_has_a_queue_and_every_queue_a_process() -> None:
    tasks = {name for name in celery_app.app.tasks if name.startswith("deskmark.")}
    assert tasks == set(ROUTES)
    assert set(ROUTES.values()) == set(QUEUES)
    consumed = [queues.split(",") for each in PROCFILE.values() for queues in re.findall(r"--queues (\S+)", each)]
    assert sorted(name for queues in consumed for name in queues) == sorted(QUEUES)
    assert {"release", "web", "beat"} <= set(PROCFILE)
    assert "--pool prefork" in PROCFILE["score"]
    assert "--pool threads" in PROCFILE["writeback"]


def test_beat_sends_tasks_that_exist(settings: Settings) -> None:
    sent = {str(entry["task"]) for entry in schedule(settings).values()}
    assert sent <= set(ROUTES)
    assert {"deskmark.sweep", "deskmark.poll"} <= sent


def test_a_worker_imports_no_flask() -> None:
    code = (
        "import sys, tasks.worker, tasks.jobs; from connectors.registry import connectors; connectors();"
        "found = {'flask', 'sklearn', 'scipy', 'service.web'} & set(sys.modules); assert not found, found"
    )
    environment = {
        "DESKMARK_SECRET_KEY": "k",
        "DESKMARK_SESSION_KEY": "s",
        "REDIS_URL": "redis://127.0.0.1:1",
        "PATH": "",
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=ROOT)


def test_messages_reach_their_queue(celery: Any, valkey_server: Any) -> None:
    queue = CeleryQueue(celery)
    queue.ingest([1, 2])
    queue.score(["a"])
    queue.write_back(["a", "b", "c"])
    with valkey_server.client() as client:
        assert [client.llen(name) for name in QUEUES] == [1, 1, 0, 3]


def test_a_broker_that_is_away_stops_nobody(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    CeleryQueue(publisher(nowhere)).score(["a", "b"])


def failing(error: Exception) -> Any:
    """A task like ours that raises."""

    def fail(*_: str) -> None:
        raise error

    return Celery("failing", set_as_current=False).task(base=jobs.Job, name="failing")(fail)


def test_a_failure_that_passes_is_waited_for_as_long_as_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    def retry(self: Any, *, exc: Exception, countdown: float) -> Retry:
        waits.append(countdown)
        return Retry(exc=exc, when=countdown)

    monkeypatch.setattr(jobs.Job, "retry", retry)
    for error in (RetryLater("429", after=42), DatabaseAway("x", {}, OperationalError("y"))):
        with pytest.raises(Retry):
            failing(error)()
    assert waits == [42, jobs.DATABASE_AWAY]


def test_the_unforeseen_says_where_and_quotes_nothing() -> None:
    choking = failing(ValueError("the customer's words"))
    with structlog.testing.capture_logs() as logs, pytest.raises(jobs.Failed, match=r"^ValueError$") as failure:
        choking("abc")
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__
    (entry,) = logs
    assert (entry["task"], entry["ids"], entry["error"]) == ("failing", ("abc",), "ValueError")
    assert entry["frames"][-1].endswith(" fail")
    assert "words" not in str(logs)


def test_a_process_needs_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_state, "_process", worker_state._Process())
    with pytest.raises(AssertionError, match="start"):
        worker_state.runtime()
    with pytest.raises(AssertionError, match="start"):
        worker_state.load_models()
    with pytest.raises(AssertionError, match="start"):
        worker_state.prepare()


def test_each_task_does_its_one_thing(
    celery: Any, settings: Settings, valkey: str, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On an empty database, in this process: all of them find nothing to do."""
    monkeypatch.setattr(worker_state, "_process", worker_state._Process())
    worker_state.start(settings.model_copy(update={"redis_url": valkey, "database_url": sqlite_url}))
    worker_state.prepare()
    worker_state.load_models()
    jobs.ingest([1, 2])
    jobs.score("a")
    jobs.write_back("a")
    jobs.sweep()
    jobs.poll()
    jobs.forget()
    before = worker_state.runtime()
    assert worker_state.runtime() is before
    worker_state.forked()
    assert worker_state.runtime() is not before
    before.database.close()
    worker_state.runtime().database.close()


@pytest.mark.usefixtures("no_warning_filters", "logging_as_it_was")
def test_the_worker_s_module(
    settings: Settings, valkey: str, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a worker does at start, in this process: logs, models for who scores, connections after the fork."""
    monkeypatch.setattr(worker_state, "_process", worker_state._Process())
    monkeypatch.delitem(sys.modules, "tasks.worker", raising=False)
    environment = {"REDIS_URL": valkey, "DATABASE_URL": sqlite_url, "DESKMARK_SESSION_KEY": "s"}
    environment["DESKMARK_SECRET_KEY"] = settings.secret_key.get_secret_value()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DESKMARK_MODEL_DIR", str(tmp_path / "no-model"))
    worker = importlib.import_module("tasks.worker")
    worker._logs()
    worker.app.amqp.queues.select(["ingest"])
    worker._before_fork(sender=SimpleNamespace(app=worker.app, hostname="ingest@here"))
    worker.app.amqp.queues.select(["score"])
    with pytest.raises(SystemExit, match="no-model"):
        worker._before_fork(sender=SimpleNamespace(app=worker.app, hostname="score@here"))
    worker._after_fork()
    worker_state.runtime().database.close()
    logging.captureWarnings(False)


@pytest.mark.usefixtures("no_warning_filters", "logging_as_it_was")
def test_a_worker_and_beat_tell_of_themselves(settings: Settings, valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_state, "_process", worker_state._Process())
    monkeypatch.delitem(sys.modules, "tasks.worker", raising=False)
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("DESKMARK_SESSION_KEY", "s")
    monkeypatch.setenv("DESKMARK_SECRET_KEY", settings.secret_key.get_secret_value())
    worker = importlib.import_module("tasks.worker")
    logging.captureWarnings(False)
    board = Board(valkey)
    worker.telling.takes(["score", "ingest"], "here")
    worker._before_task()
    worker._alive()
    assert set(board.heard()) == {"score/here", "ingest/here"}
    (holder,) = board.holders()
    assert holder.name.startswith("worker here on ")
    assert holder.keys == SecretBox(settings.secret_key.get_secret_value()).fingerprints
    TASKS_FAILED.labels(task="made up").inc()
    worker._child_ends()
    assert any("made up" in field for field in board.counts(EDITION))
    worker._ends()
    assert board.heard() == {}
    assert board.holders() == []
    beat = Telling(valkey, lambda: ("f1", "f0"))
    monkeypatch.setattr(worker, "telling", beat)
    worker._beat()
    worker._beaten()
    worker._beaten()
    after_task_publish.disconnect(worker._beaten)
    (name,) = board.heard()
    assert name.startswith("beat/")
    (holder,) = board.holders()
    assert holder.name.startswith("beat on ")
    assert holder.keys == ("f1", "f0")
    monkeypatch.setenv("DESKMARK_SENTRY_DSN", "https://key@sentry.example/1")
    monkeypatch.setattr("service.telemetry.watching.find_spec", lambda _: None)
    monkeypatch.delitem(sys.modules, "tasks.worker", raising=False)
    with pytest.raises(SystemExit, match=r"install deskmark\[sentry\]"):
        importlib.import_module("tasks.worker")
    logging.captureWarnings(False)


@pytest.fixture
def no_warning_filters() -> Iterator[None]:
    with warnings.catch_warnings():
        yield


def test_a_channel_whose_connection_is_gone_says_so() -> None:
    channel = object.__new__(broker.Channel)
    channel.connection = SimpleNamespace(client=None)
    with pytest.raises(ConnectionLost):
        channel._connparams()


def test_what_is_live_overtakes_history(celery: Any) -> None:
    """Whoever scores takes from the queue of history only when the other one is empty, whatever came first."""
    queue = CeleryQueue(celery)
    queue.score_history(["old 1", "old 2", "old 3"])
    queue.score(["live 1", "live 2"])
    taken: list[str] = []

    def take(body: Any, message: Any) -> None:
        taken.append(body[0][0])
        message.ack()
        if len(taken) == 3:
            queue.score(["live 3"])

    conf = celery.conf
    routes = [route for route in conf.task_queues if route.name in (HISTORY, SCORE)]
    with Connection(conf.broker_url, transport_options=conf.broker_transport_options) as connection:
        consumer = connection.Consumer(routes[::-1], callbacks=[take], accept=["json"], prefetch_count=1)
        with consumer:
            while len(taken) < 6:
                connection.drain_events(timeout=5)

    assert taken == ["live 1", "live 2", "old 1", "live 3", "old 2", "old 3"]
