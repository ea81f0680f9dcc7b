"""Learn the few constants that tell novel messages from known ones; prints them, writes nothing.

    python benchmarks/training/intents.py --data ../shared/data

Data: CLINC150 (intent_train.jsonl, CC BY 3.0) and BANKING77 (banking_train.jsonl, CC BY 4.0). Catalogs of many sizes
are cut from one corpus: 1 to 112 intents with 1 to 80 examples each, or unequally many. A fifth of the messages is
kept apart: those of the catalog's intents are known, those of the corpus's other intents near, those of the other
corpus far; near and far together weigh as much as known. A logistic regression over `novelty_signs` gives `NOVEL` of
service/language/intents.py; one over the odds of the likeliest intent the line that service/language/intent_usual.py
starts from.
Printed first: the figures of each corpus with constants learned on the other one.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from service.language.embedding import Vectors
from service.language.intents import MISSING, Example, IntentCatalog
from service.language.model import MiniLM

SIZES = (1, 2, 3, 5, 10, 20)
EXAMPLES = (1, 2, 3, 5, 10, 0, 30, 80)
"""Of each intent; 0 means unequally many."""

KNOWN, NEAR, FAR = 0, 1, 2
MOST = {KNOWN: 400, NEAR: 200, FAR: 200}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Corpus:
    """Messages with their intents and vectors: those to cut catalogs from, and those kept apart."""

    name: str
    train: Sequence[Example]
    test: Sequence[Example]
    most_intents: int


@dataclass(frozen=True)
class Judged:
    """One catalog's readings of messages kept apart: what they rest on, what the messages are, and whether right."""

    corpus: str
    signs: Floats
    odds: Floats
    kind: NDArray[np.int64]
    right: NDArray[np.bool_]

    @property
    def weights(self) -> Floats:
        """Known half, near and far a quarter each."""
        counts = np.bincount(self.kind, minlength=3)
        return np.array([0.5, 0.25, 0.25])[self.kind] / counts[self.kind]


def main() -> None:
    """Cut catalogs, print the figures across corpora and the constants."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=1, help="draws of catalogs")
    options = parser.parse_args()
    rng = np.random.default_rng(11)
    clinc = corpus("clinc", options.data / "intent_train.jsonl", 112, rng)
    bank = corpus("bank", options.data / "banking_train.jsonl", 50, rng)
    texts = list(dict.fromkeys(e.text for c in (clinc, bank) for e in (*c.train, *c.test)))
    vectors = dict(zip(texts, MiniLM().vectors(texts), strict=True))
    judged = [
        judge(one, other, size, count, vectors, rng)
        for _ in range(options.rounds)
        for one, other in ((clinc, bank), (bank, clinc))
        for size in (*SIZES, one.most_intents)
        for count in EXAMPLES
    ]
    for name in ("clinc", "bank"):
        constants = novel([each for each in judged if each.corpus != name])
        show(name, constants, [each for each in judged if each.corpus == name])
    print("NOVEL =", novel(judged).round(3).tolist())
    print("right, over 1, ln intents, mean ln examples, odds =", right(judged).round(2).tolist())


def corpus(name: str, file: Path, most_intents: int, rng: np.random.Generator) -> Corpus:
    """The corpus in `file`, a fifth kept apart."""
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    shuffled = [Example(rows[i]["intent"], rows[i]["text"]) for i in rng.permutation(len(rows))]
    cut = len(shuffled) // 5
    return Corpus(name, shuffled[cut:], shuffled[:cut], most_intents)


def judge(
    one: Corpus, other: Corpus, size: int, count: int, vectors: dict[str, Vectors], rng: np.random.Generator
) -> Judged:
    """Cut a catalog of `size` intents with `count` examples and read messages against it."""
    names = set(rng.permutation(sorted({example.intent for example in one.train}))[:size].tolist())
    catalog_rows: list[Example] = []
    for name in sorted(names):
        own = [example for example in one.train if example.intent == name]
        catalog_rows += own[: count or int(math.exp(rng.uniform(math.log(2), math.log(60))))]
    catalog = IntentCatalog.fit(catalog_rows, np.stack([vectors[example.text] for example in catalog_rows]))
    rows: list[tuple[int, Example]] = [(KNOWN if e.intent in names else NEAR, e) for e in one.test]
    rows += [(FAR, example) for example in other.test]
    shuffled = [rows[i] for i in rng.permutation(len(rows))]
    asked = [row for kind, most in MOST.items() for row in [r for r in shuffled if r[0] == kind][:most]]
    reach = catalog.reader.reach([e.text for _, e in asked], np.stack([vectors[e.text] for _, e in asked]))
    found = [catalog.names[place] for place in reach.first]
    return Judged(
        one.name,
        catalog.novelty_signs(reach),
        reach.odds,
        np.array([kind for kind, _ in asked]),
        np.array([name == example.intent for name, (_, example) in zip(found, asked, strict=True)]),
    )


def novel(judged: Sequence[Judged]) -> Floats:
    """Constant and weights of the log-odds of novelty."""
    model = LogisticRegression(C=1, max_iter=1000).fit(
        np.vstack([each.signs for each in judged]),
        np.concatenate([each.kind > KNOWN for each in judged]),
        sample_weight=np.concatenate([500 * each.weights for each in judged]),
    )
    return np.concatenate([model.intercept_, model.coef_[0]])


def right(judged: Sequence[Judged]) -> Floats:
    """The odds that the likeliest intent of a known message is right, over catalogs with two intents and more."""
    many = [each for each in judged if each.signs[0, 2] > 0]
    columns = np.vstack([np.column_stack([e.signs[:, 2:], e.odds])[e.kind == KNOWN] for e in many])
    model = LogisticRegression(C=1, max_iter=1000).fit(
        columns, np.concatenate([e.right[e.kind == KNOWN] for e in many])
    )
    return np.concatenate([model.intercept_, model.coef_[0]])


def show(name: str, constants: Floats, judged: Sequence[Judged]) -> None:
    """Means over catalogs: AUC of near and far novelty, and what is called novel at even odds."""
    figures = []
    for each in judged:
        odds = each.signs @ constants[1:] + constants[0]
        called = odds + math.log(MISSING) - each.signs[:, 2] > 0
        near = each.kind != FAR
        figures.append(
            (
                roc_auc_score(each.kind[near] == NEAR, odds[near]),
                roc_auc_score(each.kind[each.kind != NEAR] == FAR, odds[each.kind != NEAR]),
                *(called[each.kind == kind].mean() for kind in (KNOWN, NEAR, FAR)),
            )
        )
    words = ("AUC near", "AUC far", "known called novel", "near called novel", "far called novel")
    told = zip(words, np.mean(figures, axis=0), strict=True)
    print(
        f"{name}, {len(judged)} catalogs, constants of the other corpus:", *(f"{w} {v:.3f}" for w, v in told), sep="  "
    )


if __name__ == "__main__":
    main()
