"""A service that has worked for four months, for the bench of pages: a million conversations with all that is theirs.

Conversations, facts and scorecards are made up as in figures_bench.py; texts are short, as no page but a conversation's
own shows any.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import figures_bench
import psycopg
from figures_bench import DAYS, INSTALLATIONS, KINDS, NOW, TODAY, fact_rows, one_fact
from sqlalchemy import func, make_url, select, text
from sqlalchemy.orm import Session

from service.card_document import card_document
from service.conversation import Author, Channel, Contact, Conversation, Message, Role
from service.document import to_document
from service.figures.alarm import Judged, Side
from service.figures.fact import Fact
from service.figures.had_answer import ARTICLE, SOLVED
from service.figures.watched import WATCHED
from service.language.intents import Example
from service.scoring.definitions import VERDICTS
from service.scoring.score import DEFINITIONS, Evidence, Score, Scorecard
from service.store import (
    errands,
    facts,
    figure_alerts,
    gaps,
    improvements,
    installations,
    intents,
    people,
    proposals,
    report_routes,
)
from service.store.cells import numbered
from service.store.conversations import conversation_id
from service.store.database import Database, migrate
from service.store.errand_models import ErrandKind
from service.store.gap_models import ImprovementKind, KnowledgeGap
from service.store.models import Conversation as Row
from service.store.people_models import Role as May
from service.store.proposal_models import IntentProposal
from service.store.proposals import Found
from service.store.report_models import AlertState, Sends, Way
from service.store.report_routes import Wanted
from service.store.secrets import SecretBox
from service.store.work import SCORING

GAPS, FIXED = 60, 20
"""Groups of unserved questions on each helpdesk, and how many of them something was deployed for."""

ASKED = 0.06
"""Share of conversations with a question that the bot could not serve."""

DOUBTFUL, REVIEWED = 0.03, 0.005
ANSWERS = 400
"""Answers that avoidable handoffs had before."""

DEAD_EVERY = 2_000
"""Of so many conversations and webhooks one was given up."""

ALERTS, ROUTES, PEOPLE = 40, 12, 60
FROM_FACTS = {
    "containment": "containment", "escalation": "escalation", "context_repeat": "context", "effort": "effort",
    "repeat_contact": "repeat", "satisfaction": "satisfaction", "answer_relevance": "relevance",
    "handoff_time": "handoff", "intent": "intent_read", "resolution_confidence": "confidence", "knowledge_gap": "gap",
    "training_example": "training",
}  # fmt: skip
Placed = Sequence[tuple[int, str, Any]]
CONVERSATION = ("id", "installation_id", "external_id", "state", "channel", "opened_at", "ended_at", "created_at",
                "read_at", "scored_at", "document", "reread", "news", "wanted", "attempts", "error", "write_state",
                "write_wanted", "write_attempts")  # fmt: skip
SCORECARD = ("conversation_id", "episode", "definitions", "card", "content_hash", "latest", "scored_at", "risk")
GAP_MESSAGE = ("conversation_id", "episode", "installation_id", "gap_id", "message", "reason", "negative", "loose",
               "at", "agent_messages", "returned", "channel", "brand", "bot", "group", "intent")  # fmt: skip
REVIEW = ("installation_id", "conversation_id", "episode", "score", "verdict", "own", "reviewer", "at", "source",
          "blind", "drawn", "day")  # fmt: skip
DELIVERY = ("installation_id", "key", "event", "signal", "external_id", "received_at", "state", "outcome", "attempts")
AUDIT = ("at", "actor", "action", "target", "installation_id", "details")


def fill(url: str, most: int, box: SecretBox) -> dict[str, str]:
    """Fill the database at `url` with `most` conversations; what the parts of addresses are there."""
    migrate(url)
    database, rng = Database(url), random.Random(11)
    with database.begin() as session:
        for name in INSTALLATIONS:
            new = installations.NewInstallation(
                connector=name, account="bench", base_url="https://bench.example/", secrets=box.lock({}), prefix="dm__",
                id=name,
            )  # fmt: skip
            installations.add(session, new, now=NOW)
    made = [_with_answer(one_fact(rng), rng) for _ in range(KINDS)]
    with database.begin() as session:
        numbers = numbered(session, {(m, b) for fact in made for m, b, _ in facts.cells_of(fact)})
        for name in INSTALLATIONS:
            _gaps(session, name)
    packed = [facts.counts_of(fact, numbers).packed() for fact in made]
    placed = sorted(
        ((rng.randrange(KINDS), rng.choice(INSTALLATIONS), TODAY - timedelta(days=int(rng.random() * DAYS)))
         for _ in range(most)), key=lambda place: place[2],
    )  # fmt: skip
    _big_tables(database, url, made, packed, placed, rng)
    with database.begin() as session:
        facts.mark(session, figures_bench.every_day(), now=NOW)
    figures_bench.add_days_up(database)
    with database.begin() as session:
        # What came in within the last minutes is not added up yet.
        facts.mark(session, [day for day in figures_bench.every_day() if day.day == TODAY], now=NOW)
    given = _small_tables(database, box, key_of(len(placed) - 1, placed[-1][1]))
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    database.close()
    return given


def key_of(number: int, installation: str) -> str:
    """Our id of a conversation: as spread as in earnest."""
    return conversation_id(installation, "bench", str(number))


def _with_answer(fact: Fact, rng: random.Random) -> Fact:
    """The fact with the answer that an avoidable handoff had before: few of them often, most now and then."""
    if fact.escalation != "avoidable" or not fact.handed_off:
        return fact
    which = int(rng.expovariate(8 / ANSWERS))
    return replace(fact, had_answer=f"{ARTICLE}{which}" if which < ANSWERS else SOLVED)


def _gaps(session: Session, installation: str) -> None:
    for number in range(1, GAPS + 1):
        session.add(KnowledgeGap(installation_id=installation, group=number, label=f"thing {number}, repair, part",
                                 created_at=NOW))  # fmt: skip
    session.flush()
    first = session.scalar(select(func.min(KnowledgeGap.id)).filter_by(installation_id=installation)) or 0
    for number in range(FIXED):
        at, kind = NOW - timedelta(days=10 + 3 * number), ImprovementKind.ARTICLE_UPDATED
        improvements.improved(session, installation, kind, f"article:{number}", at=at, now=at,
                              title=f"How to repair {number}", gaps=[first + number])  # fmt: skip


# --- what there is a million of ------------------------------------------------------------------------------------


def _big_tables(
    database: Database, url: str, made: list[Fact], packed: list[Any], placed: Placed, rng: random.Random
) -> None:
    with psycopg.connect(plain(url)) as connection:
        connection.execute("SET session_replication_role = replica")  # Foreign keys hold by construction.
        _copy(connection, "conversation", CONVERSATION, _conversations(made, placed))
        columns = ("conversation_id", "definitions", "episode", "installation_id", "day", *facts.COLUMNS, "had_answer",
                   "fact", "form", "cells", "large")  # fmt: skip
        _copy(connection, "fact", columns, fact_rows(made, packed, placed, key_of))
        _copy(connection, "scorecard", SCORECARD, _scorecards(made, placed, rng))
        _copy(connection, "gap_message", GAP_MESSAGE, _questions(database, made, placed, rng))
        _copy(connection, "review", REVIEW, _reviews(made, placed, rng))
        _copy(connection, "delivery", DELIVERY, _deliveries(placed))
        _copy(connection, "audit_entry", AUDIT, _audited(placed))
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute("ANALYZE")


def plain(url: str) -> str:
    """The address as psycopg takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(False)


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
        dead = number % DEAD_EVERY == 1
        state, error = ("dead", f"GET /api/v2/tickets/{number}: HTTP 404") if dead else ("scored", None)
        yield (key_of(number, installation), installation, str(number), state, made[kind].channel,
               ended - timedelta(minutes=9), ended, ended, ended, ended, documents[key], False, False, 1, 0, error,
               "off", 0, 0)  # fmt: skip


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
    for number, (kind, installation, day) in enumerate(placed):
        risk = round(rng.random(), 3) if rng.random() < DOUBTFUL else None
        yield (key_of(number, installation), 1, DEFINITIONS, cards[kind], "0" * 64, True, _ended(number, day),
               risk)  # fmt: skip


