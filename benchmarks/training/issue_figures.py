"""How well messages of one issue are told from others: figures of the text model on labelled pairs."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.figures.rates import Rate
from service.scoring.score import Policy

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
CUTS = sorted({0.5, 0.6, 0.7, 0.8, 0.9, Policy().same_issue_threshold})
AIMS: dict[str, tuple[str, dict[str, Any]]] = {
    "all": ("AUC, intents left out of training", {"aim": 0.92, "floor": ".818"}),
    "neighbours": ("against neighbouring intents, left out", {"aim": 0.895, "floor": ".779"}),
    "natcs-insurance": ("NatCS alone, left out", {"aim": 0.965}),
}
"""The parts whose figures are kept: name, aim, and what words alone reach."""


@dataclass(frozen=True)
class Area:
    """An area under the ROC curve with its bootstrap interval."""

    part: str
    n: int
    value: float
    interval: tuple[float, float]

    def kept(self) -> dict[str, Any]:
        """As cross_validated.json has it."""
        figure, beside = AIMS[self.part]
        ends = [round(end, 3) for end in self.interval]
        return {"figure": figure, "value": round(self.value, 4), "n": str(self.n), "interval": ends, **beside}


@dataclass(frozen=True)
class Curve:
    """The logistic curve of the probability."""

    slope: float
    intercept: float

    @classmethod
    def fit(cls, x: Floats, y: NDArray[np.int64], rounds: int = 30) -> Curve:
        """The least-loss curve (Newton's method)."""
        design = np.stack([x, np.ones_like(x)], axis=1)
        weights = np.zeros(2)
        for _ in range(rounds):
            p = 1 / (1 + np.exp(-design @ weights))
            weights += np.linalg.solve((design.T * (p * (1 - p))) @ design, design.T @ (y - p))
        return cls(float(weights[0]), float(weights[1]))

    def __call__(self, x: Floats) -> Floats:
        """Probabilities."""
        result: Floats = 1 / (1 + np.exp(-(self.slope * x + self.intercept)))
        return result


def report(which: str, rows: Sequence[dict[str, Any]], score: Floats, known: Flags) -> list[Area]:
    """The AUC over all pairs and against neighbouring intents, and by origin; printed."""
    gold = np.array([row["same_issue"] for row in rows])
    origin = np.array([row["origin"] for row in rows])
    hard = known & np.array([bool(row["same_issue"]) or row["kind"] == "neg_neighbour" for row in rows])
    parts = [("all", known), ("neighbours", hard), *((str(o), known & (origin == o)) for o in sorted(set(origin)))]
    print(which)
    found = []
    for part, kept in parts:
        y, x = gold[kept], score[kept]
        low, high = np.quantile([auc(y[d], x[d]) for d in bootstrap(len(y))], [0.025, 0.975])
        found.append(Area(part, len(y), auc(y, x), (float(low), float(high))))
        print(f"  {part:16s} n={len(y):4d} AUC {found[-1].value:.4f} [{low:.3f}, {high:.3f}]")
    return found


def probabilities(rows: Sequence[dict[str, Any]], cosines: Floats, known: Flags) -> list[dict[str, Any]]:
    """How right stated probabilities are, by a curve fitted on the other half of the intents; printed.

    What is kept of it: the expected calibration error, and precision and recall of `returned` at the default threshold.
    """
    gold = np.array([row["same_issue"] for row in rows])
    half = np.array([zlib.crc32(f"half {row['intent_a']}".encode()) % 2 for row in rows])
    chance = np.zeros(len(gold))
    for part in (0, 1):
        here, there = known & (half == part), known & (half != part)
        chance[here] = Curve.fit(cosines[there], gold[there])(cosines[here])
    error = calibration("all", chance[known], gold[known])
    for origin in sorted({row["origin"] for row in rows}):
        here = known & np.array([row["origin"] == origin for row in rows])
        calibration(str(origin), chance[here], gold[here])
    kept = [{"figure": "expected calibration error, intents left out", "value": round(error, 3), "n": str(known.sum())}]
    same = gold[known] == 1
    for cut in CUTS:
        said = chance[known] >= cut
        hits = int((said & same).sum())
        shares = {"precision": Rate(hits, int(said.sum())), "recall": Rate(hits, int(same.sum()))}
        print(f"  at {cut}: " + ", ".join(f"{name} {share.value or 0:.3f}" for name, share in shares.items()))
        if cut == Policy().same_issue_threshold:
            kept += [share_kept(f"{name} of `returned`, intents left out", share) for name, share in shares.items()]
    return kept


def share_kept(figure: str, share: Rate) -> dict[str, Any]:
    """A share as cross_validated.json has it."""
    found: dict[str, Any] = {"figure": figure, "value": round(share.value or 0.0, 3), "n": str(share.n)}
    interval = share.interval()
    return found | ({"interval": [round(end, 3) for end in interval]} if interval else {})


def calibration(which: str, chance: Floats, gold: NDArray[np.int64], bins: int = 10) -> float:
    """The expected calibration error over bins of equal width; printed with the Brier score."""
    place = np.minimum((chance * bins).astype(int), bins - 1)
    gaps = [abs(chance[place == b].mean() - gold[place == b].mean()) * (place == b).mean() for b in set(place)]
    print(f"  calibration, {which}: n={len(gold)} ECE {sum(gaps):.3f}, Brier {((chance - gold) ** 2).mean():.3f}")
    return float(sum(gaps))


def gain(gold: NDArray[np.int64], score: Floats, base: Floats) -> None:
    """Print how much greater the AUC is than another's, over the same draws."""
    gains = [auc(gold[d], score[d]) - auc(gold[d], base[d]) for d in bootstrap(len(gold))]
    print(f"gain, paired: {np.mean(gains):+.4f} [{np.quantile(gains, 0.025):+.4f}, {np.quantile(gains, 0.975):+.4f}]")


def auc(gold: NDArray[np.int64], score: Floats) -> float:
    """Area under the ROC curve; ties count half."""
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    positives = int(gold.sum())
    return float((ranks[gold == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(gold) - positives)))


def bootstrap(n: int, rounds: int = 400) -> list[NDArray[np.int64]]:
    """Draws of `n` with replacement."""
    rng = np.random.default_rng(7)
    return [rng.integers(n, size=n) for _ in range(rounds)]
