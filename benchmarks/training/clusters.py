"""How well messages are grouped by what they are about, on development sets of unequal groups. Writes nothing.

    python -m benchmarks.training.clusters --data ../shared/data
    python -m benchmarks.training.clusters --data ../shared/data --folds FOLDER

Printed: one-to-one accuracy, normalised mutual information and number of groups of `service.language.grouping`. The
spoken requests of NatCS (CDLA-Permissive-2.0), which no model was trained on, are grouped as they are and in parts.
With `--folds`, so are sets of CLINC150 (intent_train.jsonl, CC BY 3.0) and BANKING77 (banking_train.jsonl, CC BY 4.0),
plain and put among greetings, names and closings of our own and customers' details of other topics from Schema-Guided
Dialogue (acts_train.jsonl, CC BY-SA 4.0), each with a model that has seen none of its intents: FOLDER holds what
`text_model --keep FOLDER --folds-only` writes.
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

from service.language import adaptation
from service.language.clustering import PRIOR_MESSAGES
from service.language.grouping import group
from service.language.model import MiniLM
from service.language.topics import centred, general_mean, word_rows

SOURCES = {"clinc": "intent_train.jsonl", "bank": "banking_train.jsonl"}
TALKATIVE = 5000
"""Messages of each source that are also used among small talk."""
SEEDS = 3

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
    """Texts with their intents."""

    texts: list[str]
    intents: NDArray[np.str_]

    def only(self, rows: NDArray[np.intp]) -> Messages:
        """Some of them."""
        return Messages([self.texts[i] for i in rows], self.intents[rows])


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--folds", type=Path, help="folder of models that have seen half of the public intents each")
    options = parser.parse_args()
    model = MiniLM()
    for name, messages in spoken(options.data):
        measure(name, [messages], model)
        measure(f"{name}, parts", list(parts(messages)), model)
    if not options.folds:
        return
    public = [messages for name in SOURCES for messages in source(options.data, name)]
    for fold in (0, 1):
        adaptation.WEIGHTS = options.folds / f"issue_model_fold{fold}.npz"
        blind = MiniLM()
        for name, messages in public:
            measure(f"{name}, fold {fold}", list(unequal(messages, fold)), blind)


def source(data: Path, name: str) -> Iterator[tuple[str, Messages]]:
    """One corpus as it is, and a part of it among small talk."""
    rows = [row for row in read(data / SOURCES[name]) if not row.get("oos")]
    intents = np.array([row["intent"] for row in rows])
    texts = [row["text"] for row in rows]
    yield name, Messages(texts, intents)
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
    yield f"{name} among small talk", Messages([talkative(texts[i], details, rng) for i in chosen], intents[chosen])


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


def spoken(data: Path) -> Iterator[tuple[str, Messages]]:
    """NatCS: requests to a bank, and those to an insurer that the pairs of same_issue_dev hold."""
    rows = read(data / "cluster_dev.jsonl")
    pairs = [row for row in read(data / "same_issue_dev.jsonl") if row["origin"].startswith("natcs")]
    insurer = {row[f"text_{side}"]: row[f"intent_{side}"] for row in pairs for side in ("a", "b")}
    for name, texts, intents in (
        ("NatCS bank", [row["text"] for row in rows], [row["intent"] for row in rows]),
        ("NatCS insurer", list(insurer), list(insurer.values())),
    ):
        yield name, Messages(texts, np.array(intents))


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
    names = np.array([i for i in np.unique(messages.intents) if intent_fold(i) == fold])
    for seed in range(SEEDS):
        rng = np.random.default_rng(1000 * fold + seed)
        chosen = rng.choice(names, min(len(names), int(rng.integers(18, 45))), replace=False)
        sizes = np.clip(np.exp(rng.normal(3.3, 0.9, len(chosen))).astype(int), 5, 150)
        rows = [
            rng.permutation(np.flatnonzero(messages.intents == name))[:size]
            for name, size in zip(chosen, sizes, strict=True)
        ]
        yield messages.only(np.sort(np.concatenate(rows)))


def measure(name: str, sets: list[Messages], model: MiniLM) -> None:
    """One line for each set."""
    figures = defaultdict(list)
    mean = general_mean()
    for messages in sets:
        vectors = model.issue_vectors(messages.texts)
        own = (PRIOR_MESSAGES * mean + vectors.sum(0)) / (PRIOR_MESSAGES + len(vectors))
        found = group(centred(vectors, own), word_rows(messages.texts)).labels
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
