"""Learn when two messages are about the same issue; writes service/language/weights/issue_projection.npz.

    python benchmarks/training/same_issue.py --data ../shared/data

Data: CLINC150 (intent_train.jsonl, CC BY 3.0) and BANKING77 (banking_train.jsonl, CC BY 4.0). Every text that also
stands in same_issue_dev.jsonl is dropped first. A 384 x 384 projection of centred sentence vectors is trained so that
messages of one intent lie closer together than those of neighbouring intents (supervised contrastive loss), held near
the identity, and averaged over runs. Printed: AUC on same_issue_dev with intents seen in training, and with none seen
(two folds by intent; a pair counts where both of its intents are in the fold left out; NatCS is never trained on). The
probability is fitted on the unseen cosines.
"""

from __future__ import annotations

import argparse
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.language.model import MiniLM
from service.language.similarity import WEIGHTS

Floats = NDArray[np.float64]
FOLDS = 2
INTENTS_A_GROUP, GROUPS, MESSAGES_AN_INTENT, NEIGHBOURS = 8, 4, 4, 15
TEMPERATURE, RATE = 0.1, 2e-3


@dataclass(frozen=True)
class Labelled:
    """Centred unit vectors with the intent of each; the corpus is the intent's first part ("bank:...")."""

    vectors: Floats
    intents: NDArray[np.str_]

    def only(self, kept: NDArray[np.bool_]) -> Labelled:
        """The rows that are kept."""
        return Labelled(self.vectors[kept], self.intents[kept])


def main() -> None:
    """Train, print the figures, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--pull", type=float, default=0.003, help="how strongly the projection is held to the identity")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--runs", type=int, default=6, help="projections averaged, each from another order of batches")
    options = parser.parse_args()
    dev = read(options.data / "same_issue_dev.jsonl")
    taken = {bare(row[side]) for row in dev for side in ("text_a", "text_b")}
    sources = {"clinc": "intent_train.jsonl", "bank": "banking_train.jsonl"}
    rows = [
        (f"{corpus}:{row['intent']}", row["text"])
        for corpus, name in sources.items()
        for row in read(options.data / name)
        if not row.get("oos") and bare(row["text"]) not in taken
    ]
    model = MiniLM()
    raw = model.vectors([text for _, text in rows]).astype(float)
    intents = np.array([intent for intent, _ in rows])
    mean = np.mean([raw[np.char.startswith(intents, corpus)].mean(0) for corpus in sources], axis=0)
    train = Labelled(unit(raw - mean), intents)
    left = model.vectors([row["text_a"] for row in dev]).astype(float) - mean
    right = model.vectors([row["text_b"] for row in dev]).astype(float) - mean
    print(f"{len(rows)} messages of {len(set(intents))} intents, {len(dev)} pairs to measure on")

    gold = np.array([row["same_issue"] for row in dev])
    origin = np.array([row["origin"] for row in dev])
    folds = np.array([pair_fold(row) for row in dev])
    report("centred only", gold, cosine(left, right), origin)
    whole = average(train, options)
    seen = cosine(left @ whole, right @ whole)
    report("projected, intents seen", gold, seen, origin)
    unseen = np.full(len(dev), np.nan)
    unseen[folds == FOLDS] = seen[folds == FOLDS]
    train_folds = np.array([intent_fold(intent.split(":", 1)[1]) for intent in train.intents])
    for fold in range(FOLDS):
        projection = average(train.only(train_folds != fold), options)
        here = folds == fold
        unseen[here] = cosine(left[here] @ projection, right[here] @ projection)
    known = ~np.isnan(unseen)
    report("centred only, same pairs", gold[known], cosine(left, right)[known], origin[known])
    report("projected, intents unseen", gold[known], unseen[known], origin[known])

    slope, intercept = logistic(unseen[known], gold[known])
    chance = 1 / (1 + np.exp(-(slope * unseen[known] + intercept)))
    print(f"probability = 1 / (1 + exp(-({slope:.3f} * cosine + {intercept:.3f})))")
    print(f"  expected calibration error {calibration(chance, gold[known]):.3f}")
    for cut in (0.5, 0.6, 0.7, 0.8, 0.9):
        said = chance >= cut
        print(f"  at {cut}: precision {gold[known][said].mean():.3f}, recall {said[gold[known] == 1].mean():.3f}")
    WEIGHTS.parent.mkdir(exist_ok=True)
    np.savez(
        WEIGHTS, mean=mean.astype(np.float32), projection=whole.astype(np.float16), slope=slope, intercept=intercept
    )
    print(f"wrote {WEIGHTS.name}, {WEIGHTS.stat().st_size // 1024} kB")


def average(train: Labelled, options: argparse.Namespace) -> Floats:
    """The mean of several projections: what they share transfers to intents that none has seen better than any one."""
    runs = [fit(train, steps=options.steps, pull=options.pull, seed=seed) for seed in range(options.runs)]
    mean: Floats = np.mean(runs, axis=0)
    return mean


def fit(train: Labelled, *, steps: int, pull: float, seed: int) -> Floats:
    """The projection (384 x 384): supervised contrastive loss over batches of neighbouring intents, Adam."""
    rng = np.random.default_rng(seed)
    names = sorted(set(train.intents))
    members = [np.flatnonzero(train.intents == name) for name in names]
    near = neighbours(train, names, members)
    projection = np.eye(train.vectors.shape[1])
    first, second = np.zeros_like(projection), np.zeros_like(projection)
    for step in range(1, steps + 1):
        chosen = [k for _ in range(GROUPS) for k in group(rng, near)]
        rows = np.concatenate([rng.choice(members[k], MESSAGES_AN_INTENT) for k in chosen])
        labels = np.repeat(chosen, MESSAGES_AN_INTENT)
        gradient = contrast(train.vectors[rows], labels, projection) + 2 * pull * (projection - np.eye(len(projection)))
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        projection -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return projection


def neighbours(train: Labelled, names: list[str], members: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """For each intent the nearest others of its corpus, nearest first."""
    centres = unit(np.stack([train.vectors[rows].mean(0) for rows in members]))
    likeness = centres @ centres.T
    corpus = np.array([name.split(":")[0] for name in names])
    likeness[corpus[:, None] != corpus[None, :]] = -9
    nearest: NDArray[np.int64] = np.argsort(-likeness, axis=1)[:, 1 : NEIGHBOURS + 1]
    return nearest


def group(rng: np.random.Generator, near: NDArray[np.int64]) -> list[int]:
    """One intent and some of its neighbours."""
    start = int(rng.integers(len(near)))
    return [start, *(int(k) for k in rng.choice(near[start], INTENTS_A_GROUP - 1, replace=False))]


def contrast(vectors: Floats, labels: NDArray[np.int64], projection: Floats) -> Floats:
    """The gradient of the supervised contrastive loss with respect to the projection."""
    projected = vectors @ projection
    lengths = np.linalg.norm(projected, axis=1, keepdims=True)
    units = projected / lengths
    logits = units @ units.T / TEMPERATURE
    np.fill_diagonal(logits, -1e9)
    chance = np.exp(logits - logits.max(1, keepdims=True))
    chance /= chance.sum(1, keepdims=True)
    same = (labels[:, None] == labels[None, :]).astype(float)
    np.fill_diagonal(same, 0)
    error = (chance - same / same.sum(1, keepdims=True)) / len(labels) / TEMPERATURE
    to_units = (error + error.T) @ units
    to_projected = (to_units - (to_units * units).sum(1, keepdims=True) * units) / lengths
    gradient: Floats = vectors.T @ to_projected
    return gradient


def logistic(x: Floats, y: NDArray[np.int64], rounds: int = 30) -> tuple[float, float]:
    """Slope and intercept of the least-loss logistic curve (Newton's method)."""
    design = np.stack([x, np.ones_like(x)], axis=1)
    weights = np.zeros(2)
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-design @ weights))
        weights += np.linalg.solve((design.T * (p * (1 - p))) @ design, design.T @ (y - p))
    return float(weights[0]), float(weights[1])