def _card(fact: Fact) -> dict[str, Any]:
    evidence = (Evidence("m0", "Where is my parcel FW-20411?", "asks", answered_in="m1"),)
    scores = {
        name: Score(getattr(fact, FROM_FACTS[name]), 0.5, 0.8, "Made up for a measurement.", evidence)
        for name in VERDICTS
    }
    return card_document(Scorecard("zendesk", "bench", "4711", 1, scores))


def _questions(database: Database, made: list[Fact], placed: Placed, rng: random.Random) -> Iterator[Sequence[Any]]:
    with database.read() as session:
        ids = {name: [gap.row.id for gap in gaps.listed(session, installation_ids=[name])] for name in INSTALLATIONS}
    for number, (kind, installation, day) in enumerate(placed):
        if rng.random() < ASKED:
            fact = made[kind]
            # Some gaps are asked of often, most now and then.
            gap = ids[installation][min(int(rng.expovariate(0.08)), GAPS - 1)]
            reason = rng.choice(["no_answer", "negative_feedback", "novel"])
            yield (key_of(number, installation), 1, installation, gap, "m0", reason, rng.random() < 0.2, False,
                   _ended(number, day), rng.choice([0, 0, 2, 3]), rng.random() < 0.2, fact.channel, fact.brand,
                   fact.bot, fact.group, fact.intent)  # fmt: skip


