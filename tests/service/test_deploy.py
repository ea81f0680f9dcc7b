"""What lies in deploy/: dashboard and alerts name metrics and labels that there are; units and files name programs.

The queries are read by a PromQL parser; the metrics come from a scrape of a service that has counted everything once.
"""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import promql_parser
import pytest
import yaml
from flask import Flask
from prometheus_client import Counter, Histogram, Summary
from prometheus_client.parser import text_string_to_metric_families

from connectors.limiter import Limiter
from connectors.registry import connectors
from service.app import build
from service.settings import Settings
from service.store import installations, notices
from service.store.backfill_models import Backfill
from service.store.database import Database
from service.store.models import DeliveryState, State, WriteState
from service.store.operations import Standing
from service.store.secrets import SecretBox
from service.telemetry import metrics as definitions
from service.telemetry.board import Board
from service.telemetry.metrics import REGISTRY, Stage
from service.telemetry.sharing import Sharing
from service.web.parts import Parts
from tasks.celery_app import QUEUES
from tasks.runtime import utc_now

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PROCFILE = dict(re.findall(r"^(\w+): (.+)$", (ROOT / "Procfile").read_text(), re.MULTILINE))
WEBHOOKS = re.findall(r'return \d{3}, "(\w+)"', (ROOT / "service/web/webhooks.py").read_text())
WORDS: Mapping[str, frozenset[str]] = {
    "part": frozenset({"database", "broker"}),
    "program": frozenset({*QUEUES, "beat"}),
    "standing": frozenset(Standing),
    "stage": frozenset(Stage),
    "state": frozenset({*DeliveryState, *State, *WriteState}),
    "result": frozenset({*WEBHOOKS, "failed", "ping", "ignored"}),
}
"""The values of labels whose vocabulary is closed."""


def alerts() -> list[dict[str, Any]]:
    found = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())
    return [rule for group in found["groups"] for rule in group["rules"]]


def panels() -> list[tuple[str, str, str]]:
    """Title, query and legend of everything on the dashboard."""
    found = json.loads((DEPLOY / "grafana/deskmark.json").read_text())["panels"]
    return [(p["title"], t["expr"], t["legendFormat"]) for p in found for t in p.get("targets", [])]


@pytest.fixture(scope="module")
def known(
    sqlite_template: Path, valkey_server: Any, secret_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, frozenset[str]]]:
    """Every metric of a service in which everything has happened once, with its labels."""
    with valkey_server.client() as client:
        client.flushall()
    folder = tmp_path_factory.mktemp("scraped")
    shutil.copy(sqlite_template, folder / "deskmark.sqlite3")
    broker = f"redis://127.0.0.1:{valkey_server.port}/0"
    settings = Settings(secret_key=secret_key, session_key="s", data_dir=folder, redis_url=broker)
    database, box, board, limiter = Database(settings.database), SecretBox(secret_key), Board(broker), Limiter(broker)
    with database.begin() as session:
        new = installations.NewInstallation(
            connector="zendesk",
            account="a",
            base_url="https://a.zendesk.com",
            secrets=box.lock({}),
            prefix="dm__",
            id="i1",
        )
        installations.add(session, new, now=utc_now())
        notices.raised(session, notices.Kind.DEAD_WORK, "x", now=utc_now())
        day = timedelta(days=1)
        session.add(
            Backfill(
                installation_id="i1", since=utc_now() - day, until=utc_now(), share=50, counts={}, milliseconds=0,
                started_at=utc_now(), changed_at=utc_now(), ripe_until=utc_now() - day / 2,
            )
        )  # fmt: skip
    limiter.take("i1/api", "10/minute")
    board.here("score/score@here")
    for metric in vars(definitions).values():
        if isinstance(metric, Counter | Histogram | Summary):
            labelled = metric.labels(**dict.fromkeys(metric._labelnames, "x"))
            labelled.inc() if isinstance(metric, Counter) else labelled.observe(1)
    Sharing(board, REGISTRY).flush()
    parts = Parts(
        settings=settings, database=database, box=box, connectors=connectors(), queue=SimpleNamespace(),
        waiting=lambda: dict.fromkeys(QUEUES, 0), budgets=limiter.budgets, board=board,
    )  # type: ignore[arg-type]  # fmt: skip
    yield scraped(build(parts))
    database.close()


def scraped(app: Flask) -> dict[str, frozenset[str]]:
    text = app.test_client().get("/metrics").get_data(as_text=True)
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {sample.name: frozenset(sample.labels) for sample in samples}


def nodes(expression: Any) -> Iterator[Any]:
    """An expression and all within it."""
    yield expression
    for name in ("lhs", "rhs", "expr", "param", "vector_selector"):
        inner = getattr(expression, name, None)
        if inner is not None:
            yield from nodes(inner)
    for inner in getattr(expression, "args", None) or ():
        yield from nodes(inner)


def selectors(query: str) -> list[Any]:
    return [node for node in nodes(promql_parser.parse(query)) if hasattr(node, "matchers") and hasattr(node, "name")]


def grouped(query: str) -> set[str]:
    """The labels that a query's result has."""
    found: set[str] = set()
    for node in nodes(promql_parser.parse(query)):
        if type(node).__name__ == "AggregateExpr" and node.modifier is not None:
            found |= set(node.modifier.labels)
    return found


