"""Learn what messages are about, so that they can be grouped; writes service/language/weights/topic_projection.npz.

    python -m benchmarks.training.clusters --data ../shared/data

Data: CLINC150 (intent_train.jsonl, CC BY 3.0) and BANKING77 (banking_train.jsonl, CC BY 4.0): which messages share an
intent. A share of them is put among greetings, names and closings of our own and customers' details of other topics
from Schema-Guided Dialogue (acts_train.jsonl, CC BY-SA 4.0; so are the weights), as people talk. A 384 x 384 projection
of centred sentence vectors is trained on plain and talkative messages together (supervised contrastive loss against
neighbouring intents, as in text_model.py), averaged over runs.

Printed: one-to-one accuracy, normalised mutual information and number of groups of `service.language.grouping` on
development sets of unequal groups. Sets of public intents are grouped by a projection that has seen none of their
intents (two folds by intent); the spoken requests of NatCS (CDLA-Permissive-2.0) are never trained on.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import normalized_mutual_info_score

from benchmarks.training.projection import Labelled, average, unit
from service.language import topics
from service.language.grouping import group
from service.language.model import MiniLM

Floats = NDArray[np.float64]
SOURCES = {"clinc": "intent_train.jsonl", "bank": "banking_train.jsonl"}
TALKATIVE = 5000
"""Messages of each source that are also used among small talk."""
SEEDS = 3
PRIOR_MESSAGES = 30

FIRST_NAMES = "Maria Tom Sven Aisha Bruno Carla Deepa Elias Fatima George Hana Igor Julia Karl Lena Marco Nadia".split()
LAST_NAMES = "Novak Becker Silva Tanaka Olsen Costa Weber Keller Moreno Fischer Adams Brown".split()
OPENINGS = (
    "Hi.", "Hello.", "hello", "Yes.", "yeah", "OK.", "Hi there.", "Good morning.", "good afternoon", "Yes hello {n}.",
    "Hi {n}, this is {n} {l}.", "My name is {n} {l}.", "Hi my name is {n} {l} and", "hey {n}", "Alright.", "Well,",
    "um", "So", "Oh OK.", "Thank you for taking my call.", "I have been on hold for a while.",
    "I called earlier but nobody could help.", "I hope you can help me.", "I have a question.",
    "I need some help please.", "This is my second call.", "I'm a long time customer.",
    "Actually yes there is one more thing.", "No, but while I have you,",
)  # fmt: skip
CLOSINGS = (
    "please.", "Thanks.", "Can you help me with that?", "thank you", "if you could", "Is that possible?",
    "Can I do that over the phone?", "I don't really know how this works.", "I'm in a bit of a hurry.",
    "That would be great.", "What do I need to do?", "I was not sure who to ask.",
    "I tried online but I could not find it.", "My husband usually does this.", "you know", "OK?",
)  # fmt: skip
DETAILS = {"INFORM", "SELECT", "NEGATE", "AFFIRM", "NEGATE_INTENT"}


@dataclass(frozen=True)
class Messages:
    """Texts with their vectors and intents."""

    kind: str
    texts: list[str]
    vectors: NDArray[np.float32]
    intents: NDArray[np.str_]

    def only(self, rows: NDArray[np.intp]) -> Messages:
        """Some of them."""
        return Messages(self.kind, [self.texts[i] for i in rows], self.vectors[rows], self.intents[rows])


def main() -> None:
    """Train, print the figures, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--pull", type=float, default=0.003, help="how strongly the projection is held to the identity")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--runs", type=int, default=3, help="projections averaged")
    options = parser.parse_args()
    model = MiniLM()
    public = [m for name in SOURCES for m in source(options.data, name, model)]
    means = [m.vectors.mean(0, dtype=float) for m in public]
    mean: Floats = np.mean(means, axis=0)
    whole = projection(public, mean, options, left_out=None)
    for name, messages in spoken(options.data, model):
        measure(name, [messages], mean, whole)
        measure(f"{name}, parts", list(parts(messages)), mean, whole)
    for fold in (0, 1):
        blind = projection(public, mean, options, left_out=fold)
        for messages in public:
            measure(f"{messages.kind}, fold {fold}", list(unequal(messages, fold)), mean, blind)
    np.savez(topics.WEIGHTS, mean=mean.astype(np.float32), projection=whole.astype(np.float16))
    print(f"wrote {topics.WEIGHTS.name}, {topics.WEIGHTS.stat().st_size // 1024} kB")


def source(data: Path, name: str, model: MiniLM) -> Iterator[Messages]:
    """One corpus as it is, and a part of it among small talk."""
    rows = [row for row in read(data / SOURCES[name]) if not row.get("oos")]
    intents = np.array([f"{name}:{row['intent']}" for row in rows])
    texts = [row["text"] for row in rows]
    yield Messages(name, texts, model.vectors(texts), intents)
    rng = np.random.default_rng(5)
    details = sorted(
        {
            turn["text"]
            for conversation in read(data / "acts_train.jsonl")
            for turn in conversation["turns"]
            if turn["role"] == "customer" and set(turn["acts"]) <= DETAILS
        }
    )
    chosen = rng.permutation(len(texts))[:TALKATIVE]
    spoken_like = [talkative(texts[i], details, rng) for i in chosen]
    yield Messages(f"{name} among small talk", spoken_like, model.vectors(spoken_like), intents[chosen])


