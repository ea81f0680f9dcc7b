"""Figures over a million stored facts on PostgreSQL: how fast they are asked for, kept, and days of them added up.

    python benchmarks/figures_bench.py [--most 1000000] [--rounds 3]

`make bench ARGS=figures` runs this too. The facts are made up: 20,000 different ones, each of which happens often, over
120 days, two helpdesks, 40 intents, 4 channels, 5 groups and 3 bots. Days are added up as the beat's task does it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(Path(__file__).parent)]

import psycopg  # noqa: E402
from sqlalchemy import make_url, text  # noqa: E402

from service.figures.beside import Beside  # noqa: E402
from service.figures.catalogue import FIGURES, Figure  # noqa: E402
from service.figures.cells import FORM  # noqa: E402
from service.figures.fact import DIMENSIONS, Fact  # noqa: E402
from service.scoring.score import DEFINITIONS  # noqa: E402
from service.store import conversations, facts, installations, rollups, week_sums  # noqa: E402
from service.store.cells import numbered  # noqa: E402
from service.store.database import Database, migrate  # noqa: E402
from service.store.facts import COLUMNS, Day, Judged  # noqa: E402
from service.store.figures import Period, tallies  # noqa: E402

NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
DAYS = 120
ASKED = 90
KINDS = 20_000
INSTALLATIONS = ("zendesk", "intercom")
PERIODS = (Period.DAY, Period.WEEK, Period.MONTH, Period.WHOLE)
Table = list[tuple[str, ...]]


def figures(url: str, most: int, rounds: int = 3) -> list[Table]:
    """Fill the database at `url` and measure."""
    migrate(url)
    database = Database(url)
    rng = random.Random(7)
    with database.begin() as session:
        for name in INSTALLATIONS:
            new = installations.NewInstallation(
                connector=name, account="bench", base_url="https://bench.example/", secrets=b"", prefix="dm__", id=name
            )
            installations.add(session, new, now=NOW)
    made = [one_fact(rng) for _ in range(KINDS)]
    fill(database, url, made, rng, most)
    days = add_days_up(database)
    soil(database)
    add_weeks_up(database)
    asked = ask(database, rounds)
    kept = keep_some(database, made, rng)
    database.close()
    counted: Table = [
        ("what", "median", "slowest"),
        (f"one day of one helpdesk added up ({most // DAYS // len(INSTALLATIONS):,} facts)", *seconds(days)),
        ("one conversation's fact kept, a transaction each", *seconds(kept)),
    ]
    return [*asked, counted, sizes(url)]


def seconds(taken: list[float]) -> tuple[str, str]:
    return f"{median(taken) * 1000:.1f} ms", f"{max(taken) * 1000:.1f} ms"


def timed(database: Database, rounds: int, work: Callable[[], Any]) -> Taken:
    """The median time of `work`, and the processor time of this process and of its server process meanwhile."""
    with database.read() as session:
        server = session.scalar(text("SELECT pg_backend_pid()"))
    walls, busy = [], []
    for _ in range(rounds):
        began, used = time.perf_counter(), time.process_time() + server_seconds(server)
        work()
        walls.append(time.perf_counter() - began)
        busy.append(time.process_time() + server_seconds(server) - used)
    return Taken(median(walls), median(busy))


def server_seconds(pid: Any) -> float:
    """Processor time of one server process so far; 0 where /proc does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, order=True)
class Taken:
    """Seconds on the clock, and of processors."""

    wall: float
    busy: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.busy:.2f})"


# --- facts -------------------------------------------------------------------------------------------------------


