"""Learn how sure a text is to address a question; writes the slopes in service/language/weights/answer_relevance.npz.

    python benchmarks/training/relevance_chance.py --data ../shared/data [--dry]

Run after `answer_relevance.py`, which makes the means and matrices and takes the slopes over as they are. A logistic
over `service.language.relevance.features`, from three sets that weigh by `WEIGHT`: `answer_relevance_dev.jsonl` (DSTC9
track 1, Apache-2.0), our own topics (wrong answers of the same trade) and `relevance_beside.txt` (wrong answers about
the same thing). Right and wrong pairs count the same within a set.

Printed: AUC of each set with a fifth left out (by pair, by trade, by question). The matrices have seen the first two.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.language.relevance import WEIGHTS, features

Pairs = list[tuple[str, str, int, int]]
"""Question, answer, whether it is relevant, and the group that is left out together."""

HERE = Path(__file__).parent
WEIGHT = {"public": 1.0, "topics": 1.0, "beside": 1.5}
SIZE, FOLDS, STRENGTH = 300, 5, 0.3
TOPIC_PAIRS = 400


def main() -> None:
    """Fit, print the figures, write the slopes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--dry", action="store_true", help="print only")
    options = parser.parse_args()
    sets = {"public": public(options.data), "topics": topics(), "beside": beside()}
    embedder = CachedEmbedder(MiniLM(), MemoryCache())
    rows = np.vstack([features([(q, a) for q, a, _, _ in pairs], embedder) for pairs in sets.values()])
    gold = np.array([pair[2] for pairs in sets.values() for pair in pairs])
    name = np.array([name for name, pairs in sets.items() for _ in pairs])
    fold = np.array([pair[3] % FOLDS for pairs in sets.values() for pair in pairs])
    weight = np.zeros(len(gold))
    for which, share in WEIGHT.items():
        for side in (0, 1):
            chosen = (name == which) & (gold == side)
            weight[chosen] = share * SIZE / 2 / chosen.sum()
    left_out = np.zeros(len(gold))
    for k in range(FOLDS):
        slopes, intercept = fit(rows[fold != k], gold[fold != k], weight[fold != k])
        left_out[fold == k] = rows[fold == k] @ slopes + intercept
    for which in sets:
        chosen = name == which
        print(f"{which}: AUC {roc_auc_score(gold[chosen], left_out[chosen]):.4f} (n {chosen.sum()})")
    slopes, intercept = fit(rows, gold, weight)
    print("slopes", slopes.round(3), "intercept", round(float(intercept), 3))
    if not options.dry:
        with np.load(WEIGHTS) as file:
            kept = {key: file[key] for key in file.files}
        np.savez_compressed(WEIGHTS, **{**kept, "slopes": slopes, "intercept": np.float64(intercept)})


def fit(
    rows: NDArray[np.float32], gold: NDArray[np.int_], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Slopes and intercept for the features as they are, learned on standardised ones."""
    centre, spread = rows.mean(0), rows.std(0)
    model = LogisticRegression(C=STRENGTH).fit((rows - centre) / spread, gold, sample_weight=weight)
    slopes = model.coef_[0] / spread
    return slopes, float(model.intercept_[0] - slopes @ centre)


def public(data: Path) -> Pairs:
    lines = (data / "answer_relevance_dev.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return [(row["question"], row["answer"], int(row["relevant"]), k) for k, row in enumerate(rows)]


def topics() -> Pairs:
    """Questions of our own topics with an answer of theirs and one of another topic of the trade."""
    rng = np.random.default_rng(0)
    trades: list[list[tuple[list[str], list[str]]]] = []
    for line in (HERE / "relevance_topics.txt").read_text().splitlines():
        if line.startswith("## "):
            trades.append([])
        elif line and not line.startswith("#"):
            asked, told = ([part.strip() for part in side.split("|")] for side in line.split("=>"))
            trades[-1].append((asked, told))
    pairs: Pairs = []
    for _ in range(TOPIC_PAIRS):
        k = int(rng.integers(len(trades)))
        right, wrong = rng.choice(len(trades[k]), size=2, replace=False)
        question = str(rng.choice(trades[k][right][0]))
        pairs += [(question, str(rng.choice(trades[k][i][1])), int(i == right), k) for i in (right, wrong)]
    return pairs


def beside() -> Pairs:
    """Questions of our own with answers to them and answers about the same thing that miss them."""
    pairs: Pairs = []
    for k, line in enumerate((HERE / "relevance_beside.txt").read_text().splitlines()):
        if line and not line.startswith("#"):
            question, right, wrong = (side.strip() for side in line.split("=>"))
            pairs += [
                (question, a.strip(), gold, k) for gold, side in ((1, right), (0, wrong)) for a in side.split("|")
            ]
    return pairs


if __name__ == "__main__":
    main()
