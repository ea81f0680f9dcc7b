"""How right the scores are: the public labelled conversations, and the project's own blind set.

    python benchmarks/quality.py [--write]

The public data and its measuring script are found under DESKMARK_SHARED (default ../shared) and are never copied; where
they are absent their rows are skipped with the reason. `--write` puts the table into docs/quality.md. The exit status
is 1 when a figure misses its aim.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("DESKMARK_SHARED", ROOT.parent / "shared"))
BLIND = ROOT / "tests" / "blind"
COMMAND = str(Path(sys.executable).parent / "deskmark")
BEGIN, END = "<!-- table: make quality -->", "<!-- end of table -->"


@dataclass(frozen=True)
class Row:
    """One figure: what was measured, on how many, against which aim (`None`: reported only)."""

    task: str
    figure: str
    value: float | None
    n: str
    aim: str = ""
    met: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        value = "-" if self.value is None else f"{self.value:.3f}"
        return (self.task, self.figure, value, self.n, self.aim, {True: "yes", False: "NO", None: ""}[self.met])


def at_least(aim: float) -> tuple[str, Callable[[float], bool]]:
    return f">= {aim}", lambda value: value >= aim


def at_most(aim: float) -> tuple[str, Callable[[float], bool]]:
    return f"<= {aim}", lambda value: value <= aim


def row(task: str, figure: str, value: float | None, n: object, aim: tuple[str, Callable[[float], bool]] | None) -> Row:
    if aim is None or value is None:
        return Row(task, figure, value, str(n), aim[0] if aim else "", None if aim is None else False)
    return Row(task, figure, value, str(n), aim[0], aim[1](value))


# --- the public data ---------------------------------------------------------------------------------------------


def evaluated(task: str, data: str) -> dict[str, Any]:
    script = SHARED / "evaluate" / "evaluate.py"
    done = subprocess.run(
        [sys.executable, str(script), task, str(SHARED / "data" / data), "--command", COMMAND, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{task}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def spread(interval: list[float], n: object) -> str:
    return f"{n} [{interval[0]:.3f}, {interval[1]:.3f}]"


def context(task: str, aims: tuple[float, float, float | None]) -> Iterable[Row]:
    got = evaluated(task, "context_repeat_dev.jsonl")
    n = got["f1_probes"]["n"]
    yield row(task, "probes F1", got["f1_probes"]["f1"], spread(got["f1_probes_interval"], n), at_least(aims[0]))
    yield row(task, "pair accuracy", got["pair_accuracy"], n // 2, at_least(aims[1]))
    confirms = at_most(aims[2]) if aims[2] is not None else None
    yield row(task, "confirm false positives", got["confirm_false_positives"], "-", confirms)
    turns = got["f1_all_agent_turns"]
    yield row(task, "precision over all agent turns", turns["precision"], turns["n"], None)
    yield row(task, "recall over all agent turns", turns["recall"], turns["positive"], None)


def public() -> Iterable[Row]:
    yield from context("context_repeat", (0.90, 0.82, 0.03))
    yield from context("context_repeat_masked", (0.82, 0.66, None))
    got = evaluated("same_issue", "same_issue_dev.jsonl")
    yield row("same_issue", "AUC", got["auc"], spread(got["auc_interval"], got["verdict"]["n"]), at_least(0.885))
    yield row("same_issue", "AUC against neighbouring intents", got["auc_hard"], "-", None)
    for origin, value in got["auc_by_origin"].items():
        yield row("same_issue", f"AUC, {origin}", value, "-", None)
    yield row("same_issue", "precision of `returned`", got["verdict"]["precision"], got["verdict"]["n"], None)
    got = evaluated("effort", "effort_resolution_dev.jsonl")
    yield row("effort", "exact", got["exact"], of(got["exact"], got["n"]), at_least(0.88))
    yield row("effort", "within 1", got["within_1"], of(got["within_1"], got["n"]), at_least(0.94))
    got = evaluated("resolution", "effort_resolution_dev.jsonl")
    n = got["by_class"]["none"]["n"]
    yield row("resolution (claimed)", "macro F1", got["macro_f1"], n, at_least(0.88))
    got = evaluated("tau", "tau_dev.jsonl")
    n = got["n_contained"]
    yield row("tau (truth)", "AUC resolved", got["auc_resolved"], spread(got["auc_interval"], n), at_least(0.60))
    yield row("tau (truth)", "false share of claimed", got["false_resolved_rate"], got["claimed"], at_most(0.60))
    yield row("tau (truth)", "called confirmed or likely", float(got["claimed"]), n, at_least(15))


# --- the blind set -----------------------------------------------------------------------------------------------


def of(share: float, n: int) -> str:
    low, high = wilson(round(share * n), n)
    return f"{n} [{low:.3f}, {high:.3f}]"


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson score interval of a share (Wilson 1927)."""
    if not n:
        return 0.0, 1.0
    p, d = hits / n, 1 + z * z / n
    middle, half = (p + z * z / (2 * n)) / d, z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    return max(0.0, middle - half), min(1.0, middle + half)