def talkative(text: str, details: list[str], rng: np.random.Generator) -> str:
    """A message as somebody would say it who also says other things."""

    def one(choices: tuple[str, ...] | list[str]) -> str:
        said = choices[rng.integers(len(choices))]
        return said.replace("{n}", FIRST_NAMES[rng.integers(len(FIRST_NAMES))]).replace(
            "{l}", LAST_NAMES[rng.integers(len(LAST_NAMES))]
        )

    said = [one(OPENINGS) for chance in (0.7, 0.3) if rng.random() < chance]
    said += [one(details)] if rng.random() < 0.35 else []
    words = text.split()
    if rng.random() < 0.3 and len(words) > 3:
        place = int(rng.integers(min(4, len(words))))
        words.insert(place, words[place])
    said += (["I was just wondering"] if rng.random() < 0.2 else []) + [" ".join(words)]
    said += [one(details)] if rng.random() < 0.35 else []
    said += [one(CLOSINGS)] if rng.random() < 0.5 else []
    whole = " ".join(said)
    return whole.lower() if rng.random() < 0.2 else whole


def projection(public: list[Messages], mean: Floats, options: argparse.Namespace, left_out: int | None) -> Floats:
    """Trained on all intents, or without those of one fold."""
    vectors = np.concatenate([m.vectors for m in public]).astype(float)
    intents = np.concatenate([m.intents for m in public])
    kept = np.array([left_out is None or intent_fold(i.split(":", 1)[1]) != left_out for i in intents])
    known = Labelled(unit(vectors[kept] - mean), intents[kept])
    return average(known, steps=options.steps, pull=options.pull, runs=options.runs)


def spoken(data: Path, model: MiniLM) -> Iterator[tuple[str, Messages]]:
    """NatCS: requests to a bank, and those to an insurer that the pairs of same_issue_dev hold."""
    rows = read(data / "cluster_dev.jsonl")
    pairs = [row for row in read(data / "same_issue_dev.jsonl") if row["origin"].startswith("natcs")]
    insurer = {row[f"text_{side}"]: row[f"intent_{side}"] for row in pairs for side in ("a", "b")}
    for name, texts, intents in (
        ("NatCS bank", [row["text"] for row in rows], [row["intent"] for row in rows]),
        ("NatCS insurer", list(insurer), list(insurer.values())),
    ):
        yield name, Messages(name, texts, model.vectors(texts), np.array(intents))


def parts(messages: Messages) -> Iterator[Messages]:
    """Some of the intents, three quarters of the messages at most and unequal shares of each intent."""
    for seed in range(4):
        rng = np.random.default_rng(100 + seed)
        names = np.unique(messages.intents)
        chosen = rng.choice(names, int(0.65 * len(names)), replace=False)
        share = dict(zip(chosen, rng.uniform(0.2, 1, len(chosen)), strict=True))
        drawn = rng.random(len(messages.intents))
        yield messages.only(np.flatnonzero([d < share.get(i, 0) for d, i in zip(drawn, messages.intents, strict=True)]))


def unequal(messages: Messages, fold: int) -> Iterator[Messages]:
    """Sets of 18 to 44 intents of one fold, 5 to 150 messages of each (log-normal)."""
    names = np.array([i for i in np.unique(messages.intents) if intent_fold(i.split(":", 1)[1]) == fold])
    for seed in range(SEEDS):
        rng = np.random.default_rng(1000 * fold + seed)
        chosen = rng.choice(names, min(len(names), int(rng.integers(18, 45))), replace=False)
        sizes = np.clip(np.exp(rng.normal(3.3, 0.9, len(chosen))).astype(int), 5, 150)
        rows = [
            rng.permutation(np.flatnonzero(messages.intents == name))[:size]
            for name, size in zip(chosen, sizes, strict=True)
        ]
        yield messages.only(np.sort(np.concatenate(rows)))


def measure(name: str, sets: list[Messages], mean: Floats, projected: Floats) -> None:
    """One line for each set."""
    figures = defaultdict(list)
    for messages in sets:
        vectors = messages.vectors
        own = (PRIOR_MESSAGES * mean + vectors.sum(0)) / (PRIOR_MESSAGES + len(vectors))
        rows = topics.unit((vectors - own) @ projected)
        found = group(rows, topics.word_rows(messages.texts)).labels
        gold = messages.intents
        figures["accuracy"].append(accuracy(gold, found))
        figures["nmi"].append(float(normalized_mutual_info_score(gold, found)))
        counts = f"{found.max() + 1} groups of {len(set(gold))} intents"
        print(
            f"  {name:32s} n={len(gold):5d}  accuracy {figures['accuracy'][-1]:.3f}  nmi {figures['nmi'][-1]:.3f}",
            counts,
        )
    print(
        f"  {name:32s} mean of {len(sets)}: " + "  ".join(f"{k} {np.mean(v):.3f}" for k, v in figures.items()),
        flush=True,
    )


def accuracy(gold: NDArray[np.str_], found: NDArray[np.intp]) -> float:
    """Share of rows that the best one-to-one matching of groups to intents gets right."""
    names, places = np.unique(gold, return_inverse=True)
    table = np.zeros((len(names), int(found.max()) + 1))
    for (row, column), count in Counter(zip(places.tolist(), found.tolist(), strict=True)).items():
        table[row, column] = count
    rows, columns = linear_sum_assignment(-table)
    return float(table[rows, columns].sum() / len(gold))


def intent_fold(intent: str) -> int:
    """A fold that does not change from run to run."""
    return zlib.crc32(intent.encode()) % 2


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON-lines file."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


if __name__ == "__main__":
    main()
