"""Train the context-repeat weights and print the figures of conversations that were not trained on.

    python benchmarks/training/context_repeat.py --data ../shared/data [--write]

Data: `exchange_train.jsonl` and `context_repeat_train.jsonl` (Schema-Guided Dialogue, CC BY-SA 4.0). Folds are whole
domains ("Flights", "Banks"), so a matched pair is never split and no service of the measured rows was trained on.
`context_repeat_dev.jsonl` is only measured. The written support frames take no part here. Writes numbers only, to
`service/language/weights/context_repeat.json`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from service.language.information.echo import Echo, echo  # noqa: E402
from service.language.information.exchange import Exchange, features  # noqa: E402
from service.language.information.learned import Logistic, Models, chance  # noqa: E402
from service.language.information.stack import asked_features, replied_features  # noqa: E402

FOLDS = 6
THRESHOLD = 0.55
WEIGHTS = ROOT / "service" / "language" / "weights" / "context_repeat.json"


@dataclass(frozen=True)
class Turn:
    """One agent turn after the handoff, with its label and what came before and after."""

    label: int
    kind: str
    pair: str | None
    near: bool
    domain: str
    question: str
    reply: str | None
    exchanges: tuple[Exchange, ...]


def load(path: Path) -> list[dict]:
    """The rows of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def turns(rows: list[dict]) -> list[Turn]:
    """Every agent turn of the labelled conversations."""
    result = []
    for row in rows:
        said = row["turns"]
        handoff = next(i for i, turn in enumerate(said) if turn["role"] == "event")
        exchanges = tuple(
            Exchange(f"m{i}", said[i - 1]["text"] if i and said[i - 1]["role"] == "bot" else "", turn["text"])
            for i, turn in enumerate(said[:handoff])
            if turn["role"] == "customer"
        )
        for gold in row["gold"]:
            position = gold["turn"]
            after = said[position + 1] if position + 1 < len(said) else None
            result.append(
                Turn(
                    gold["label"],
                    gold["kind"],
                    gold["probe_pair"],
                    bool(gold["near_miss"]),
                    row["service"].split("_")[0],
                    said[position]["text"],
                    after["text"] if after and after["role"] == "customer" else None,
                    exchanges,
                )
            )
    return result


def fit(rows: np.ndarray, labels: np.ndarray, strength: float) -> Logistic:
    """A logistic model over standardised features; `strength` is scikit-learn's C."""
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    scale[scale < 1e-9] = 1.0
    model = LogisticRegression(C=strength, max_iter=3000).fit((rows - mean) / scale, labels)
    return Logistic(
        tuple(mean.tolist()), tuple(scale.tolist()), tuple(model.coef_[0].tolist()), float(model.intercept_[0])
    )


def train_matcher(pairs: list[dict], held_out: set[str]) -> Logistic:
    """The exchange matcher without the held-out domains."""
    kept = [pair for pair in pairs if pair["group"].split("_")[0] not in held_out]
    rows = np.array([features(pair["question"], pair["bot"], pair["customer"]) for pair in kept])
    return fit(rows, np.array([pair["answers"] for pair in kept]), 0.1)


def row_of(turn: Turn, matcher: Logistic) -> tuple[tuple[float, ...], Echo]:
    """The question features of a turn, and what its reply echoes."""
    logits = [matcher.logit(features(turn.question, e.bot, e.customer)) for e in turn.exchanges]
    return (
        asked_features(turn.question, turn.exchanges, logits),
        echo(turn.question, turn.reply, [e.customer for e in turn.exchanges]),
    )


def blurred(seen: Echo, label: int, rng: random.Random) -> Echo:
    """The echo of a reply in other words: what is repeated may not be recognised, a coincidence may look repeated."""
    lost, chance_hit = (0.35, 0.0) if label else (0.2, 0.15)
    values = sum(rng.random() < lost for _ in range(seen.seen_values))
    words = sum(rng.random() < lost for _ in range(seen.seen_words))
    gained = sum(rng.random() < chance_hit for _ in range(seen.new_values))
    seen_values, new_values = (
        seen.seen_values - values + gained,
        seen.new_values - gained + (values if rng.random() < 0.6 else 0),
    )
    seen_words, new_words = seen.seen_words - words, min(4, seen.new_words + words + rng.randrange(2))
    total = seen_values + new_values + seen_words + new_words
    share = (seen_values + seen_words) / total if total else 0.0
    return replace(
        seen, seen_values=seen_values, new_values=new_values, seen_words=seen_words, new_words=new_words, share=share
    )


def train_stack(data: list[Turn], rows: list[tuple[tuple[float, ...], Echo]]) -> tuple[Logistic, Logistic]:
    """Both models over a question's features; blurred copies keep an exact echo from being all that counts."""
    rng = random.Random(11)
    labels = np.array([turn.label for turn in data])
    asked = fit(np.array([row for row, _ in rows]), labels, 0.3)
    replied, marks = [], []
    for turn, (row, seen) in zip(data, rows, strict=True):
        if not seen.informative:
            continue
        for version in (seen, blurred(seen, turn.label, rng), blurred(seen, turn.label, rng)):
            replied.append(replied_features(row, version))
            marks.append(turn.label)
    return asked, fit(np.array(replied), np.array(marks), 0.3)


