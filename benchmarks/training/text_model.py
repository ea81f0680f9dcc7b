"""Learn when two messages are about the same issue; writes service/language/weights/issue_model.npz.

    python -m benchmarks.training.text_model --data ../shared/data

Needs jax: see text_network.py. About twenty minutes on one core; `--folds-only` measures and writes nothing.

Data: CLINC150 (intent_train.jsonl, CC BY 3.0) and BANKING77 (banking_train.jsonl, CC BY 4.0). Every text that also
stands in same_issue_dev.jsonl is dropped first; six in ten of the rest are also there with small talk of our own around
them. The sentence model's last three layers get low-rank changes, so that messages of one intent lie closer together
than those of neighbouring intents (supervised contrastive loss); the mean of two runs is kept, at two thirds of the
strength it was trained with. Printed: AUC on same_issue_dev with intents never seen (two folds by intent; a pair counts
where both of its intents are in the fold left out; NatCS is never trained on) and, beside it, with intents seen. The
probability is fitted on the unseen cosines, and its calibration measured by fitting it on one half of the intents and
asking the other. The figures of unseen intents go into cross_validated.json.
"""

from __future__ import annotations

import argparse
import json
import re
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from benchmarks.training import issue_figures, left_out, text_network
from benchmarks.training.issue_figures import Curve
from benchmarks.training.small_talk import wrapped
from benchmarks.training.text_network import Changes, Hidden, Network, contrast, mean_of, name, pack, rounded
from service.language.adaptation import WEIGHTS
from service.language.model import MiniLM

Floats = NDArray[np.float64]
Kept = list[dict[str, Any]]
FOLDS, WHOLE = 2, -1
SOURCES = {"clinc": "intent_train.jsonl", "bank": "banking_train.jsonl"}
INTENTS_A_GROUP, GROUPS, MESSAGES_AN_INTENT, NEIGHBOURS = 8, 2, 4, 15
TEMPERATURES = (0.05, 0.1)
"""One run each."""
STEPS, WARM_UP, RATE = 200, 30, 2e-3
SMALL_TALK = 0.6
LONGEST, LONGEST_WRAPPED = 32, 40
STRENGTH = 1.3
"""Of the changes; they were trained at `text_network.SCALE`. Held back they carry over better to other domains."""
CENTRED = 0.5
"""How much of the mean vector is taken away before the cosine."""
A_SAMPLE = 8


@dataclass(frozen=True)
class Labelled:
    """Messages as the lower layers leave them, their intents ("bank:..."), and their vectors before training."""

    hidden: Sequence[Hidden]
    intents: NDArray[np.str_]
    vectors: NDArray[np.float32]

    def only(self, kept: NDArray[np.bool_]) -> Labelled:
        """The rows that are kept."""
        return Labelled([self.hidden[i] for i in np.flatnonzero(kept)], self.intents[kept], self.vectors[kept])


@dataclass(frozen=True)
class Pairs:
    """What is measured on."""

    rows: list[dict[str, Any]]
    hidden: Sequence[Hidden]

    def cosines(self, network: Network, changes: Changes, mean: Floats) -> Floats:
        """Of each pair, after `CENTRED` of the mean is taken away."""
        vectors = unit(network.vectors(self.hidden, changes, STRENGTH) - CENTRED * mean)
        left, right = np.split(vectors, 2)
        result: Floats = (left * right).sum(1)
        return result