def one_fact(rng: random.Random) -> Fact:
    """What a conversation may come to: most of what a fact can hold is there, times over the whole range."""
    intent = f"intent {min(int(rng.expovariate(0.09)), 39)}"
    handed_off = rng.random() < 0.35
    classes = ["escalated"] if handed_off else ["confirmed", "likely", "unclear", "unresolved", "abandoned", "returned"]
    asked_again = rng.choice([0, 0, 0, 1, 2]) if handed_off else None
    return Fact(
        helpdesk="", account="bench", conversation="", episode=1, definitions=DEFINITIONS,
        channel=rng.choice(["email", "messaging", "web", "social"]), brand=rng.choice([None, "north", "south"]),
        inbox=rng.choice([None, "one", "two"]), bot=f"bot {rng.randrange(3)}",
        group=f"tier {rng.randrange(5)}" if handed_off else None, intent=intent, language=rng.choice(["en", "de"]),
        bot_took_part=True, handed_off=handed_off, agent_messages=rng.randrange(6) if handed_off else 0,
        helpful=rng.choice([0, 0, 1]), unhelpful=rng.choice([0, 0, 0, 1]),
        repeat=rng.choice(["not_returned", "returned"]), repeat_72h="not_returned", repeat_7d="not_returned",
        context=None if not handed_off else "repeated" if asked_again else "preserved", re_asks=asked_again,
        re_asked=("order number",) if asked_again else (), effort=rng.choice(["low", "medium", "high"]),
        effort_value=round(rng.uniform(1, 7), 2),
        escalation=rng.choice(["warranted", "avoidable", "missed", "not_needed"]),
        timing=rng.choice(["early", "on_time", "late"]), reason=rng.choice(["loop", "frustration", "customer_request"]),
        trigger=rng.choice(["bot", "customer", "rule"]) if handed_off else None,
        bot_turns_before=rng.randrange(1, 8) if handed_off else None,
        seconds_before=rng.lognormvariate(5, 1) if handed_off else None, containment=rng.choice(classes),
        containment_value=round(rng.random(), 3), claimed=rng.choice(["success", "failure", "none"]),
        relevance=rng.choice(["relevant", "mixed", "irrelevant"]),
        answers=tuple(f"text {rng.choice(['relevant', 'irrelevant'])}" for _ in range(rng.randrange(1, 5))),
        intent_read=intent, intent_reported=rng.choice([intent, intent, "intent 3"]),
        intent_corrected=rng.choice([None] * 9 + [intent, "intent 5"]),
        confidence=rng.choice(["high", "medium", "low"]),
        confidence_value=round(rng.random(), 4), confidence_source="reported",
        handoff="answered" if handed_off else None,
        handoff_seconds=rng.lognormvariate(9, 1.5) if handed_off else None,
        handoff_business=rng.lognormvariate(8, 1.5) if handed_off else None,
        first_reply=rng.lognormvariate(6, 1.5) if handed_off else None,
        first_reply_business=rng.lognormvariate(5, 1.5) if handed_off else None,
        direct_seconds=None if handed_off else rng.lognormvariate(8, 1.5), gap=rng.choice(["none", "none", "gap"]),
        gap_reason="no_answer", training=rng.choice(["fit", "unfit"]), training_reasons=("duplicate",),
        satisfaction=rng.choice([None, None, "satisfied", "dissatisfied"]),
        satisfaction_value=rng.choice([None, 1.0, 4.0, 5.0]),
    )  # fmt: skip


def fill(database: Database, url: str, made: list[Fact], rng: random.Random, most: int) -> None:
    """Load `most` facts with their conversations, and mark every day."""
    with database.begin() as session:
        names = {name for fact in made for name in ((m, b) for m, b, _ in facts.cells_of(fact))}
        numbers = numbered(session, names)
    packed = [facts.counts_of(fact, numbers).packed() for fact in made]
    placed = [
        (rng.randrange(len(made)), rng.choice(INSTALLATIONS), TODAY - timedelta(days=int(rng.random() * DAYS)))
        for _ in range(most)
    ]
    # One installation's day lies together, as it does where facts come in day by day.
    placed.sort(key=lambda place: place[2])
    plain = make_url(url).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(plain) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # Foreign keys hold by construction.
        columns = "id, installation_id, external_id, state, created_at, reread, news, wanted, attempts, "
        columns += "write_state, write_wanted, write_attempts"
        with cursor.copy(f"COPY conversation ({columns}) FROM STDIN") as copy:
            for number, (_, installation, _) in enumerate(placed):
                copy.write_row(
                    (f"c{number}", installation, str(number), "scored", NOW, False, False, 1, 0, "off", 0, 0)
                )
        columns = "conversation_id, definitions, episode, installation_id, day, "
        columns += ", ".join(f'"{column}"' for column in COLUMNS) + ", had_answer, fact, form, cells, large"
        with cursor.copy(f"COPY fact ({columns}) FROM STDIN") as copy:
            for values in fact_rows(made, packed, placed, lambda number, _: f"c{number}"):
                copy.write_row(values)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("ANALYZE")
    with database.begin() as session:
        facts.mark(session, every_day(), now=NOW)


def fact_rows(
    made: list[Fact], packed: list[Any], placed: list[Any], key_of: Callable[[int, str], str]
) -> Iterator[tuple[Any, ...]]:
    """A row for each place; `key_of` gives a conversation's id by its number and installation."""
    dimensions = [tuple(getattr(fact, column) for column in (*COLUMNS, "had_answer")) for fact in made]
    documents = [json.dumps(fact.to_json()) for fact in made]
    for number, (kind, installation, day) in enumerate(placed):
        key = key_of(number, installation)
        yield (key, DEFINITIONS, 1, installation, day, *dimensions[kind], documents[kind], FORM, *packed[kind])


