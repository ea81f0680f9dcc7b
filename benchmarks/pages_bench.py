"""Every page over a million conversations on PostgreSQL: how long the server takes for each, median and p95.

    python benchmarks/pages_bench.py [--most 1000000] [--rounds 20] [--keep FOLDER] [--only PATTERN]

`make bench ARGS=pages` runs this too. `--keep`: the database is filled once and stays in this folder (of a short path),
for the next time; `--only`: pages whose address a regular expression finds. What is in it: pages_filling.py. The pages
come from the URL map (tests/support/every_page.py).
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "support"), str(Path(__file__).parent)]

import figures_bench  # noqa: E402
import psycopg  # noqa: E402
from every_page import pages  # noqa: E402
from pages_filling import fill, plain  # noqa: E402

from connectors.registry import connectors  # noqa: E402
from service.app import build  # noqa: E402
from service.settings import Settings  # noqa: E402
from service.store.database import Database, migrate  # noqa: E402
from service.store.secrets import SecretBox, new_key  # noqa: E402
from service.web.parts import Parts  # noqa: E402
from tasks.alone import Kept  # noqa: E402

ROUNDS = 20

OF_TODAY = "fact JOIN dirty_day USING (installation_id, definitions, day) ORDER BY random() LIMIT 1"
SCORED = f"""
    UPDATE fact SET cells = other.cells
    FROM (SELECT cells FROM {OF_TODAY}) AS other, (SELECT conversation_id FROM {OF_TODAY}) AS one
    WHERE fact.conversation_id = one.conversation_id
"""
"""A fact of a day that is not added up yet says something else."""

Table = list[tuple[str, ...]]


def pages_table(url: str, most: int, *, keep: Path | None = None, rounds: int = ROUNDS, only: str = "") -> list[Table]:
    """Fill the database at `url`, unless the folder `keep` says that it was, and measure every page."""
    filled = keep / "filled.json" if keep else None
    if filled is not None and filled.exists():
        migrate(url)
        known = json.loads(filled.read_text())
    else:
        key = new_key()
        known = {"key": key, "given": fill(url, most, SecretBox(key))}
        if filled is not None:
            filled.write_text(json.dumps(known))
    database = Database(url)
    figures_bench.add_weeks_up(database)
    database.close()
    return measure(url, known["key"], known["given"], rounds=rounds, only=only)


def application(url: str, key: str) -> Any:
    """The web application over the database, for a visitor who may see everything; nothing is announced."""
    settings = Settings(secret_key=key, session_key="s" * 40, database_url=url, demo=True, public_url="",
                        price_human_conversation=4, price_bot_conversation=1)  # type: ignore[arg-type]  # fmt: skip
    parts = Parts(settings=settings, database=Database(settings.database), box=SecretBox(key), connectors=connectors(),
                  queue=Kept(), waiting=lambda: {"ingest": 0, "score": 0, "writeback": 0},
                  now=lambda: figures_bench.NOW)  # fmt: skip
    return build(parts)


def measure(url: str, key: str, given: dict[str, str], *, rounds: int, only: str = "") -> list[Table]:
    """Server time of every page in milliseconds, after one visit that warms caches up; before each of the others a
    conversation of today is scored anew, as on a busy day."""
    app = application(url, key)
    gc.collect()
    gc.freeze()  # As the web processes do, see service/web/gunicorn.py.
    client = app.test_client()
    table: Table = [("page", "median ms", "p95 ms", "processor ms", "kB")]
    for page in pages(app, given, queries=True):
        if not re.search(only, page.path):
            continue
        first = client.get(page.path)
        if first.status_code != 200:
            table.append((f"`{page.path}`", f"answers {first.status_code}", "", "", ""))
            continue
        walls, busy = [], []
        with psycopg.connect(plain(url), autocommit=True) as connection:
            backends = _backends(connection)
            for _ in range(rounds):
                connection.execute(SCORED)
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
    parser.add_argument("--keep", type=Path, help="where the database is, or is to be")
    parser.add_argument("--only", default="", help="measure these pages only")
    options = parser.parse_args()
    with postgres(options.keep) as url:
        for table in pages_table(url, options.most, keep=options.keep, rounds=options.rounds, only=options.only):
            print(markdown(table), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