def _reviews(made: list[Fact], placed: Placed, rng: random.Random) -> Iterator[Sequence[Any]]:
    """Two people each on two scores; of some, what Deskmark said is not beside them, as an earlier release left it."""
    for number, (kind, installation, day) in enumerate(placed):
        if rng.random() >= REVIEWED:
            continue
        drawn = "random" if rng.random() < 0.7 else "risky"
        for score in ("containment", "effort"):
            own = getattr(made[kind], FROM_FACTS[score])
            for reviewer in ("one", "two"):
                said = own if rng.random() < 0.9 else rng.choice(VERDICTS[score] or ())
                known = own if rng.random() < 0.95 else None
                yield (installation, key_of(number, installation), 1, score, said, known, reviewer,
                       _ended(number, day), "queue", reviewer == "two", drawn, day)  # fmt: skip


def _deliveries(placed: Placed) -> Iterator[Sequence[Any]]:
    """Those of the last 30 days are kept."""
    for number, (_, installation, day) in enumerate(placed):
        if day > TODAY - timedelta(days=30):
            at, dead = _ended(number, day), number % DEAD_EVERY == 2
            state, outcome = ("dead", f"GET /api/v2/tickets/{number}: HTTP 403") if dead else ("accepted", "")
            yield installation, f"k{number}", "ticket.solved", "ended", str(number), at, state, outcome, 1


def _audited(placed: Placed) -> Iterator[Sequence[Any]]:
    for number, (_, installation, day) in enumerate(placed[::50]):
        yield (_ended(number, day), "someone@bench.example", "review", key_of(number, installation), installation,
               "{}")  # fmt: skip


# --- what there is a few of ----------------------------------------------------------------------------------------


def _small_tables(database: Database, box: SecretBox, row_id: str) -> dict[str, str]:
    """The rest, and what the parts of addresses are."""
    with database.begin() as session:
        dead = select(Row.id).where(Row.state == "dead").limit(1)
        return {
            "row_id": row_id, "conversation_id": row_id, "installation_id": INSTALLATIONS[0], "connector": "zendesk",
            "gap_id": str(session.scalar(text("SELECT min(gap_id) FROM gap_message"))),
            "proposal_id": str(_proposals(session)), "alert_id": str(_alerts(session)),
            "route_id": str(_routes(session, box)), "errand_id": str(_errand(session)), "kind": SCORING.name,
            "dead_id": str(session.scalar(dead) or ""), "person_id": _people(session),
        }  # fmt: skip


def _proposals(session: Session) -> int:
    """Possible new intents as a worker leaves them, over the latest conversations; one of them."""
    latest = select(Row.id).order_by(Row.ended_at.desc()).limit(proposals.KEPT)
    for name in INSTALLATIONS:
        ids = session.scalars(latest.where(Row.installation_id == name)).all()
        intents.add(session, name, [Example(f"intent {n}", f"thing {n}") for n in range(40)], now=NOW)
        proposals.ask_search(session, name, now=NOW)
        found = [Found(f"thing {n}", ids[n * 25 : n * 25 + 25]) for n in range(len(ids) // 25)]
        proposals.save(session, name, found, novel=len(ids), now=NOW)
    return int(session.scalar(select(func.min(IntentProposal.id))) or 0)


def _alerts(session: Session) -> int:
    """Alarms and wins of the last weeks, most of them over; one that goes on."""
    latest = 0
    for number in range(ALERTS):
        back, watched = ALERTS - number, WATCHED[number % len(WATCHED)]
        of, day = (INSTALLATIONS[number % 2], watched.name), TODAY - timedelta(days=back)
        kind = figure_alerts.WIN if watched.good and number % 3 == 0 else figure_alerts.ALARM
        judged = Judged(0.4, 4000, 0.3, 0.0001, 1.0)
        row = figure_alerts.announce(
            session, of, kind=kind, direction=Side.UP, day=day, key=f"bench/{number}", now=NOW - timedelta(days=back),
            seen={"day": day.isoformat(), "days": 7 if kind == figure_alerts.WIN else 1, **asdict(judged)},
        )  # fmt: skip
        if number < ALERTS - len(WATCHED):
            row.state, row.closed_at, row.open_key = AlertState.RECOVERED, NOW - timedelta(days=back - 1), None
        elif watched.name == "escalated":
            latest = row.id
    return latest


def _routes(session: Session, box: SecretBox) -> int:
    wanted = [
        Wanted(f"Team {number}", Way.MAIL, f"team{number}@bench.example", (Sends.WEEKLY, Sends.ALERTS),
               installation_id=INSTALLATIONS[number % 2], intents=(f"intent {number}",))
        for number in range(ROUTES)
    ]  # fmt: skip
    return min(report_routes.add(session, box, each, by="someone@bench.example", now=NOW).id for each in wanted)


def _errand(session: Session) -> int:
    """One that wrote what was planned, and is done."""
    row = installations.get(session, INSTALLATIONS[0])
    assert row is not None
    errand = errands.begin(session, row, ErrandKind.WRITE, actor="someone@bench.example", stage="finished", options={},
                           now=NOW)  # fmt: skip
    errands.add_items(session, errand.id, (str(number) for number in range(5_000)))
    errands.finish(errand, now=NOW)
    return errand.id


def _people(session: Session) -> str:
    added = [people.add(session, f"person{number}@bench.example", role=May.VIEWER, now=NOW) for number in range(PEOPLE)]
    return added[0].id
