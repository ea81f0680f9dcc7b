"""Trains the reader of bot messages (`service/language/acts.py`) and writes its weights.

    python benchmarks/training/acts.py --data ../shared/data

Data: the Schema-Guided Dialogue training part with its dialogue acts (CC BY-SA 4.0; so are the weights made from it)
and our own support turns beside this script. Prints cross-validation by service on the dialogues, by support domain on
our own turns, and the figures on our own held-out turns, which are never trained on.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from service.language import acts, shapes

HERE = Path(__file__).parent
FOLDS = 6
C = 0.5
MIN_DOCUMENTS = 5
MAX_GRAMS = 8000
OWN_WEIGHT = 8.0
POSITIVE = 4.0
"""Our own turns are rich in rare acts, but still too few to hold against the dialogues' sheer number of negatives."""
USEFUL = {"OFFER", "INFORM", "INFORM_COUNT", "NOTIFY_SUCCESS"}
ASKS = {"REQUEST", "CONFIRM"}

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Turn:
    """One bot turn with what stood before it and its labels, one 0/1 for each of `acts.LABELS`."""

    text: str
    previous_bot: str
    previous_customer: str
    labels: tuple[int, ...]
    group: str
    own: bool


@dataclass(frozen=True)
class Fitted:
    """Everything the reader needs: see `acts._Model`."""

    grams: NDArray[np.uint32]
    idf: NDArray[np.float32]
    words: NDArray[np.float32]
    shapes: NDArray[np.float32]
    intercepts: NDArray[np.float32]

    def probabilities(self, turns: Sequence[Turn]) -> NDArray[np.float64]:
        """One row for each turn, one column for each label."""
        words, forms = features(turns, self.grams, self.idf)
        logits = words @ self.words + forms @ self.shapes + self.intercepts
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))))

    def save(self, path: Path) -> None:
        """The weights file; n-grams as hashes only."""
        half = np.float16
        np.savez_compressed(
            path,
            grams=self.grams,
            idf=self.idf.astype(half),
            words=self.words.astype(half),
            shapes=self.shapes.astype(half),
            intercepts=self.intercepts.astype(np.float32),
        )


def read(path: Path, label: Callable[[dict[str, Any]], tuple[int, ...]], *, own: bool) -> list[list[Turn]]:
    """The bot turns of each conversation of a file."""
    conversations = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        group = row["domain"] if own else row["services"][0]
        turns: list[Turn] = []
        bot = customer = acts.NOTHING
        for turn in row["turns"]:
            if turn["role"] == "bot":
                turns.append(Turn(turn["text"], bot, customer, label(turn), group, own))
                bot = turn["text"]
            elif turn["role"] == "customer":
                customer = turn["text"]
        conversations.append(turns)
    return conversations


def public_labels(turn: dict[str, Any]) -> tuple[int, ...]:
    """Labels from dialogue acts; that set's bots always have an answer."""
    done = set(turn["acts"])
    return (
        int(bool(done & USEFUL)),
        int("NOTIFY_SUCCESS" in done),
        int("NOTIFY_FAILURE" in done),
        0,
        int(bool(done & ASKS)),
    )


def own_labels(turn: dict[str, Any]) -> tuple[int, ...]:
    """Our own turns carry the names of the labels themselves."""
    unknown = set(turn["acts"]) - set(acts.LABELS)
    if unknown:
        raise SystemExit(f"unknown labels {unknown} in: {turn['text']}")
    return tuple(int(label in turn["acts"]) for label in acts.LABELS)


def features(
    turns: Sequence[Turn], grams: NDArray[np.uint32], idf: NDArray[np.float32]
) -> tuple[sparse.csr_matrix, NDArray[np.float32]]:
    """The very features of the reader: n-gram weights (sparse) and shapes of the turn and the two before it."""
    columns, values, starts = [], [], [0]
    for turn in turns:
        where, weights = acts.word_weights(turn.text, grams, idf)
        columns.append(where)
        values.append(weights)
        starts.append(starts[-1] + len(where))
    words = sparse.csr_matrix(
        (np.concatenate(values), np.concatenate(columns), starts), shape=(len(turns), len(grams)), dtype=np.float32
    )
    forms = np.array(
        [shapes.shape(t.text) + shapes.shape(t.previous_bot) + shapes.shape(t.previous_customer) for t in turns],
        dtype=np.float32,
    )
    return words, forms


def fit(turns: Sequence[Turn], own_weight: float = OWN_WEIGHT) -> Fitted:
    """Vocabulary, idf and the five regressions."""
    seen: Counter[int] = Counter()
    times: Counter[int] = Counter()
    for turn in turns:
        counts = acts.gram_counts(turn.text)
        # Our own turns are few; without this their wording would never reach the vocabulary's minimum.
        seen.update(dict.fromkeys(counts, 2 if turn.own else 1))
        times.update(counts)
    common = sorted((g for g, n in seen.items() if n >= MIN_DOCUMENTS), key=lambda g: (-times[g], g))[:MAX_GRAMS]
    grams = np.array(sorted(common), dtype=np.uint32)
    total = len(turns)
    idf = np.array([np.log((1 + total) / (1 + seen[int(g)])) + 1 for g in grams], dtype=np.float32)
    words, forms = features(turns, grams, idf)
    matrix = sparse.hstack([words, sparse.csr_matrix(forms)]).tocsr()
    labels = np.array([turn.labels for turn in turns])
    own = np.array([turn.own for turn in turns])
    coefficients, intercepts = [], []
    for column in range(len(acts.LABELS)):
        positive = labels[:, column] == 1
        weights = np.where(own, np.where(positive, own_weight * POSITIVE, own_weight), 1.0)
        model = LogisticRegression(C=C, solver="liblinear")
        model.fit(matrix, positive, sample_weight=weights)
        coefficients.append(model.coef_[0])
        intercepts.append(model.intercept_[0])
    table = np.array(coefficients, dtype=np.float32).T
    return Fitted(grams, idf, table[: len(grams)], table[len(grams) :], np.array(intercepts, dtype=np.float32))


