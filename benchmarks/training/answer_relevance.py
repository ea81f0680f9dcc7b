"""Learn which answers address which questions; writes service/language/weights/answer_relevance.npz.

    python benchmarks/training/answer_relevance.py --data ../shared/data [--dry]

Data: the questions and answers of `answer_relevance_dev.jsonl` (DSTC9 track 1, Apache-2.0) and our own topics beside
this file. Names are taken out (`service.language.shared_names`), then two 384 x 384 matrices, one for questions and one
for answers, are trained so that a question lies nearest to its own answers among those of its trade, held near the
identity and averaged over runs. The probability printed here is logistic in two cosines, with and without the
matrices; run `relevance_chance.py` afterwards, which learns the one that is shipped.

Printed: AUC with topics left out (five folds of clustered topics), with a domain left out, and on our own topics with
their trade left out; then calibration of the topic-wise probabilities. Nothing that is printed was trained on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import AgglomerativeClustering
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from service.language.model import MiniLM
from service.language.relevance import WEIGHTS
from service.language.shared_names import without_names

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
TOPICS = Path(__file__).parent / "relevance_topics.txt"
FOLDS, RUNS, STEPS, BATCH = 5, 4, 250, 48
SCALE, PULL, RATE = 10.0, 0.01, 1e-3
TOPIC_DISTANCE = 0.6


@dataclass(frozen=True)
class Topic:
    """Vectors of the questions and of the answers of one topic."""

    trade: str
    questions: Floats
    answers: Floats


@dataclass(frozen=True)
class Pairs:
    """Labelled pairs: vectors row by row, whether the answer addresses the question, and the topics of both sides."""

    questions: Floats
    answers: Floats
    gold: NDArray[np.int_]
    hard: Flags
    domain: NDArray[np.str_]
    question_topic: NDArray[np.int_]
    answer_topic: NDArray[np.int_]

    def topics(self, kept: Flags) -> list[Topic]:
        """The relevant pairs that are kept, as topics."""
        found: dict[tuple[str, int], list[int]] = {}
        for i in np.flatnonzero(kept & (self.gold == 1)):
            found.setdefault((self.domain[i], self.question_topic[i]), []).append(i)
        return [Topic(trade, self.questions[i], self.answers[i]) for (trade, _), i in found.items()]


@dataclass(frozen=True)
class Fitted:
    """Means and matrices; `scores` gives the two cosines of each row."""

    question_mean: Floats
    answer_mean: Floats
    question_matrix: Floats
    answer_matrix: Floats

    def scores(self, questions: Floats, answers: Floats) -> Floats:
        q, a = questions - self.question_mean, answers - self.answer_mean
        return np.column_stack([cosines(q, a), cosines(q @ self.question_matrix, a @ self.answer_matrix)])


def main() -> None:
    """Train, print the figures, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--dry", action="store_true", help="print only")
    options = parser.parse_args()
    model = MiniLM()
    pairs, own = read_pairs(options.data / "answer_relevance_dev.jsonl", model), read_topics(model)
    print(f"{len(pairs.gold)} pairs of {len(set(pairs.question_topic))} topics, {len(own)} topics of our own")
    left_out = np.zeros((len(pairs.gold), 2))
    order = np.random.default_rng(0).permutation(np.unique(pairs.question_topic))
    for fold in range(FOLDS):
        held = np.isin(pairs.question_topic, order[fold::FOLDS])
        train = ~held & ~np.isin(pairs.answer_topic, order[fold::FOLDS])
        left_out[held] = fit(pairs.topics(train), own).scores(pairs.questions, pairs.answers)[held]
    report("topics left out", pairs, left_out)
    by_domain = np.zeros_like(left_out)
    for domain in ("hotel", "restaurant"):
        held = pairs.domain == domain if domain == "hotel" else pairs.domain != "hotel"
        by_domain[held] = fit(pairs.topics(~held), own).scores(pairs.questions, pairs.answers)[held]
    report("domain left out", pairs, by_domain)
    none = fit([], own)
    report("our own topics only", pairs, none.scores(pairs.questions, pairs.answers))
    mine, gold = left_out_trades(pairs, own)
    for name, column in (("cosine", 0), ("matrices", 1)):
        print(f"our own topics, trade left out, {name}: AUC {roc_auc_score(gold, mine[:, column]):.4f} (n {len(gold)})")
    chance = LogisticRegression(C=100).fit(
        np.vstack([left_out, mine]), np.r_[pairs.gold, gold], sample_weight=np.r_[even(pairs.gold), even(gold)]
    )
    for name, rows, truth in (("public", left_out, pairs.gold), ("our own", mine, gold)):
        calibration(name, chance.predict_proba(rows)[:, 1], truth)
    print(f"public, probability: AUC {roc_auc_score(pairs.gold, chance.decision_function(left_out)):.4f}")
    whole = fit(pairs.topics(np.ones(len(pairs.gold), dtype=bool)), own)
    if not options.dry:
        write(whole)