def main() -> None:
    """Train, print the figures, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model-dir", type=Path)
    parser.add_argument("--folds-only", action="store_true")
    parser.add_argument("--keep", type=Path, help="folder for the models of the folds, which clusters.py measures with")
    options = parser.parse_args()
    network = Network(MiniLM(options.model_dir))
    dev = read(options.data / "same_issue_dev.jsonl")
    train = labelled(network, options.data, {bare(row[side]) for row in dev for side in ("text_a", "text_b")})
    texts = [row[side] for side in ("text_a", "text_b") for row in dev]
    pairs = Pairs(dev, network.lower(texts, 256))
    print(f"{len(train.intents)} messages of {len(set(train.intents))} intents, {len(dev)} pairs to measure on")
    folds = np.array([pair_fold(row) for row in dev])
    parts = [fitted(network, train, fold) for fold in range(FOLDS)]
    each = [pairs.cosines(network, changes, mean) for changes, mean in parts]
    unseen = np.full(len(dev), np.nan)
    for fold in range(FOLDS):
        unseen[folds == fold] = each[fold][folds == fold]
    known = ~np.isnan(unseen)
    curve, kept = measure(pairs, unseen, known, network)
    if options.keep:
        for fold, (changes, mean) in enumerate(parts):
            write(options.keep / f"issue_model_fold{fold}.npz", network, changes, mean, curve)
    if options.folds_only:
        return
    changes, mean = fitted(network, train, WHOLE)
    issue_figures.report("adapted, b77 and clinc intents SEEN", dev, pairs.cosines(network, changes, mean), known)
    write(WEIGHTS, network, changes, mean, curve)
    left_out.keep("same_issue", kept)


def labelled(network: Network, data: Path, taken: set[str]) -> Labelled:
    """The messages to train on, and most of them again with small talk around them."""
    rows = [
        (f"{corpus}:{row['intent']}", row["text"])
        for corpus, file in SOURCES.items()
        for row in read(data / file)
        if not row.get("oos") and bare(row["text"]) not in taken
    ]
    rng = np.random.default_rng(5)
    again = np.flatnonzero(rng.random(len(rows)) < SMALL_TALK)
    talk = [wrapped(rows[i][1], rng) for i in again]
    plain = network.lower([text for _, text in rows], LONGEST)
    vectors = network.vectors(plain, {}, 0.0)
    intents = np.array([intent for intent, _ in rows])
    return Labelled(
        [*plain, *network.lower(talk, LONGEST_WRAPPED)],
        np.concatenate([intents, intents[again]]),
        np.concatenate([vectors, vectors[again]]),
    )


def fitted(network: Network, train: Labelled, left_out: int) -> tuple[Changes, Floats]:
    """The mean of the runs, and the mean vector it gives; intents of the fold `left_out` are never seen."""
    seen = train.only(np.array([intent_fold(intent.split(":", 1)[1]) != left_out for intent in train.intents]))
    first_seed = 10 if left_out == WHOLE else 0
    runs = [run(network, seen, seed=first_seed + i, temperature=t) for i, t in enumerate(TEMPERATURES)]
    changes = mean_of(runs)
    return changes, mean_vector(network, seen, changes)


def mean_vector(network: Network, train: Labelled, changes: Changes) -> Floats:
    """The mean of the corpora's means, from a few messages of each intent."""
    rng = np.random.default_rng(3)
    rows = np.concatenate(
        [rng.choice(np.flatnonzero(train.intents == intent), A_SAMPLE) for intent in sorted(set(train.intents))]
    )
    vectors = network.vectors([train.hidden[i] for i in rows], changes, STRENGTH)
    corpus = np.array([intent.split(":")[0] for intent in train.intents[rows]])
    mean: Floats = np.mean([vectors[corpus == source].mean(0) for source in SOURCES], axis=0)
    return mean


def run(network: Network, train: Labelled, *, seed: int, temperature: float) -> Changes:
    """One run over batches of neighbouring intents."""
    rng = np.random.default_rng(seed)
    names = sorted(set(train.intents))
    members = [np.flatnonzero(train.intents == intent) for intent in names]
    near = neighbours(train, names, members)
    state = (network.fresh(rng),) * 3
    state = (state[0], *(jax.tree.map(jnp.zeros_like, part) for part in state[1:]))

    def loss(changes: Changes, *batch: Any) -> jax.Array:
        return contrast(network.forward(changes, *batch[:-1], jnp.float32(text_network.SCALE)), batch[-1], temperature)

    slope_of = jax.jit(jax.value_and_grad(loss))
    began, total = time.monotonic(), 0.0
    for at in range(1, STEPS + 1):
        rows, labels = batch(rng, near, members, names)
        hidden = [train.hidden[i] for i in rows]
        packed = pack(hidden, total=max(768, rounded(sum(len(h) for h in hidden))), longest=LONGEST_WRAPPED)
        value, slope = slope_of(state[0], packed.tokens, packed.place, packed.back, packed.mask, labels)
        rate = RATE * min(1, at / WARM_UP) * max(0.02, 1 - at / STEPS)
        state = text_network.step()(state, slope, float(at), rate)
        total += float(value)
        if at % 50 == 0:
            print(f"  seed {seed}, step {at}: loss {total / 50:.3f}, {time.monotonic() - began:.0f} s", flush=True)
            total = 0.0
    return state[0]