def fold_of(group: str) -> int:
    """A fold by the name of the service or domain, the same on every machine."""
    return zlib.crc32(group.encode()) % FOLDS


def flat(conversations: Sequence[Sequence[Turn]]) -> list[Turn]:
    """All turns of all conversations."""
    return [turn for turns in conversations for turn in turns]


def report(name: str, turns: Sequence[Turn], probabilities: NDArray[np.float64]) -> None:
    """Per label: positives, AUC, precision, recall and F1 at one half."""
    gold = np.array([turn.labels for turn in turns])
    print(f"{name}: {len(turns)} bot turns")
    for column, label in enumerate(acts.LABELS):
        truth, said = gold[:, column] == 1, probabilities[:, column] >= 0.5
        if not truth.any() or truth.all():
            continue
        hits = float((truth & said).sum())
        precision, recall = hits / max(said.sum(), 1), hits / truth.sum()
        area = roc_auc_score(truth, probabilities[:, column])
        harmonic = 2 * precision * recall / max(precision + recall, 1e-9)
        print(f"  {label:<10} n+={truth.sum():<6} AUC {area:.3f}  P {precision:.3f}  R {recall:.3f}  F1 {harmonic:.3f}")


def claim_report(conversations: Sequence[Sequence[Turn]], by_turn: dict[int, NDArray[np.float64]]) -> None:
    """Conversation figures as they are measured later: first useful turn (exact) and last claim (macro F1)."""
    exact = 0
    pairs: list[tuple[str, str]] = []
    for turns in conversations:
        rows = [by_turn[id(turn)] for turn in turns]
        exact += first_useful([row[0] for row in rows]) == next((i for i, t in enumerate(turns) if t.labels[0]), None)
        gold = next(
            ("success" if t.labels[1] else "failure" for t in reversed(turns) if t.labels[1] or t.labels[2]), "none"
        )
        pairs.append((gold, acts.last_claim([(row[1], row[2]) for row in rows]).verdict))
    scores = []
    for name in ("success", "failure", "none"):
        hits = sum(g == s == name for g, s in pairs)
        scores.append(2 * hits / max(sum(g == name for g, _ in pairs) + sum(s == name for _, s in pairs), 1))
    shown = "  ".join(f"{score:.3f}" for score in scores)
    print(f"  first useful turn exact {exact / len(conversations):.4f}, claim macro F1 {sum(scores) / 3:.4f} ({shown})")


def first_useful(useful: Sequence[float]) -> int | None:
    """Index of the turn most likely to be the first useful one."""
    return acts.first_of(useful, list(range(len(useful))))


def cross_validate(public: Sequence[Sequence[Turn]], own: Sequence[Sequence[Turn]]) -> None:
    """Each fold's services and domains are scored by a model that saw none of them."""
    by_turn: dict[int, NDArray[np.float64]] = {}
    everything = [*public, *own]
    for fold in range(FOLDS):
        inside = [c for c in everything if c and fold_of(c[0].group) == fold]
        outside = [c for c in everything if c and fold_of(c[0].group) != fold]
        if not inside:
            continue
        turns = flat(inside)
        for turn, row in zip(turns, fit(flat(outside)).probabilities(turns), strict=True):
            by_turn[id(turn)] = row
    for name, conversations in (("cross-validated by service, public", public), ("by domain, own", own)):
        turns = flat(conversations)
        if turns:
            report(name, turns, np.array([by_turn[id(turn)] for turn in turns]))
            claim_report([c for c in conversations if c], by_turn)


def main() -> None:
    """Train, report, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with acts_train.jsonl")
    parser.add_argument("--no-cv", action="store_true", help="only train, check on the held-out turns and write")
    options = parser.parse_args()
    public = read(options.data / "acts_train.jsonl", public_labels, own=False)
    own = read(HERE / "acts_own_train.jsonl", own_labels, own=True)
    held_out = read(HERE / "acts_own_held_out.jsonl", own_labels, own=True)
    if not options.no_cv:
        cross_validate(public, own)
    fitted = fit(flat([*public, *own]))
    rows = fitted.probabilities(flat(held_out))
    report("own held-out", flat(held_out), rows)
    claim_report(held_out, {id(turn): row for turn, row in zip(flat(held_out), rows, strict=True)})
    fitted.save(acts.WEIGHTS)
    print(f"{acts.WEIGHTS.name}: {len(fitted.grams)} n-grams, {acts.WEIGHTS.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
