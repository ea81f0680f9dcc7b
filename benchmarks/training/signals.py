"""Trains the reader of single messages (`service/language/signals.py`) and writes its weights.

    python benchmarks/training/signals.py --data ../shared/data

Positives and hard negatives are our own sentences (`signals_prototypes.jsonl`, part `train`). Negatives are public
turns: Schema-Guided Dialogue training part (CC BY-SA 4.0; so are the weights made from it), BANKING77 (CC BY 4.0) and
CLINC150 (CC BY 3.0); turns whose own annotation says that they may carry a signal are left out for that signal, those
of payment fraud are positives of `sensitive`. Prints, per
signal, recall by five-fold cross-validation on our own sentences, false positives among our other sentences and among
public turns (both out of fold), and recall on our held-out part, which is never trained on.
"""

from __future__ import annotations

import argparse
import json
import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from service.conversation import Role
from service.language import signals
from service.language.model import MiniLM
from service.language.signal_patterns import Signal
from service.language.signals import AGENT_SIGNALS, BOT_SIGNALS, CUSTOMER_SIGNALS

HERE = Path(__file__).parent
FOLDS = 5
C = 1.0
SAMPLE = {"dialogues": 6000, "banking": 4000, "intents": 4000}
POSITIVE_SHARE = 0.03
OWN_NEGATIVE = 5.0
PUBLIC_POSITIVE = 0.3
"""Weight of a public positive against one of ours: there are many, and of one topic."""
PUBLIC_RATE = {Role.CUSTOMER: 0.002, Role.BOT: 0.004, Role.AGENT: 0.01}
"""Share of public turns that may reach the level of a signal."""
OWN_RATE = {Role.CUSTOMER: 0.015, Role.BOT: 0.02, Role.AGENT: 0.08}
"""Share of our own sentences without the signal that may."""

CARRIES = {
    Signal.SENSITIVE: (
        "compromised_card",
        "lost_or_stolen_card",
        "card_payment_not_recognised",
        "cash_withdrawal_not_recognised",
        "direct_debit_payment_not_recognised",
        "report_fraud",
        "report_lost_card",
    ),
    Signal.THANKS: ("THANK_YOU", "thank_you", "GOODBYE", "goodbye"),
    Signal.SOLVED: ("THANK_YOU", "thank_you", "SELECT", "AFFIRM", "yes", "GOODBYE"),
    Signal.GIVES_UP: ("cancel", "goodbye", "GOODBYE", "maybe"),
    Signal.TOOL_FAILURE: ("NOTIFY_FAILURE",),
    Signal.CANNOT_DO: ("NOTIFY_FAILURE",),
    Signal.NO_ANSWER: ("NOTIFY_FAILURE",),
    Signal.UNSOLVED: ("NEGATE", "no"),
}
"""Annotations that mean the turn may well carry the signal."""

MEANS = {
    Signal.SENSITIVE: (
        "compromised_card",
        "card_payment_not_recognised",
        "cash_withdrawal_not_recognised",
        "direct_debit_payment_not_recognised",
        "report_fraud",
    ),
}
"""Annotations that mean the turn does carry the signal: public positives, beside our own sentences."""