def calibration(chance: Floats, gold: NDArray[np.int64], bins: int = 10) -> float:
    """Expected calibration error over bins of equal width."""
    which = np.minimum((chance * bins).astype(int), bins - 1)
    gaps = [abs(chance[which == b].mean() - gold[which == b].mean()) * (which == b).mean() for b in set(which)]
    return float(sum(gaps))


def auc(gold: NDArray[np.int64], score: Floats) -> float:
    """Area under the ROC curve; ties count half."""
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    positives = int(gold.sum())
    return float((ranks[gold == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(gold) - positives)))


def report(name: str, gold: NDArray[np.int64], score: Floats, origin: NDArray[np.str_]) -> None:
    """One line: the AUC with its bootstrap interval, and by origin."""
    rng = np.random.default_rng(7)
    draws = [rng.integers(len(gold), size=len(gold)) for _ in range(400)]
    low, high = np.quantile([auc(gold[d], score[d]) for d in draws], [0.025, 0.975])
    parts = "  ".join(f"{o} {auc(gold[origin == o], score[origin == o]):.3f}" for o in sorted(set(origin)))
    print(f"{name:28s} n={len(gold)} AUC {auc(gold, score):.4f} [{low:.3f}, {high:.3f}]  {parts}")


def pair_fold(row: dict[str, str]) -> int:
    """The fold both intents are in; `FOLDS` when no training can see them; -1 when they are in different folds."""
    if row["origin"].startswith("natcs"):
        return FOLDS
    a, b = intent_fold(row["intent_a"]), intent_fold(row["intent_b"])
    return a if a == b else -1


def intent_fold(intent: str) -> int:
    """A fold that does not change from run to run."""
    return zlib.crc32(intent.encode()) % FOLDS


def cosine(a: Floats, b: Floats) -> Floats:
    """Row by row."""
    result: Floats = (unit(a) * unit(b)).sum(1)
    return result


def unit(rows: Floats) -> Floats:
    """Every row at length 1."""
    result: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return result


def bare(text: str) -> str:
    """A text without case, punctuation and spacing, to find the same one again."""
    return " ".join(re.sub(r"[^a-z0-9 ]", "", text.lower()).split())


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a JSON-lines file."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


if __name__ == "__main__":
    main()
