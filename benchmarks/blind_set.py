"""The project's own blind conversations: written and labelled by others than those who tune; measured, never read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from measuring import COMMAND, ROOT, Row, at_least, at_most, calibrated, lines, macro_f1, of, row

SETS = (("blind", ROOT / "tests" / "blind"), ("second blind", ROOT / "tests" / "blind_second"))
"""By different authors. The first was measured several times while scorers were built, knowing only its totals."""

Card = dict[str, Any]
Label = dict[str, Any]


def blind() -> Iterable[Row]:
    accusations: dict[str, list[tuple[bool, bool]]] = {"`avoidable`, conversations": [], "`repeated`, agent turns": []}
    for name, folder in SETS:
        labels = {line["id"]: line for line in lines(folder / "labels.jsonl")}
        conversations = folder / "conversations.jsonl"
        done = subprocess.run([COMMAND, "score", str(conversations)], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{name} set: {done.stderr}")
        cards = {card["id"]: card["scores"] for card in map(json.loads, done.stdout.splitlines())}
        yield from judged(name, labels, cards)
        yield from asked_again(name, lines(conversations), labels, cards)
        accusations["`avoidable`, conversations"] += avoidable(labels, cards)
        accusations["`repeated`, agent turns"] += repeated(lines(conversations), labels, cards)
        if "knowledge_gap" in next(iter(labels.values())):
            yield from served(name, labels, cards)

    for what, pairs in accusations.items():
        said, gold = [g for g, s in pairs if s], [s for g, s in pairs if g]
        p, r = sum(said) / max(len(said), 1), sum(gold) / max(len(gold), 1)
        yield row("both blind sets", f"precision of {what} ({len(pairs)})", p, of(p, len(said)), at_least(0.9))
        yield row("both blind sets", f"recall of {what}", r, of(r, len(gold)), None)


def avoidable(labels: dict[str, Label], cards: dict[str, Card]) -> list[tuple[bool, bool]]:
    """Of each conversation: is the escalation avoidable, and was it called so."""
    word = "avoidable"
    return [(x["escalation"]["verdict"] == word, cards[i]["escalation"]["verdict"] == word) for i, x in labels.items()]


def repeated(
    documents: list[dict[str, Any]], labels: dict[str, Label], cards: dict[str, Card]
) -> list[tuple[bool, bool]]:
    """Of each public agent message: does it ask again for what was given, and was it called so."""
    flagged = {(i, e["message"]) for i in labels for e in cards[i]["context_repeat"]["evidence"]}
    gold = {(i, q["message"]) for i, label in labels.items() for q in label["agent_questions"] if q["repeated"]}
    return [(turn in gold, turn in flagged) for turn in agent_turns(documents)]


def agent_turns(documents: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (d["id"], m["id"])
        for d in documents
        for m in d["messages"]
        if m["author"]["role"] == "agent" and not m.get("internal")
    ]


def judged(name: str, labels: dict[str, Label], cards: dict[str, Card]) -> Iterable[Row]:
    """Escalation with its timing, containment, and how much is left unclear."""
    verdicts = [(labels[i]["escalation"]["verdict"], cards[i]["escalation"]["verdict"]) for i in labels]
    value, per = macro_f1(verdicts)
    yield row(f"{name}: escalation", "verdict macro F1", value, len(verdicts), None)
    for label, f1 in per.items():
        yield row(f"{name}: escalation", f"F1, {label}", f1, sum(gold == label for gold, _ in verdicts), None)
    said = [gold for gold, verdict in verdicts if verdict == "avoidable"]
    share = said.count("avoidable") / len(said) if said else None
    wanted = sum(gold == "avoidable" for gold, _ in verdicts)
    yield row(f"{name}: escalation", "precision of `avoidable`", share, of(share or 0.0, len(said)))
    left = said.count("avoidable") / wanted
    yield row(f"{name}: escalation", "recall it leaves", left, of(left, wanted), None)
    timed = [(x["escalation"]["timing"], cards[i]["escalation"]["details"]["timing"]) for i, x in labels.items()]
    yield share_of(f"{name}: escalation", "timing right", [gold == said for gold, said in timed])
    classes = [(labels[i]["containment"], cards[i]["containment"]["verdict"]) for i in labels]
    yield row(f"{name}: containment", "macro F1", macro_f1(classes)[0], len(classes), None)
    yield share_of(f"{name}: containment", "right class", [gold == said for gold, said in classes])
    contained = [said for _, said in classes if said not in (None, "escalated", "human_only")]
    unclear = contained.count("unclear") / len(contained)
    yield row(f"{name}: containment", "share `unclear`", unclear, of(unclear, len(contained)), at_most(0.4))


def served(name: str, labels: dict[str, Label], cards: dict[str, Card]) -> Iterable[Row]:
    """The scores about what the bot knew, how soon a human came, and how content the customer was."""
    for score, positive in (("knowledge_gap", "gap"), ("training_example", "fit")):
        gold = {i for i, label in labels.items() if label[score]["verdict"] == positive}
        said = {i for i in labels if cards[i][score]["verdict"] == positive}
        hits = len(gold & said)
        p, r = hits / max(len(said), 1), hits / max(len(gold), 1)
        yield row(f"{name}: {score}", f"precision of `{positive}`", p, of(p, len(said)), None)
        yield row(f"{name}: {score}", f"recall of `{positive}`", r, of(r, len(gold)), None)
    yield from relevance(name, labels, cards)
    for score in ("handoff_time", "satisfaction", "repeat_contact"):
        same = [label[score] == cards[i][score]["verdict"] for i, label in labels.items()]
        yield share_of(f"{name}: {score}", "verdict right", same)
    useful = "effort_messages_until_useful"
    known = [i for i, label in labels.items() if label[useful] is not None]
    same = [labels[i][useful] == cards[i]["effort"]["details"]["messages_until_useful"] for i in known]
    yield share_of(f"{name}: effort", "messages until useful, exact", same)


def relevance(name: str, labels: dict[str, Label], cards: dict[str, Card]) -> Iterable[Row]:
    """Each answer that the author calls relevant or not, against the stated probability and the judgement."""
    told = {(i, a["message"]): a for i in labels for a in cards[i]["answer_relevance"]["details"]["answers"]}
    gold = {
        (i, a["message"]): a["relevant"] for i, x in labels.items() for a in x["answers"] if a["relevant"] is not None
    }
    pairs = [(int(right), told[key]["relevance"]) for key, right in gold.items() if key in told]
    pairs = [(right, p) for right, p in pairs if p is not None]
    sure = [(right, told[key]["relevance"]) for key, right in gold.items() if key in told and told[key]["judged"]]
    yield share_of(f"{name}: answer_relevance", "right where it is judged", [right == (p > 0.5) for right, p in sure])
    yield from calibrated(f"{name}: answer_relevance", pairs)


def share_of(task: str, figure: str, hits: list[bool]) -> Row:
    share = sum(hits) / len(hits) if hits else None
    return row(task, figure, share, of(share or 0.0, len(hits)), None)


def asked_again(
    name: str, documents: list[dict[str, Any]], labels: dict[str, Label], cards: dict[str, Card]
) -> Iterable[Row]:
    """Re-asks by kind, and the precision of an accusation over all agent turns."""
    flagged = {(i, e["message"]) for i in labels for e in cards[i]["context_repeat"]["evidence"]}
    asked = {(i, q["message"]): q for i, label in labels.items() for q in label["agent_questions"]}
    turns = agent_turns(documents)
    for kind in ("identifier", "error", "steps"):
        gold = {k for k, q in asked.items() if q["kind"] == kind and q["repeated"]}
        said = {k for k in flagged if k in asked and asked[k]["kind"] == kind}
        hits = len(gold & said)
        p, r = hits / max(len(said), 1), hits / max(len(gold), 1)
        yield row(f"{name}: re-asked", f"{kind} precision", p, of(p, len(said)), None)
        yield row(f"{name}: re-asked", f"{kind} recall", r, of(r, len(gold)), None)
    gold = {k for k, q in asked.items() if q["repeated"]}
    p = len(flagged & gold) / max(len(flagged), 1)
    r = len(flagged & gold) / max(len(gold), 1)
    yield row(f"{name}: re-asked", f"precision over all {len(turns)} agent turns", p, of(p, len(flagged)))
    yield row(f"{name}: re-asked", "recall, all kinds", r, of(r, len(gold)), None)
