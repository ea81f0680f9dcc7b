"""How fast a helpdesk's history comes in, what it costs in requests, and what live scoring feels of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from conversations import conversations

from connectors.intercom.sandbox import Sandbox as IntercomSandbox
from connectors.limiter import Limiter
from connectors.registry import connectors
from connectors.zendesk.sandbox import Sandbox as ZendeskSandbox
from service.conversation import Channel, Conversation
from service.document import to_document
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.logs import configure_logs
from service.settings import Settings
from service.store import backfills, installations
from service.store import conversations as store
from service.store.backfill_models import BackfillState
from service.store.database import Database
from service.store.models import Conversation as Row
from service.store.models import State
from service.store.secrets import SecretBox, new_key
from service.writeback import AlreadyThere
from tasks import backfilling, standing
from tasks.alone import Kept
from tasks.celery_app import CeleryQueue, publisher
from tasks.runtime import Clients, Runtime

ROOT = Path(__file__).parent.parent
TICKETS = 10_000
READ_SINGLY = 1_000
LIVE = 20
WAITING = 1_000
EXPORT_CALLS_A_MINUTE = 10
Table = list[tuple[str, ...]]


@dataclass(frozen=True)
class Case:
    """A history: whose, how many conversations, and how many of a hundred are chats."""

    label: str
    kind: str
    count: int
    chats: int = 0


CASES = (
    Case("Zendesk, e-mail", "zendesk", TICKETS),
    Case("Zendesk, a tenth chats", "zendesk", TICKETS // 5, 10),
    Case("Intercom", "intercom", READ_SINGLY),
)


def ingest(url: str) -> Table:
    """Reading, joining and storing without scoring, into PostgreSQL, from a stand-in over HTTP without limits."""
    configure_logs("error")
    rows: Table = [
        ("history", "conversations", "per second", "requests", "requests each", "minutes at half of 10 exports")
    ]
    for number, case in enumerate(CASES):
        desk: Any = (ZendeskSandbox if case.kind == "zendesk" else IntercomSandbox)().start()
        desk.rate_limit = 10**9
        if case.kind == "zendesk":
            desk.limits.incremental = desk.limits.account = 10**9
        for made in history(case):
            desk.seed(made)
        taken, counts = backfilled(url, f"{case.kind}-{number}", case.kind, desk)
        exports = sum("/incremental/" in request.path for request in desk.requests_log)
        desk.stop()
        done, calls = counts["stored"], counts["calls"]
        minutes = f"{exports / EXPORT_CALLS_A_MINUTE * 2:.0f}" if exports else ""
        rows.append((case.label, str(done), f"{done / taken:.0f}", str(calls), f"{calls / done:.3f}", minutes))
    return rows


def history(case: Case) -> Iterator[Conversation]:
    """Conversations of five messages over the last weeks, each of another customer, as mail or as a chat."""
    now = datetime.now(UTC) - timedelta(hours=2)
    for number, made in enumerate(conversations(case.count, customers=case.count)):
        shift = now - timedelta(minutes=number) - made.messages[-1].at
        said = tuple(replace(m, at=m.at + shift) for m in made.messages[-5:])
        channel = Channel.MESSAGING if number % 100 < case.chats else Channel.EMAIL
        yield replace(made, messages=said, events=(), channel=channel, opened_at=None, closed_at=said[-1].at)


def backfilled(url: str, name: str, kind: str, desk: Any) -> tuple[float, dict[str, int]]:
    """Seconds of one backfill in this process, and its counts."""
    runtime = alone(url, f"redis://unused/{name}")
    options = {**getattr(desk, "options", {}), "incremental_rate": "100000/minute", "rate": "1000000/minute"}
    new = installations.NewInstallation(
        connector=kind, account=name, base_url=desk.base_url, secrets=runtime.secrets.lock(dict(desk.secrets)),
        prefix="dm__", options=options, id=name,
    )  # fmt: skip
    now = datetime.now(UTC)
    with runtime.database.begin() as session:
        installations.add(session, new, now=now)
        since = now - timedelta(days=30)
        backfills.begin(session, name, since=since, until=now - timedelta(minutes=2), share=100, now=now)
    began = time.perf_counter()
    while True:
        backfilling.work_on(runtime, name, seconds=600)
        with runtime.database.read() as session:
            row = backfills.get(session, name)
        assert row is not None
        if row.state == BackfillState.DONE:
            runtime.database.close()
            return time.perf_counter() - began, {key: int(value) for key, value in row.counts.items()}
        if row.error:
            sys.exit(f"{name}: {row.error}")


def alone(url: str, broker: str, key: str = "") -> Runtime:
    key = key or new_key()
    settings = Settings(secret_key=key, session_key="bench", database_url=url, redis_url=broker)
    return Runtime(
        settings=settings,
        database=Database(url),
        secrets=SecretBox(key),
        clients=Clients(connectors(), Limiter(), local=True),
        embedder=CachedEmbedder(MiniLM(), MemoryCache()),
        queue=Kept(),
    )


def live_delay(url: str, broker: str) -> Table:
    """From the announcement of a live conversation to its scores, two workers as the Procfile has them: with nothing
    else to do, and while they score history."""
    key = new_key()
    runtime = alone(url, broker, key)
    queue = CeleryQueue(publisher(runtime.settings))
    with runtime.database.begin() as session:
        new = installations.NewInstallation("zendesk", "live", "", runtime.secrets.lock({}), "dm__", id="live")
        installations.add(session, new, now=datetime.now(UTC))
    made = conversations(WAITING + 3 * LIVE, customers=WAITING + 3 * LIVE, seed=2)
    with workers(url, broker, key):
        delays(runtime, queue, made[-LIVE:])  # The first ones also warm the workers up.
        idle = delays(runtime, queue, made[:LIVE])
        waiting = keep(runtime, made[2 * LIVE : 2 * LIVE + WAITING], backfilled=True)
        queue.score_history(waiting)
        busy = delays(runtime, queue, made[LIVE : 2 * LIVE])
        with runtime.database.read() as session:
            left = backfills.unscored(session, "live")
    runtime.database.close()
    if not left:
        sys.exit("the history was done before the live conversations: raise WAITING")
    rows: Table = [("live conversations scored one by one", "median ms", "slowest ms", "against idle")]
    for label, found in (("nothing else to do", idle), (f"{WAITING} of history waiting", busy)):
        ratio = f"{median(found) / median(idle):.2f}"
        rows.append((label, f"{median(found) * 1000:.0f}", f"{max(found) * 1000:.0f}", ratio))
    return rows


def delays(runtime: Runtime, queue: CeleryQueue, made: Iterable[Conversation]) -> list[float]:
    found = []
    for each in made:
        (row_id,) = keep(runtime, [each], backfilled=False)
        began = time.perf_counter()
        queue.score([row_id])
        while True:
            with runtime.database.read() as session:
                if session.get_one(Row, row_id).state == State.SCORED:
                    break
            time.sleep(0.002)
        found.append(time.perf_counter() - began)
    return found


def keep(runtime: Runtime, made: Iterable[Conversation], *, backfilled: bool) -> list[str]:
    """Store conversations, due for scoring."""
    now, ids = datetime.now(UTC), []
    with runtime.database.begin() as session:
        installation = installations.get(session, "live")
        assert installation is not None
        for each in made:
            read = store.ReadConversation(
                document=to_document(each), there=standing.to_json(AlreadyThere()), channel=each.channel.value,
                opened_at=each.started_at, ended_at=each.ended_at or now, read_at=now, news=False,
            )  # fmt: skip
            row_id, _ = store.keep_history(session, installation, each.id, read, now=now)
            session.get_one(Row, row_id).backfilled = backfilled
            ids.append(row_id)
    return ids


@contextmanager
def workers(url: str, broker: str, key: str) -> Iterator[None]:
    environment = {
        **os.environ, "DATABASE_URL": url, "REDIS_URL": broker, "DESKMARK_SECRET_KEY": key, "DESKMARK_SESSION_KEY": "b",
        "DESKMARK_LOG_LEVEL": "error", "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    command = [sys.executable, "-m", "celery", "--app", "tasks.worker", "worker", "--queues", "score,score_history",
               "--pool", "prefork", "--concurrency", "2", "--without-gossip", "--without-mingle"]  # fmt: skip
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=quiet, stderr=quiet)
    try:
        yield
    finally:
        process.terminate()
        process.wait()
