"""Every page over a million conversations on PostgreSQL: how long the server takes for each, median and p95.

    python benchmarks/pages_bench.py [--most 1000000] [--rounds 20] [--keep URL]

`make bench ARGS=pages` runs this too. Conversations, facts and scorecards are made up as in figures_bench.py; texts are
short, as no page but a conversation's own shows any. The pages come from the URL map (tests/support/every_page.py).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "support"), str(Path(__file__).parent)]

import figures_bench  # noqa: E402
import psycopg  # noqa: E402
from every_page import pages  # noqa: E402
from figures_bench import DAYS, INSTALLATIONS, KINDS, NOW, TODAY, fact_rows, one_fact  # noqa: E402
from sqlalchemy import func, make_url, select, text  # noqa: E402

from connectors.registry import connectors  # noqa: E402
from service.app import build  # noqa: E402
from service.card_document import card_document  # noqa: E402
from service.conversation import Author, Channel, Contact, Conversation, Message, Role  # noqa: E402
from service.document import to_document  # noqa: E402
from service.figures.fact import Fact  # noqa: E402
from service.language.intents import Example  # noqa: E402
from service.scoring.definitions import VERDICTS  # noqa: E402
from service.scoring.score import DEFINITIONS, Evidence, Score, Scorecard  # noqa: E402
from service.settings import Settings  # noqa: E402
from service.store import facts, gaps, improvements, installations, intents, proposals  # noqa: E402
from service.store.cells import numbered  # noqa: E402
from service.store.database import Database, migrate  # noqa: E402
from service.store.gap_models import ImprovementKind, KnowledgeGap  # noqa: E402
from service.store.models import Conversation as Row  # noqa: E402
from service.store.proposal_models import IntentProposal  # noqa: E402
from service.store.proposals import Found  # noqa: E402
from service.store.secrets import SecretBox, new_key  # noqa: E402
from service.web.parts import Parts  # noqa: E402
from tasks.alone import Kept  # noqa: E402

ROUNDS = 20
GAPS, FIXED = 60, 20
"""Groups of unserved questions on each helpdesk, and how many of them something was deployed for."""

ASKED = 0.06
"""Share of conversations with a question that the bot could not serve."""

DOUBTFUL, REVIEWED = 0.03, 0.005
FROM_FACTS = {
    "containment": "containment", "escalation": "escalation", "context_repeat": "context", "effort": "effort",
    "repeat_contact": "repeat", "satisfaction": "satisfaction", "answer_relevance": "relevance",
    "handoff_time": "handoff", "intent": "intent_read", "resolution_confidence": "confidence", "knowledge_gap": "gap",
    "training_example": "training",
}  # fmt: skip
Table = list[tuple[str, ...]]
Placed = Sequence[tuple[int, str, Any]]


def pages_table(url: str, most: int, rounds: int = ROUNDS) -> list[Table]:
    """Fill the database at `url` and measure every page."""
    given = fill(url, most)
    return measure(url, given, rounds)


# --- filling -------------------------------------------------------------------------------------------------------


def fill(url: str, most: int) -> dict[str, str]:
    """A service that has worked for four months; what the parts of addresses are there."""
    migrate(url)
    database, rng = Database(url), random.Random(11)
    with database.begin() as session:
        for name in INSTALLATIONS:
            new = installations.NewInstallation(
                connector=name, account="bench", base_url="https://bench.example/", secrets=BOX.lock({}), prefix="dm__",
                id=name,
            )  # fmt: skip
            installations.add(session, new, now=NOW)
    made = [one_fact(rng) for _ in range(KINDS)]
    with database.begin() as session:
        numbers = numbered(session, {(m, b) for fact in made for m, b, _ in facts.cells_of(fact)})
        for installation in INSTALLATIONS:
            for number in range(1, GAPS + 1):
                session.add(KnowledgeGap(installation_id=installation, group=number,
                                         label=f"thing {number}, repair, part", created_at=NOW))  # fmt: skip
            session.flush()
            first = session.scalar(select(func.min(KnowledgeGap.id)).filter_by(installation_id=installation)) or 0
            for number in range(FIXED):
                at, kind = NOW - timedelta(days=10 + 3 * number), ImprovementKind.ARTICLE_UPDATED
                improvements.improved(session, installation, kind, f"article:{number}", at=at, now=at,
                                      title=f"How to repair {number}", gaps=[first + number])  # fmt: skip
    packed = [facts.counts_of(fact, numbers).packed() for fact in made]
    placed = sorted(
        ((rng.randrange(KINDS), rng.choice(INSTALLATIONS), TODAY - timedelta(days=int(rng.random() * DAYS)))
         for _ in range(most)), key=lambda place: place[2],
    )  # fmt: skip
    plain = make_url(url).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(plain) as connection:
        connection.execute("SET session_replication_role = replica")  # Foreign keys hold by construction.
        _copy(connection, "conversation", CONVERSATION, _conversations(made, placed))
        columns = ("conversation_id", "definitions", "episode", "installation_id", "day", *facts.COLUMNS, "fact",
                   "form", "cells", "large")  # fmt: skip
        _copy(connection, "fact", columns, fact_rows(made, packed, placed))
        _copy(connection, "scorecard", SCORECARD, _scorecards(made, placed, rng))
        _copy(connection, "gap_message", GAP_MESSAGE, _questions(database, placed, rng))
        _copy(connection, "review", REVIEW, _reviews(made, placed, rng))
        _copy(connection, "delivery", DELIVERY, _deliveries(placed))
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("ANALYZE")
    with database.begin() as session:
        facts.mark(session, figures_bench.every_day(), now=NOW)
    figures_bench.add_days_up(database)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    gap, proposal = _one_gap(database), _proposals(database)
    database.close()
    return places(f"c{len(placed) - 1}", gap, proposal)


def _proposals(database: Database) -> int:
    """Possible new intents as a worker leaves them, over the latest conversations; one of them."""
    latest = select(Row.id).order_by(Row.ended_at.desc()).limit(proposals.KEPT)
    with database.begin() as session:
        for name in INSTALLATIONS:
            ids = session.scalars(latest.where(Row.installation_id == name)).all()
            intents.add(session, name, [Example(f"intent {n}", f"thing {n}") for n in range(40)], now=NOW)
            proposals.ask_search(session, name, now=NOW)
            found = [Found(f"thing {n}", ids[n * 25 : n * 25 + 25]) for n in range(len(ids) // 25)]
            proposals.save(session, name, found, novel=len(ids), now=NOW)
        return int(session.scalar(select(func.min(IntentProposal.id))) or 0)


def places(row_id: str, gap: int, proposal: int) -> dict[str, str]:
    """What the parts of addresses are."""
    return {"row_id": row_id, "conversation_id": row_id, "installation_id": INSTALLATIONS[0], "gap_id": str(gap),
            "connector": "zendesk", "kind": "conversation", "proposal_id": str(proposal)}  # fmt: skip


CONVERSATION = ("id", "installation_id", "external_id", "state", "channel", "opened_at", "ended_at", "created_at",
                "read_at", "scored_at", "document", "reread", "news", "wanted", "attempts", "write_state",
                "write_wanted", "write_attempts")  # fmt: skip
SCORECARD = ("conversation_id", "episode", "definitions", "card", "content_hash", "latest", "scored_at", "risk")
GAP_MESSAGE = ("conversation_id", "episode", "installation_id", "gap_id", "message", "reason", "negative", "loose",
               "at")  # fmt: skip
REVIEW = ("installation_id", "conversation_id", "episode", "score", "verdict", "reviewer", "at", "source", "blind",
          "drawn")  # fmt: skip
DELIVERY = ("installation_id", "key", "event", "signal", "external_id", "received_at", "state", "outcome", "attempts")


def _copy(connection: Any, table: str, columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> None:
    named = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({named}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _ended(number: int, day: Any) -> datetime:
    return datetime(day.year, day.month, day.day, number % 24, number % 60, number % 59, tzinfo=UTC)


def _conversations(made: list[Fact], placed: Placed) -> Iterator[Sequence[Any]]:
    documents = {}
    for number, (kind, installation, day) in enumerate(placed):
        ended = _ended(number, day)
        key = (installation, made[kind].channel)
        if key not in documents:
            documents[key] = json.dumps(to_document(_conversation(installation, made[kind].channel)))
        yield (f"c{number}", installation, str(number), "scored", made[kind].channel, ended - timedelta(minutes=9),
               ended, ended, ended, ended, documents[key], False, False, 1, 0, "off", 0, 0)  # fmt: skip


def _conversation(helpdesk: str, channel: str | None) -> Conversation:
    said = (
        (Role.CUSTOMER, "Where is my parcel FW-20411?"),
        (Role.BOT, "It leaves our depot today."),
        (Role.CUSTOMER, "It should have been here on Monday."),
        (Role.AGENT, "I have asked the carrier."),
    )
    messages = tuple(
        Message(f"m{n}", Author(role, f"{role}-1"), words, NOW - timedelta(days=1, minutes=9 - n))
        for n, (role, words) in enumerate(said)
    )
    return Conversation(id="4711", helpdesk=helpdesk, account="bench", contact=Contact(id="c-1"), messages=messages,
                        channel=Channel(channel or "email"), closed_at=NOW - timedelta(days=1))  # fmt: skip


def _scorecards(made: list[Fact], placed: Placed, rng: random.Random) -> Iterator[Sequence[Any]]:
    cards = [json.dumps(_card(fact)) for fact in made]
    for number, (kind, _, day) in enumerate(placed):
        risk = round(rng.random(), 3) if rng.random() < DOUBTFUL else None
        yield f"c{number}", 1, DEFINITIONS, cards[kind], "0" * 64, True, _ended(number, day), risk


def _card(fact: Fact) -> dict[str, Any]:
    evidence = (Evidence("m0", "Where is my parcel FW-20411?", "asks"),)
    scores = {
        name: Score(getattr(fact, FROM_FACTS[name]), 0.5, 0.8, "Made up for a measurement.", evidence)
        for name in VERDICTS
    }
    return card_document(Scorecard("zendesk", "bench", "4711", 1, scores))


def _questions(database: Database, placed: Placed, rng: random.Random) -> Iterator[Sequence[Any]]:
    with database.read() as session:
        ids = {name: [gap.row.id for gap in gaps.listed(session, name)] for name in INSTALLATIONS}
    for number, (_, installation, day) in enumerate(placed):
        if rng.random() < ASKED:
            # Some gaps are asked of often, most now and then.
            gap = ids[installation][min(int(rng.expovariate(0.08)), GAPS - 1)]
            reason = rng.choice(["no_answer", "negative_feedback", "novel"])
            yield f"c{number}", 1, installation, gap, "m0", reason, False, False, _ended(number, day)


def _reviews(made: list[Fact], placed: Placed, rng: random.Random) -> Iterator[Sequence[Any]]:
    for number, (kind, installation, day) in enumerate(placed):
        if rng.random() < REVIEWED:
            for reviewer in ("one", "two"):
                verdict = made[kind].containment or "likely"
                said = verdict if rng.random() < 0.9 else "unclear"
                yield (installation, f"c{number}", 1, "containment", said, reviewer, _ended(number, day), "queue",
                       reviewer == "two", "random")  # fmt: skip


def _deliveries(placed: Placed) -> Iterator[Sequence[Any]]:
    """Those of the last 30 days are kept."""
    for number, (_, installation, day) in enumerate(placed):
        if day > TODAY - timedelta(days=30):
            at = _ended(number, day)
            yield installation, f"k{number}", "ticket.solved", "ended", str(number), at, "accepted", "", 1


def _one_gap(database: Database) -> int:
    with database.read() as session:
        return int(session.scalar(text("SELECT min(gap_id) FROM gap_message")) or 0)


# --- measuring -----------------------------------------------------------------------------------------------------

KEY = new_key()
BOX = SecretBox(KEY)


def application(url: str) -> Any:
    """The web application over the database, for a visitor who may see everything; nothing is announced."""
    settings = Settings(secret_key=KEY, session_key="s" * 40, database_url=url, demo=True, public_url="",
                        price_human_conversation=4, price_bot_conversation=1)  # type: ignore[arg-type]  # fmt: skip
    parts = Parts(settings=settings, database=Database(settings.database), box=BOX, connectors=connectors(),
                  queue=Kept(), waiting=lambda: {"ingest": 0, "score": 0, "writeback": 0}, now=lambda: NOW)  # fmt: skip
    return build(parts)


def measure(url: str, given: dict[str, str], rounds: int) -> list[Table]:
    """Server time of every page after one visit that warms caches up, in milliseconds."""
    app = application(url)
    client = app.test_client()
    table: Table = [("page", "median ms", "p95 ms", "processor ms", "kB")]
    for page in pages(app, given, queries=True):
        first = client.get(page.path)
        if first.status_code != 200:
            table.append((f"`{page.path}`", f"answers {first.status_code}", "", "", ""))
            continue
        walls, busy = [], []
        with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(False)) as connection:
            backends = _backends(connection)
            for _ in range(rounds):
                began, used = time.perf_counter(), time.process_time() + _server(backends)
                client.get(page.path).get_data()
                walls.append((time.perf_counter() - began) * 1000)
                busy.append((time.process_time() + _server(backends) - used) * 1000)
        p95 = quantiles(walls, n=20)[-1] if len(walls) > 1 else walls[0]
        size = len(first.get_data()) / 1000
        table.append((f"`{page.path}`", f"{median(walls):.0f}", f"{p95:.0f}", f"{median(busy):.0f}", f"{size:.0f}"))
        print(*table[-1], flush=True)
    return [table]


def _backends(connection: Any) -> list[int]:
    found = connection.execute(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    return [pid for (pid,) in found]


def _server(pids: Sequence[int]) -> float:
    return sum(figures_bench.server_seconds(pid) for pid in pids)


def main() -> None:
    from bench import markdown, postgres  # noqa: PLC0415

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--url", help="a database that was filled before")
    options = parser.parse_args()
    if options.url:
        migrate(options.url)
        tables = measure(options.url, places("c1", 1, 1), options.rounds)
    else:
        with postgres() as url:
            tables = pages_table(url, options.most, options.rounds)
    for table in tables:
        print(markdown(table), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
