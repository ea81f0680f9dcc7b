"""Measures `answer_relevance`, `knowledge_gap` and `training_example` on labelled conversations of our own.

    python benchmarks/training/answers.py [FILE ...] [--errors]

Without FILE: `answers_dev.jsonl`, on which the rules were tuned after a first look; `answers_held_out.jsonl`, written
afterwards; then both parts of `answers_fresh.jsonl`: tuned on, and held out (other trades). A row holds a conversation
document and what a reader says of it: for every bot message after the customer's first whether it is a relevant answer,
an irrelevant one or none (null), the gap's reason (null: no gap), and whether a bot can be trained on it.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from service.document import from_document
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.scoring.score import History, Policy
from service.scoring.scorecard import score_conversation

SAMPLES = Path(__file__).parents[2] / "tests" / "samples"
NAMES = ("answers_dev.jsonl", "answers_held_out.jsonl", "answers_fresh.jsonl")
SURE = 0.7
"""Stated relevance from which, and up to whose complement, an answer counts as surely judged."""


def main() -> None:
    """Print precision and recall for each file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--errors", action="store_true")
    options = parser.parse_args()
    embedder = CachedEmbedder(MiniLM(), MemoryCache())
    for path in options.files or [SAMPLES / name for name in NAMES]:
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for part in dict.fromkeys(row.get("part", "") for row in rows):
            chosen = [row for row in rows if row.get("part", "") == part]
            measure(f"{path.name} {part}", chosen, embedder, errors=options.errors)


def measure(name: str, rows: Sequence[dict[str, Any]], embedder: CachedEmbedder, *, errors: bool) -> None:
    """Print the counts of one set, and with `errors` every fault."""
    counts: Counter[str] = Counter()
    stated: list[tuple[float, bool]] = []
    for row in rows:
        conversation = from_document(row["conversation"])
        scores = score_conversation(conversation, History(), Policy(), embedder)[-1].scores
        texts = {message.id: message.text for message in conversation.messages}
        wrong: list[str] = []
        for entry in scores["answer_relevance"].details["answers"]:
            gold = row["answers"][entry["message"]]
            wrong += judged(entry, gold, texts, counts)
            if gold is not None and entry["relevance"] is not None:
                stated.append((entry["relevance"], gold == "relevant"))
        gap = scores["knowledge_gap"].details.get("reason")
        wrong += told("gap", gap is not None, row["gap"] is not None, f"{gap} for {row['gap']}", counts)
        counts["gap reason right"] += gap is not None and gap == row["gap"]
        training = scores["training_example"]
        says = f"{training.verdict} {training.details['reasons']}"
        wrong += told("fit", training.verdict == "fit", row["training"] == "fit", says, counts)
        if errors and wrong:
            print(conversation.id, *wrong, sep="\n    ")
    summary(name, counts)
    honesty(stated)


def judged(entry: dict[str, object], gold: str | None, texts: dict[str, str], counts: Counter[str]) -> list[str]:
    """Counts one bot message; the fault in words, if it is one."""
    said = None if not entry["judged"] else "relevant" if float(str(entry["relevance"])) >= 0.5 else "irrelevant"
    counts[f"answer {gold} as {said}"] += 1
    counts[f"{entry['source']} {'right' if said == gold else 'wrong'}"] += said is not None
    if said == gold:
        return []
    return [
        f"{said} for {gold}: {entry['relevance']} {entry['source']} {entry['kind']}: {texts[str(entry['message'])]}"
    ]


def told(what: str, said: bool, gold: bool, detail: str, counts: Counter[str]) -> list[str]:
    counts[f"{what} {'true' if said == gold else 'false'} {'yes' if said else 'no'}"] += 1
    return [] if said == gold else [f"{what}: {detail}"]


def summary(name: str, counts: Counter[str]) -> None:
    kinds = ("relevant", "irrelevant", "None")
    table = {g: {s: counts[f"answer {g} as {s}"] for s in kinds} for g in kinds}
    right = sum(table[k][k] for k in kinds[:2])
    said = sum(table[g][k] for g in kinds for k in kinds[:2])
    answers = sum(table[k][s] for k in kinds[:2] for s in kinds)
    print(
        f"{name}: judged answers right {right}/{said}, not judged {sum(table[k]['None'] for k in kinds[:2])}/{answers}"
    )
    print(f"    {table}")
    print(f"    { {s: (counts[s + ' right'], counts[s + ' wrong']) for s in ('feedback', 'behaviour', 'text')} }")
    for what in ("gap", "fit"):
        yes, no = counts[f"{what} true yes"], counts[f"{what} false no"]
        claimed = yes + counts[f"{what} false yes"]
        print(f"    {what}: precision {yes}/{claimed}, recall {yes}/{yes + no}")
    print(f"    gap reason right {counts['gap reason right']}")


def honesty(stated: Sequence[tuple[float, bool]]) -> None:
    """How well the stated relevance ranks and how honest it is, over all answers a reader calls relevant or not."""
    chance, gold = np.array([p for p, _ in stated]), np.array([right for _, right in stated])
    bins = np.minimum((chance * 10).astype(int), 9)
    error = sum(abs((chance - gold)[bins == k].sum()) for k in range(10)) / len(gold)
    sure = np.maximum(chance, 1 - chance) >= SURE
    right = ((chance >= 0.5) == gold)[sure]
    print(
        f"    stated: AUC {roc_auc_score(gold, chance):.3f}, calibration error {error:.3f},"
        f" Brier {((chance - gold) ** 2).mean():.3f}, right where sure {right.sum()}/{len(right)} of {len(gold)}"
    )


if __name__ == "__main__":
    main()