def batch(
    rng: np.random.Generator, near: NDArray[np.int64], members: list[NDArray[np.int64]], names: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Rows and their labels: groups of an intent with some of its neighbours, a few messages of each."""
    corpus = np.array([intent.split(":")[0] for intent in names])
    sources = sorted(set(corpus))
    odds = np.array([(corpus == source).mean() for source in sources])
    chosen: list[int] = []
    for _ in range(GROUPS):
        source = sources[rng.choice(len(sources), p=odds)]
        start = rng.choice(np.flatnonzero(corpus == source))
        chosen += [int(start), *(int(k) for k in rng.choice(near[start], INTENTS_A_GROUP - 1, replace=False))]
    chosen = list(dict.fromkeys(chosen))
    while len(chosen) < GROUPS * INTENTS_A_GROUP:
        other = int(rng.integers(len(names)))
        if other not in chosen:
            chosen.append(other)
    rows = [rng.choice(members[k], MESSAGES_AN_INTENT, replace=len(members[k]) < MESSAGES_AN_INTENT) for k in chosen]
    return np.concatenate(rows), np.repeat(chosen, MESSAGES_AN_INTENT).astype(np.int32)


def neighbours(train: Labelled, names: list[str], members: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """For each intent the nearest others of its corpus, nearest first."""
    centres = unit(np.stack([train.vectors[rows].mean(0) for rows in members]))
    likeness = centres @ centres.T
    corpus = np.array([intent.split(":")[0] for intent in names])
    likeness[corpus[:, None] != corpus[None, :]] = -9
    nearest: NDArray[np.int64] = np.argsort(-likeness, axis=1)[:, 1 : NEIGHBOURS + 1]
    return nearest


def measure(pairs: Pairs, unseen: Floats, known: NDArray[np.bool_], network: Network) -> tuple[Curve, Kept]:
    """Print the figures of unseen intents; the curve of their cosines, and what is kept of the figures."""
    gold = np.array([row["same_issue"] for row in pairs.rows])
    left, right = np.split(network.vectors(pairs.hidden, {}, 0.0), 2)
    base = (left * right).sum(1)
    issue_figures.report("MiniLM as it is", pairs.rows, base, known)
    areas = issue_figures.report("adapted, intents unseen", pairs.rows, unseen, known)
    issue_figures.gain(gold[known], unseen[known], base[known])
    kept = [area.kept() for area in areas if area.part in issue_figures.AIMS]
    kept += issue_figures.probabilities(pairs.rows, unseen, known)
    curve = Curve.fit(unseen[known], gold[known])
    print(f"probability = 1 / (1 + exp(-({curve.slope:.3f} * cosine + {curve.intercept:.3f})))")
    return curve, kept


def write(path: Path, network: Network, changes: Changes, mean: Floats, curve: Curve) -> None:
    """The factors in half precision, where each matrix starts in the model's file, and the logistic curve."""
    stored: dict[str, Any] = {
        "mean": (CENTRED * mean).astype(np.float32),
        "slope": curve.slope,
        "intercept": curve.intercept,
    }
    for layer, matrices in changes.items():
        for matrix, (a, b) in matrices.items():
            key = name(layer, matrix)
            stored[f"{key}/offset"] = network.stored[key].offset
            stored[f"{key}/a"] = np.asarray(a, np.float16)
            stored[f"{key}/b"] = np.asarray(STRENGTH * b, np.float16)
    np.savez(path, **stored)
    print(f"wrote {path.name}, {path.stat().st_size // 1024} kB")


def pair_fold(row: dict[str, Any]) -> int:
    """The fold both intents are in, so that its model has seen neither; -1 when they are in different folds.

    Pairs of NatCS, which no model has seen, are shared out among the folds.
    """
    if row["origin"].startswith("natcs"):
        return zlib.crc32(row["pair_id"].encode()) % FOLDS
    a, b = intent_fold(row["intent_a"]), intent_fold(row["intent_b"])
    return a if a == b else -1


def intent_fold(intent: str) -> int:
    """A fold that does not change from run to run."""
    return zlib.crc32(intent.encode()) % FOLDS


def unit(rows: NDArray[Any]) -> Floats:
    """Every row at length 1."""
    result: Floats = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(float)
    return result


def bare(text: str) -> str:
    """A text without case, punctuation and spacing, to find the same one again."""
    return " ".join(re.sub(r"[^a-z0-9 ]", "", text.lower()).split())


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON-lines file."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


if __name__ == "__main__":
    main()