def every_day() -> list[Day]:
    return [Day(name, DEFINITIONS, TODAY - timedelta(days=back)) for name in INSTALLATIONS for back in range(DAYS)]


# --- what is measured --------------------------------------------------------------------------------------------


def add_days_up(database: Database) -> list[float]:
    """Every day, one by one."""

    def one(day: Day) -> None:
        with database.read() as session:
            sums = rollups.add_up(session, day)
        assert sums is not None
        with database.begin() as session:
            assert rollups.keep(session, sums)

    return [timed(database, 1, partial(one, day)).wall for day in every_day()]


def add_weeks_up(database: Database) -> None:
    """Every week that is over, as the task does it after the days."""
    with database.read() as session:
        weeks = week_sums.waiting(session, until=TODAY)
    for week in weeks:
        with database.read() as session:
            sums = week_sums.add_up(session, week)
        if sums is not None:
            with database.begin() as session:
                week_sums.keep(session, sums)


def soil(database: Database) -> None:
    """Today and yesterday have facts that are not added up."""
    with database.begin() as session:
        facts.mark(session, [day for day in every_day() if day.day >= TODAY - timedelta(days=1)], now=NOW)


def ask(database: Database, rounds: int) -> tuple[Table, Table]:
    """The last 90 days by each dimension: all tallies by period; and each figure of every value for the whole time."""
    sums: Table = [("90 days of tallies", *(f"by {period.value}" for period in PERIODS))]
    shown: Table = [("90 days of figures", "median of the figures", "slowest", "which", "figures/s")]
    for dimension in (None, *DIMENSIONS):
        name = f"by {dimension}" if dimension else "all together"
        taken = [timed(database, rounds, partial(tallied, database, dimension, period)) for period in PERIODS]
        sums.append((name, *map(str, taken)))
        each = {f.name: timed(database, rounds, partial(computed, database, dimension, f)) for f in FIGURES}
        slowest = max(each, key=lambda figure: each[figure])
        rates = (
            len(each) / max(0.01, sum(getattr(taken, clock) for taken in each.values())) for clock in ("wall", "busy")
        )
        middle = sorted(each.values())[len(each) // 2]
        shown.append((name, str(middle), str(each[slowest]), slowest, "{:.1f} ({:.1f})".format(*rates)))
    return sums, shown


def computed(database: Database, dimension: str | None, figure: Figure) -> None:
    """One figure of each value."""
    for counted in tallied(database, dimension, Period.WHOLE):
        figure.compute(counted, Beside())


def tallied(database: Database, dimension: str | None, period: Period) -> list[Any]:
    since, until = TODAY - timedelta(days=ASKED - 1), TODAY + timedelta(days=1)
    with database.read() as session:
        return list(tallies(session, since=since, until=until, period=period, dimension=dimension).values())


def keep_some(database: Database, made: list[Fact], rng: random.Random, count: int = 500) -> list[float]:
    """Conversations that end today, each in a transaction of its own."""

    def one(number: int) -> None:
        with database.begin() as session:
            row = installations.get(session, "zendesk")
            assert row is not None
            key = conversations.announce(session, row, f"new {number}", at=NOW, now=NOW)
        fact = replace(rng.choice(made), helpdesk="zendesk", conversation=f"new {number}", day=TODAY.isoformat())
        began = time.perf_counter()
        with database.begin() as session:
            facts.save(session, [Judged(key, "zendesk", DEFINITIONS, [fact], TODAY)], now=NOW)
        taken.append(time.perf_counter() - began)

    taken: list[float] = []
    for number in range(count):
        one(number)
    return taken


def sizes(url: str) -> Table:
    plain = make_url(url).set(drivername="postgresql").render_as_string(False)
    table: Table = [("table", "rows", "size with indexes")]
    with psycopg.connect(plain, autocommit=True) as connection:
        for name in ("fact", "rollup", "week_sum", "cell", "dirty_day"):
            (count,) = connection.execute(f"SELECT count(*) FROM {name}").fetchone() or (0,)
            (size,) = connection.execute("SELECT pg_total_relation_size(%s)", [name]).fetchone() or (0,)
            table.append((name, f"{count:,}", f"{size / 1e6:,.0f} MB"))
    return table


def main() -> None:
    from bench import markdown, postgres  # noqa: PLC0415

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with postgres() as url:
        for table in figures(url, options.most, options.rounds):
            print(markdown(table), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