def judge(asked: Logistic, replied: Logistic, row: tuple[float, ...], seen: Echo) -> float:
    """The probability that a turn asks again."""
    if seen.informative:
        return chance(replied.logit(replied_features(row, seen)))
    return chance(asked.logit(row))


def folds(domains: list[str]) -> list[set[str]]:
    """The domains dealt into folds."""
    return [set(domains[i::FOLDS]) for i in range(FOLDS)]


def out_of_fold(pairs: list[dict], train: list[Turn], measured: list[Turn], masked: bool) -> list[float]:
    """Probabilities of `measured`, each from weights that never saw its domain, in either layer."""
    domains = sorted({turn.domain for turn in [*train, *measured]})
    result = [0.0] * len(measured)
    rows: list[tuple[tuple[float, ...], Echo] | None] = [None] * len(train)
    matchers = [(fold, train_matcher(pairs, fold)) for fold in folds(domains)]
    for fold, matcher in matchers:
        for i, turn in enumerate(train):
            if turn.domain in fold:
                rows[i] = row_of(turn, matcher)
    for fold, matcher in matchers:
        kept = [i for i, turn in enumerate(train) if turn.domain not in fold]
        asked, replied = train_stack([train[i] for i in kept], [rows[i] for i in kept])  # type: ignore[misc]
        for i, turn in enumerate(measured):
            if turn.domain in fold:
                shown = (
                    replace(turn, reply="ok") if masked and turn.kind == "probe" and turn.reply is not None else turn
                )
                row, seen = row_of(shown, matcher)
                result[i] = judge(asked, replied, row, seen)
    return result


def prf(pairs: list[tuple[int, bool]]) -> tuple[float, float, float]:
    """Precision, recall and F1 of (label, flagged)."""
    hits, said, gold = sum(g and s for g, s in pairs), sum(s for _, s in pairs), sum(g for g, _ in pairs)
    return hits / max(said, 1), hits / max(gold, 1), 2 * hits / max(said + gold, 1)


def report(name: str, data: list[Turn], chances: list[float], threshold: float) -> str:
    """One line of figures, as `evaluate.py` defines them."""
    flags = [p >= threshold for p in chances]
    probes = [(t.label, f) for t, f in zip(data, flags, strict=True) if t.kind == "probe"]
    pairs: dict[str, dict[int, bool]] = {}
    for turn, flag in zip(data, flags, strict=True):
        if turn.kind == "probe" and turn.pair:
            pairs.setdefault(turn.pair, {})[turn.label] = flag
    whole = [pair for pair in pairs.values() if len(pair) == 2]
    right = sum(pair[1] and not pair[0] for pair in whole) / max(len(whole), 1)
    near = [f for t, f in zip(data, flags, strict=True) if t.kind == "probe" and t.near]
    confirms = [f for t, f in zip(data, flags, strict=True) if t.kind == "confirm"]
    everything = prf([(t.label, f) for t, f in zip(data, flags, strict=True)])
    p, r, f1 = prf(probes)
    return (
        f"{name:<34} t={threshold:.2f} probes P {p:.3f} R {r:.3f} F1 {f1:.3f} pair {right:.3f} "
        f"near {np.mean(near):.3f} confirm {np.mean(confirms):.3f} "
        f"| all turns P {everything[0]:.3f} R {everything[1]:.3f} F1 {everything[2]:.3f}"
    )


def ship(pairs: list[dict], train: list[Turn]) -> Models:
    """The models to ship: every row of both training files, second layer on out-of-fold rows of the first."""
    rows: list[tuple[tuple[float, ...], Echo] | None] = [None] * len(train)
    for fold in folds(sorted({turn.domain for turn in train})):
        matcher = train_matcher(pairs, fold)
        for i, turn in enumerate(train):
            if turn.domain in fold:
                rows[i] = row_of(turn, matcher)
    asked, replied = train_stack(train, rows)  # type: ignore[arg-type]
    return Models(train_matcher(pairs, set()), asked, replied)


def main() -> None:
    """Measure, and write the weights when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    pairs = load(options.data / "exchange_train.jsonl")
    train = turns(load(options.data / "context_repeat_train.jsonl"))
    dev = turns(load(options.data / "context_repeat_dev.jsonl"))
    for name, data in (("train, unseen domains", train), ("dev, unseen domains", dev)):
        for masked in (False, True):
            chances = out_of_fold(pairs, train, data, masked)
            for threshold in (options.threshold - 0.1, options.threshold, options.threshold + 0.1):
                print(report(name + (", masked" if masked else ""), data, chances, threshold))
    if options.write:
        built = ship(pairs, train)
        numbers = {
            name: {
                field: [round(v, 6) for v in values] if isinstance(values, tuple) else round(values, 6)
                for field, values in fields.items()
            }
            for name, fields in (
                (n, {"mean": m.mean, "scale": m.scale, "weights": m.weights, "bias": m.bias})
                for n, m in (("exchange", built.exchange), ("asked", built.asked), ("replied", built.replied))
            )
        }
        WEIGHTS.write_text(json.dumps(numbers) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
