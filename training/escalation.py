"""Measures `escalation` on conversations of our own with labels; nothing is trained.

python training/escalation.py [tests/samples/escalation_dev.jsonl]
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from service.document import from_document
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.scoring.escalation import escalation
from service.scoring.score import Case, History, Policy

SAMPLES = Path(__file__).parents[1] / "tests" / "samples" / "escalation_dev.jsonl"


def f1(pairs: list[tuple[str | None, str | None]]) -> dict[str, float]:
    """F1 of each label that occurs, and their mean as `macro`."""
    scores: dict[str, float] = {}
    for label in sorted({str(g) for g, _ in pairs}):
        hit = sum(str(g) == label == str(p) for g, p in pairs)
        said, there = sum(str(p) == label for _, p in pairs), sum(str(g) == label for g, _ in pairs)
        scores[label] = 2 * hit / (said + there) if said + there else 0.0
    scores["macro"] = sum(scores.values()) / len(scores)
    return scores


def main() -> None:
    """Print every error, the confusion, and F1 of verdicts and timings."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    embedder = CachedEmbedder(MiniLM(), MemoryCache())
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
    print(Counter(verdicts))
    for name, pairs in (("verdict", verdicts), ("timing", timings)):
        print(name, {k: round(v, 3) for k, v in f1(pairs).items()})


if __name__ == "__main__":
    main()
