"""The project's own blind conversations: written and labelled by others than those who tune; measured, never read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from measuring import COMMAND, ROOT, Row, at_least, lines, macro_f1, of, row

BLIND = ROOT / "tests" / "blind"


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