def read_pairs(path: Path, model: MiniLM) -> Pairs:
    """The labelled pairs; topics by clustering questions and their relevant answers, which have no names any more."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    bare = [without_names(row["question"], row["answer"]) for row in rows]
    questions = model.vectors([q for q, _ in bare]).astype(float)
    answers = model.vectors([a for _, a in bare]).astype(float)
    gold = np.array([row["relevant"] for row in rows])
    known = np.flatnonzero(gold == 1)
    centred = unit(questions - questions.mean(0)), unit(answers - answers.mean(0))
    both = unit(centred[0][known] + centred[1][known])
    clusters = AgglomerativeClustering(
        n_clusters=None, distance_threshold=TOPIC_DISTANCE, metric="cosine", linkage="average"
    ).fit(both)
    centres = unit(np.stack([both[clusters.labels_ == k].mean(0) for k in range(clusters.n_clusters_)]))
    return Pairs(
        questions,
        answers,
        gold,
        np.array([bool(row["relevant"]) or "same" in row["kind"] for row in rows]),
        np.array([row["domain"] for row in rows]),
        (centred[0] @ centres.T).argmax(1),
        (centred[1] @ centres.T).argmax(1),
    )


def read_topics(model: MiniLM) -> list[Topic]:
    """Our own topics."""
    topics, trade = [], ""
    for line in TOPICS.read_text().splitlines():
        if line.startswith("## "):
            trade = line[3:].strip()
        elif line and not line.startswith("#"):
            asked, told = ([part.strip() for part in side.split("|")] for side in line.split("=>"))
            topics.append(Topic(trade, model.vectors(asked).astype(float), model.vectors(told).astype(float)))
    return topics


def fit(public: Sequence[Topic], own: Sequence[Topic]) -> Fitted:
    """Means (public and own ones count the same) and the matrices, averaged over runs."""
    sets = [topics for topics in (public, own) if topics]
    question_mean = np.mean([np.vstack([t.questions for t in topics]).mean(0) for topics in sets], axis=0)
    answer_mean = np.mean([np.vstack([t.answers for t in topics]).mean(0) for topics in sets], axis=0)
    trades: dict[str, list[Topic]] = {}
    for topic in (*public, *own):
        centred = Topic(topic.trade, topic.questions - question_mean, topic.answers - answer_mean)
        trades.setdefault(topic.trade, []).append(centred)
    runs = [train([group for group in trades.values() if len(group) > 2], seed) for seed in range(RUNS)]
    return Fitted(question_mean, answer_mean, *np.mean(runs, axis=0))


def train(trades: Sequence[Sequence[Topic]], seed: int) -> Floats:
    """Both matrices (2 x 384 x 384): softmax both ways over a batch of two trades, pulled to the identity; Adam."""
    rng = np.random.default_rng(seed)
    size = trades[0][0].questions.shape[1]
    matrices = np.stack([np.eye(size)] * 2)
    first, second = np.zeros_like(matrices), np.zeros_like(matrices)
    odds = np.array([len(group) for group in trades], dtype=float)
    for step in range(1, STEPS + 1):
        asked, told = [], []
        for k in rng.choice(len(trades), size=min(2, len(trades)), replace=False, p=odds / odds.sum()):
            for place in rng.permutation(len(trades[k]))[: BATCH // 2]:
                topic = trades[k][place]
                asked.append(topic.questions[rng.integers(len(topic.questions))])
                told.append(topic.answers[rng.integers(len(topic.answers))])
        slope = gradient(matrices, np.stack(asked), np.stack(told)) + 2 * PULL * (matrices - np.eye(size))
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        matrices -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return matrices


def gradient(matrices: Floats, asked: Floats, told: Floats) -> Floats:
    """Of the loss: row i of `asked` belongs to row i of `told` and to no other."""
    left, right = asked @ matrices[0], told @ matrices[1]
    sizes = np.linalg.norm(left, axis=1, keepdims=True), np.linalg.norm(right, axis=1, keepdims=True)
    u, v = left / sizes[0], right / sizes[1]
    logits = SCALE * u @ v.T
    rows = np.exp(logits - logits.max(1, keepdims=True))
    columns = np.exp(logits - logits.max(0, keepdims=True))
    error = rows / rows.sum(1, keepdims=True) + columns / columns.sum(0, keepdims=True) - 2 * np.eye(len(u))
    error *= SCALE / len(u)
    du, dv = error @ v, error.T @ u
    du = (du - (du * u).sum(1, keepdims=True) * u) / sizes[0]
    dv = (dv - (dv * v).sum(1, keepdims=True) * v) / sizes[1]
    return np.stack([asked.T @ du, told.T @ dv])


def left_out_trades(pairs: Pairs, own: Sequence[Topic]) -> tuple[Floats, NDArray[np.int_]]:
    """Scores and truth of our own pairs, each by a fit without its trade; wrong answers are of the same trade."""
    trades = sorted({topic.trade for topic in own})
    rows, truth = [], []
    public = pairs.topics(np.ones(len(pairs.gold), dtype=bool))
    for fold in range(4):
        held = trades[fold::4]
        fitted = fit(public, [topic for topic in own if topic.trade not in held])
        for topic in (topic for topic in own if topic.trade in held):
            beside = [other for other in own if other.trade == topic.trade and other is not topic]
            answers = [*topic.answers, *(other.answers[0] for other in beside)]
            for question in topic.questions:
                rows.append(fitted.scores(np.tile(question, (len(answers), 1)), np.stack(answers)))
                truth.append(np.arange(len(answers)) < len(topic.answers))
    return np.vstack(rows), np.concatenate(truth).astype(int)


def unit(rows: Floats) -> Floats:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def cosines(left: Floats, right: Floats) -> Floats:
    return (unit(left) * unit(right)).sum(1)


def even(gold: NDArray[np.int_]) -> Floats:
    """Weights by which right and wrong pairs count the same, and each set as much as another."""
    return np.where(gold == 1, 0.5 / (gold == 1).sum(), 0.5 / (gold == 0).sum()) * 1000


def report(name: str, pairs: Pairs, scores: Floats) -> None:
    for column, what in enumerate(("cosine", "matrices")):
        values = scores[:, column]
        everywhere, same = roc_auc_score(pairs.gold, values), roc_auc_score(pairs.gold[pairs.hard], values[pairs.hard])
        print(f"{name}, {what}: AUC {everywhere:.4f}, same entity {same:.4f} (n {len(values)})")


def calibration(name: str, chance: Floats, gold: NDArray[np.int_]) -> None:
    """Expected calibration error (ten bins) and Brier score, right and wrong pairs counting the same."""
    weights = even(gold) / 1000
    bins = np.minimum((chance * 10).astype(int), 9)
    error = sum(abs((weights * (chance - gold))[bins == k].sum()) for k in range(10))
    print(f"{name}: ECE {error:.3f}, Brier {(weights * (chance - gold) ** 2).sum():.3f} (n {len(gold)})")


def write(fitted: Fitted) -> None:
    """Means and matrices; the slopes stay as they are until `relevance_chance.py` learns them anew."""
    with np.load(WEIGHTS) as file:
        slopes, intercept = file["slopes"], file["intercept"]
    np.savez_compressed(
        WEIGHTS,
        question_mean=fitted.question_mean.astype(np.float16),
        answer_mean=fitted.answer_mean.astype(np.float16),
        question_matrix=(fitted.question_matrix - np.eye(len(fitted.question_matrix))).astype(np.float16),
        answer_matrix=(fitted.answer_matrix - np.eye(len(fitted.answer_matrix))).astype(np.float16),
        slopes=slopes,
        intercept=intercept,
    )
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