def faults(query: str, known: Mapping[str, frozenset[str]]) -> list[str]:
    """What a query names that there is not."""
    found = []
    labels: set[str] = set()
    for selector in selectors(query):
        if selector.name not in known:
            found.append(f"no metric {selector.name}")
            continue
        labels |= known[selector.name]
        for matcher in selector.matchers.matchers:
            if matcher.name not in known[selector.name]:
                found.append(f"{selector.name} has no label {matcher.name}")
            values = set(matcher.value.split("|"))
            if matcher.name in WORDS and not values <= WORDS[matcher.name]:
                found.append(f"{matcher.name} is never {values - WORDS[matcher.name]}")
    return [*found, *(f"nothing here has the label {label}" for label in grouped(query) - labels)]


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_every_alert_names_what_there_is_and_is_explained(alert: dict[str, Any], known: Any) -> None:
    assert selectors(alert["expr"])
    assert faults(alert["expr"], known) == []
    told = re.findall(r"\$labels\.(\w+)", alert["annotations"]["summary"])
    assert set(told) <= grouped(alert["expr"])
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert f"| `{alert['alert']}` |" in (ROOT / "docs/operations.md").read_text(), "docs/operations.md says what to do"


@pytest.mark.parametrize(("title", "query", "legend"), panels())
def test_every_panel_names_what_there_is(title: str, query: str, legend: str, known: Any) -> None:
    assert selectors(query), title
    assert faults(query, known) == []
    assert set(re.findall(r"{{(\w+)}}", legend)) <= grouped(query)


def test_everything_that_is_counted_is_on_the_dashboard(known: Any) -> None:
    used = {selector.name for _, query, _ in panels() for selector in selectors(query)}
    plain = {re.sub(r"_(bucket|sum|count)$", "", name) for name in known}
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in used}
    assert plain - shown <= {"deskmark_info"}


def test_a_fault_would_be_found(known: Any) -> None:
    assert faults("sum(rate(deskmark_nonsense_total[5m]))", known) == ["no metric deskmark_nonsense_total"]
    assert faults('deskmark_up{port="x"}', known) == ["deskmark_up has no label port"]
    assert faults('deskmark_up{part="x"}', known) == ["part is never {'x'}"]
    assert faults("sum by (queue) (deskmark_up)", known) == ["nothing here has the label queue"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool on the path")
def test_promtool_agrees() -> None:
    subprocess.run(["promtool", "check", "rules", str(DEPLOY / "prometheus/alerts.yml")], check=True)


def units() -> list[Path]:
    return sorted((DEPLOY / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", units(), ids=lambda unit: str(unit.name))
def test_units_start_what_the_procfile_starts(unit: Path) -> None:
    """The same program with the same arguments, whatever the paths and numbers."""
    read = configparser.RawConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(unit.read_text().replace("\\\n", " "))
    name = unit.stem.removeprefix("deskmark-").removesuffix("@")
    started = read["Service"]["ExecStart"].split("/bin/", 1)[1]

    def options(command: str) -> list[str]:
        plain = re.sub(r"\$\{(\w+)(:-\w+)?\}", r"\1", command.replace('"', "").replace("%%", "%"))
        return [word for word in plain.split() if not word.startswith(("/", "SCHEDULE", "TMPDIR"))]

    wanted = {"migrate": PROCFILE["release"]}.get(name, PROCFILE.get(name, ""))
    assert options(started)[:4] == options(wanted)[:4]
    for flag in ("--queues", "--pool"):
        assert (flag in started) == (flag in wanted)
    if "--queues" in wanted:
        assert re.findall(r"--queues (\S+)", started) == re.findall(r"--queues (\S+)", wanted)
        assert re.findall(r"--pool (\S+)", started) == re.findall(r"--pool (\S+)", wanted)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on the path")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    """With a program and a user of this machine in place of those of the documentation."""
    for path in (DEPLOY / "systemd").iterdir():
        text = path.read_text().replace("/opt/deskmark/.venv/bin/", "/bin/true ").replace("User=deskmark", "User=root")
        (tmp_path / path.name).write_text(text)
    names = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "deskmark" in line]
    assert ours == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on the path")
@pytest.mark.parametrize("unit", units(), ids=lambda unit: str(unit.name))
def test_units_may_do_no_more_than_they_need(unit: Path) -> None:
    """The exposure that systemd reckons: 10 is a unit without any restriction, 5 and more is called medium."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=50", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_the_compose_file_runs_every_program() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    commands = {name: " ".join(s["command"]) if isinstance(s.get("command"), list) else s.get("command", "")
                for name, s in compose["services"].items()}  # fmt: skip
    assert set(PROCFILE) <= set(commands) | {"release"}
    for name in ("ingest", "score", "writeback"):
        (queues,) = re.findall(r"--queues (\S+)", PROCFILE[name])
        assert f"--queues {queues}" in commands[name]
    assert commands["beat"]
    own = [service for service in compose["services"].values() if service["image"] == "deskmark"]
    assert all(each["cap_drop"] == ["ALL"] and each["security_opt"] == ["no-new-privileges:true"] for each in own)
    assert "deskmark migrate" in commands["migrate"]