ALIKE = (
    {Signal.NO_ANSWER, Signal.CANNOT_DO, Signal.MISUNDERSTOOD, Signal.UNSURE},
    {Signal.CANNOT_DO, Signal.RESTRICTED},
    {Signal.ANNOUNCES_HANDOFF, Signal.OFFERS_HANDOFF},
    {Signal.FRUSTRATED, Signal.ALREADY_TOLD, Signal.NOT_WHAT_I_ASKED, Signal.UNSOLVED, Signal.GIVES_UP},
    {Signal.SOLVED, Signal.THANKS},
)
"""Signals that shade into each other: sentences of one are no false positives of the other when the level is set."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Text:
    """One text: its own signals, or the annotations of the public turn it is."""

    text: str
    labels: tuple[str, ...]
    own: bool


def own(role: Role, part: str) -> list[Text]:
    """Our own sentences of one author."""
    rows = map(json.loads, (HERE / "signals_prototypes.jsonl").read_text(encoding="utf-8").splitlines())
    return [Text(r["text"], tuple(r["signals"]), True) for r in rows if r["author"] == role and r["part"] == part]


def public(role: Role, data: Path) -> list[Text]:
    """A fixed sample of public turns of one author; agents are read against bot turns, as no agent turns are public."""
    author = "customer" if role is Role.CUSTOMER else "bot"
    dialogues = [
        Text(piece, tuple(turn["acts"]), False)
        for line in (data / "acts_train.jsonl").open(encoding="utf-8")
        for turn in json.loads(line)["turns"]
        if turn["role"] == author
        for piece in signals.pieces(turn["text"])
    ]
    chosen = random.Random(1).sample(dialogues, SAMPLE["dialogues"])
    if role is not Role.CUSTOMER:
        return chosen
    for name, kind in (("banking_train", "banking"), ("intent_train", "intents")):
        rows = [json.loads(line) for line in (data / f"{name}.jsonl").open(encoding="utf-8")]
        texts = [Text(r["text"], (str(r["intent"]),), False) for r in rows]
        chosen += random.Random(1).sample(texts, SAMPLE[kind])
    return chosen


def features(texts: Sequence[Text], chosen: Sequence[Signal], vectors: Matrix | None) -> sparse.csr_matrix:
    """n-gram buckets, pattern flags and shapes, and the centred sentence vector where there is one."""
    rows = [signals.gram_weights(t.text) for t in texts]
    grams = sparse.csr_matrix(
        (
            np.concatenate([w for _, w in rows]),
            np.concatenate([b for b, _ in rows]),
            np.cumsum([0, *(len(b) for b, _ in rows)]),
        ),
        shape=(len(texts), signals.BUCKETS),
    )
    patterns = sparse.csr_matrix(np.stack([signals.pattern_row(t.text, chosen) for t in texts]))
    parts = [grams, patterns] if vectors is None else [grams, patterns, sparse.csr_matrix(vectors)]
    return sparse.hstack(parts).tocsr()


def fit(rows: sparse.csr_matrix, target: NDArray[np.bool_], is_own: NDArray[np.bool_]) -> tuple[Matrix, float]:
    """Coefficients and intercept of one signal."""
    weight = np.where(is_own, OWN_NEGATIVE, 1.0)
    weight[target] = POSITIVE_SHARE * (~target).sum() / (target & is_own).sum()
    weight[target & ~is_own] *= PUBLIC_POSITIVE
    model = LogisticRegression(C=C, max_iter=1000).fit(rows, target, sample_weight=weight)
    return model.coef_[0], float(model.intercept_[0])


def train(role: Role, chosen: Sequence[Signal], data: Path) -> dict[str, NDArray[np.float16]]:
    """Weights of one author's signals; prints their figures."""
    texts = own(role, "train") + public(role, data)
    held = own(role, "held_out")
    vectors = held_vectors = mean = None
    if role is Role.CUSTOMER:
        model = MiniLM()
        vectors = model.vectors([t.text for t in texts])
        mean = vectors[[not t.own for t in texts]].mean(axis=0)
        vectors = signals.VECTOR_SCALE * (vectors - mean)
        held_vectors = signals.VECTOR_SCALE * (model.vectors([t.text for t in held]) - mean)
    rows = features(texts, chosen, vectors)
    held_rows = features(held, chosen, held_vectors)
    is_own = np.array([t.own for t in texts])
    fold = np.array([zlib.crc32(t.text.encode()) % FOLDS for t in texts])
    columns: list[Matrix] = []
    intercepts: list[float] = []
    print(f"\n{role}: {is_own.sum()} own sentences, {(~is_own).sum()} public turns, {len(held)} held out")
    print("signal             n   recall (CV)  own FP (CV)  public FP (CV)  held-out recall  held-out FP")
    for signal in chosen:
        means, carries = set(MEANS.get(signal, ())), set(CARRIES.get(signal, ()))
        target = np.array([signal in t.labels if t.own else bool(means & set(t.labels)) for t in texts])
        usable = target | np.array([t.own or not carries & set(t.labels) for t in texts])
        logits = np.full(len(texts), np.nan)
        for k in range(FOLDS):
            train_rows, test_rows = usable & (fold != k), usable & (fold == k)
            w, b = fit(rows[train_rows], target[train_rows], is_own[train_rows])
            logits[test_rows] = rows[test_rows] @ w + b
        alike = set().union(*(group for group in ALIKE if signal in group))
        others = np.array([t.own and signal not in t.labels and not alike & set(t.labels) for t in texts])
        outside = usable & ~is_own & ~target
        level = max(
            np.quantile(logits[outside], 1 - PUBLIC_RATE[role]), np.quantile(logits[others], 1 - OWN_RATE[role])
        )
        w, b = fit(rows[usable], target[usable], is_own[usable])
        columns.append(w)
        intercepts.append(b - level)
        wanted = np.array([signal in t.labels for t in held])
        reached = held_rows @ w + b > level
        cv = (logits[target] > level).mean(), (logits[others] > level).mean(), (logits[outside] > level).mean()
        print(
            f"{signal:18} {target.sum():3}  {cv[0]:10.2f}  {cv[1]:10.3f}  {cv[2]:12.4f}"
            f"   {int(reached[wanted].sum()):6}/{wanted.sum():<6}  {int(reached[~wanted].sum()):8}/{(~wanted).sum()}"
        )
    return pack(role, np.stack(columns, axis=1), intercepts, mean, len(chosen))


def pack(
    role: Role, columns: Matrix, intercepts: Sequence[float], mean: Matrix | None, count: int
) -> dict[str, NDArray[np.float16]]:
    """The arrays as `service.language.signals` reads them."""
    middle = signals.BUCKETS + count + signals.SHAPES
    parts = {
        "grams": columns[: signals.BUCKETS],
        "patterns": columns[signals.BUCKETS : middle],
        "vectors": columns[middle:],
        "mean": np.zeros(0) if mean is None else mean,
        "intercepts": np.array(intercepts),
    }
    return {f"{role}_{name}": part.astype(np.float16) for name, part in parts.items()}


def main() -> None:
    """Train every author's signals and write the weights file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of public data")
    data: Path = parser.parse_args().data
    packed: dict[str, NDArray[np.float16]] = {}
    for role, chosen in ((Role.CUSTOMER, CUSTOMER_SIGNALS), (Role.BOT, BOT_SIGNALS), (Role.AGENT, AGENT_SIGNALS)):
        packed |= train(role, chosen, data)
    np.savez_compressed(signals.WEIGHTS, **packed)
    print(f"\nwrote {signals.WEIGHTS.name}: {signals.WEIGHTS.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