def macro_f1(pairs: list[tuple[object, object]]) -> tuple[float, dict[object, float]]:
    per = {}
    for label in sorted({gold for gold, _ in pairs}, key=str):
        hits = sum(g == label and s == label for g, s in pairs)
        per[label] = 2 * hits / (sum(g == label for g, _ in pairs) + sum(s == label for _, s in pairs))
    return sum(per.values()) / len(per), per


def blind() -> Iterable[Row]:
    labels = {line["id"]: line for line in lines(BLIND / "labels.jsonl")}
    documents = lines(BLIND / "conversations.jsonl")
    done = subprocess.run(
        [COMMAND, "score", str(BLIND / "conversations.jsonl")], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"blind set: {done.stderr}")
    cards = {card["id"]: card["scores"] for card in map(json.loads, done.stdout.splitlines())}
    verdicts = [(labels[i]["escalation"]["verdict"], cards[i]["escalation"]["verdict"]) for i in labels]
    value, per = macro_f1(verdicts)
    yield row("blind: escalation", "verdict macro F1", value, len(verdicts), None)
    for label, f1 in per.items():
        yield row("blind: escalation", f"F1, {label}", f1, sum(gold == label for gold, _ in verdicts), None)
    said = [gold for gold, verdict in verdicts if verdict == "avoidable"]
    share = said.count("avoidable") / len(said) if said else None
    yield row("blind: escalation", "precision of `avoidable`", share, of(share or 0.0, len(said)), None)
    timed = [(x["escalation"]["timing"], cards[i]["escalation"]["details"]["timing"]) for i, x in labels.items()]
    same = sum(gold == said for gold, said in timed)
    yield row("blind: escalation", "timing right", same / len(timed), of(same / len(timed), len(timed)), None)
    classes = [(labels[i]["containment"], cards[i]["containment"]["verdict"]) for i in labels]
    yield row("blind: containment", "macro F1", macro_f1(classes)[0], len(classes), None)
    yield from asked_again(documents, labels, cards)


def asked_again(documents: list[dict[str, Any]], labels: dict[str, Any], cards: dict[str, Any]) -> Iterable[Row]:
    """Re-asks by kind, and the precision of an accusation over all agent turns."""
    flagged = {(i, e["message"]) for i in labels for e in cards[i]["context_repeat"]["evidence"]}
    asked = {(i, q["message"]): q for i, label in labels.items() for q in label["agent_questions"]}
    turns = [
        (d["id"], m["id"])
        for d in documents
        for m in d["messages"]
        if m["author"]["role"] == "agent" and not m.get("internal")
    ]
    for kind in ("identifier", "error", "steps"):
        gold = {k for k, q in asked.items() if q["kind"] == kind and q["repeated"]}
        said = {k for k in flagged if k in asked and asked[k]["kind"] == kind}
        hits = len(gold & said)
        p, r = hits / max(len(said), 1), hits / max(len(gold), 1)
        yield row("blind: re-asked", f"{kind} precision", p, of(p, len(said)), at_least(0.9))
        yield row("blind: re-asked", f"{kind} recall", r, of(r, len(gold)), at_least(0.8))
    gold = {k for k, q in asked.items() if q["repeated"]}
    p = len(flagged & gold) / max(len(flagged), 1)
    r = len(flagged & gold) / max(len(gold), 1)
    yield row("blind: re-asked", f"precision over all {len(turns)} agent turns", p, of(p, len(flagged)), at_least(0.9))
    yield row("blind: re-asked", "recall, all kinds", r, of(r, len(gold)), None)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


# --- the table ---------------------------------------------------------------------------------------------------


def table(rows: list[Row]) -> str:
    head = ("task", "figure", "value", "n [95 %]", "aim", "met")
    text = [head, tuple("---" for _ in head), *(r.cells for r in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the table into docs/quality.md")
    parser.add_argument("--only", choices=("public", "blind"), help="measure one of the two")
    options = parser.parse_args()
    rows: list[Row] = []
    if options.only != "blind":
        if (SHARED / "data").is_dir():
            rows += public()
        else:
            print("public data: skipped, there is no data/ where DESKMARK_SHARED points", file=sys.stderr)
    if options.only != "public":
        rows += blind()
    print(table(rows))
    if options.write:
        page = ROOT / "docs" / "quality.md"
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        page.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}", encoding="utf-8")
    if any(r.met is False for r in rows):
        sys.exit("some figures miss their aim")


if __name__ == "__main__":
    main()
