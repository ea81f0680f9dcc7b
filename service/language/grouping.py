"""How many groups a set of rows falls into, and which: numbers in, numbers out; knows no text.

Every row is drawn towards its nearest neighbours twice, which takes out what only one message says; then average
linkage, cut where the silhouette of the rows as they were is best. Groups of few rows are dissolved into the nearest.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from service.language.topics import Rows, unit

# Chosen together over development sets such as benchmarks/training/clusters.py prints: public intents in unequal
# numbers, plain and among small talk, and spoken requests of two companies.
WORDS_WEIGH = 0.8
"""Length of a row's words beside its vector's 1."""
NEIGHBOURS, DRAWN, ROUNDS = 10, 0.5, 2
ROWS_A_NEIGHBOUR = 20
"""Among few rows the nearest ones may be of another thing: fewer rows than this are not drawn anywhere."""
USUAL_CUT, CUT_PULL = 0.5, 1.0
"""The prior of the cut: the silhouette loses `CUT_PULL` times the squared distance from the usual one."""
CUTS = np.arange(0.3, 0.76, 0.025)
"""Average distances (1 - cosine of drawn rows) that are tried."""
SMALLEST_SHARE = 0.004
"""Groups of a smaller share of all rows are dissolved."""

Labels = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Grouped:
    """A label 0, 1, ... for each row, and whether it stood in a group of sufficient size before it was put there."""

    labels: Labels
    settled: NDArray[np.bool_]


def group(vectors: Rows, words: Rows) -> Grouped:
    """Group `vectors` (unit rows) with the help of `words` (as many unit rows, or rows of zeros)."""
    count = len(vectors)
    if count < 2:
        return Grouped(np.zeros(count, dtype=np.intp), np.ones(count, dtype=np.bool_))
    rows = drawn(unit(np.concatenate([vectors, WORDS_WEIGH * words], axis=1)))
    upper = np.triu_indices(count, 1)
    distances = np.clip(1 - (rows @ rows.T)[upper], 0, None).astype(np.float64)
    # Imported here: it takes SciPy in where that is installed, and a worker that groups nothing needs neither.
    merges = import_module("fastcluster").linkage(distances, method="average", preserve_input=False)
    tried: dict[int, tuple[float, Grouped]] = {}
    for height in CUTS:
        groups = int((merges[:, 2] >= height).sum()) + 1
        found = dissolved(cut(merges, count, height), rows)
        merit = silhouette(vectors, found.labels) - CUT_PULL * float(height - USUAL_CUT) ** 2
        if groups not in tried or merit > tried[groups][0]:
            tried[groups] = merit, found
    return max(tried.values(), key=lambda one: one[0])[1]


def drawn(rows: Rows) -> Rows:
    """Each row halfway to the mean of its nearest neighbours (weighted by cosine), `ROUNDS` times."""
    count = len(rows)
    near = min(NEIGHBOURS, count // ROWS_A_NEIGHBOUR)
    if not near:
        return rows
    for _ in range(ROUNDS):
        likeness = rows @ rows.T
        np.fill_diagonal(likeness, -1)
        nearest = np.argsort(-likeness, axis=1, kind="stable")[:, :near]
        weights = np.clip(np.take_along_axis(likeness, nearest, axis=1), 0, None)
        around = np.zeros_like(rows)
        for place in range(near):
            around += weights[:, place, None] * rows[nearest[:, place]]
        rows = unit(DRAWN * rows + (1 - DRAWN) * unit(around))
    return rows


def cut(merges: NDArray[np.float64], count: int, height: float) -> Labels:
    """The groups that the merges below `height` make; `merges` is what `fastcluster.linkage` gives of `count` rows."""
    parent = np.arange(count + len(merges))
    for step, (left, right, distance, _) in enumerate(merges):
        if distance < height:
            parent[[int(left), int(right)]] = count + step
    for node in range(len(parent) - 1, -1, -1):
        parent[node] = parent[parent[node]]
    result: Labels = parent[:count]
    return result


def dissolved(labels: Labels, rows: Rows) -> Grouped:
    """Labels 0, 1, ..., largest group first; rows of groups that are too small go to the nearest centre."""
    _, first, which, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    alone = 1 if len(rows) < ROWS_A_NEIGHBOUR else 2
    least = min(max(alone, int(SMALLEST_SHARE * len(rows))), int(sizes.max()))
    kept = [int(name) for name in np.lexsort((first, -sizes)) if sizes[name] >= least]
    number = np.full(len(sizes), -1, dtype=np.intp)
    number[kept] = np.arange(len(kept))
    result = number[which]
    settled = result >= 0
    centres = unit(np.stack([rows[result == place].mean(0) for place in range(len(kept))]))
    result[~settled] = (rows[~settled] @ centres.T).argmax(1)
    return Grouped(result, settled)


def silhouette(rows: Rows, labels: Labels) -> float:
    """Mean over rows of (b - a) / max(a, b): a and b are the mean cosine distances to the own group's other rows and to
    the nearest other group's (Rousseeuw 1987). 0 for a row alone in its group; -1 when there is one group only.
    """
    count, groups = len(rows), int(labels.max()) + 1
    if groups < 2:
        return -1.0
    sizes = np.bincount(labels, minlength=groups)
    sums = np.zeros((groups, rows.shape[1]), dtype=np.float32)
    np.add.at(sums, labels, rows)
    to_groups = rows @ sums.T
    own = (to_groups[np.arange(count), labels] - 1) / np.maximum(sizes[labels] - 1, 1)
    means = to_groups / sizes
    means[np.arange(count), labels] = -np.inf
    a, b = 1 - own, 1 - means.max(1)
    scores = np.where(sizes[labels] > 1, (b - a) / np.maximum(np.maximum(a, b), 1e-9), 0.0)
    return float(scores.mean())
