"""How many groups a set of vectors falls into, and which: numbers in, numbers out; knows no text."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WEIGHTS = Path(__file__).parent / "weights" / "issue_projection.npz"

CUT = 0.72
"""Average distance (1 - cosine) beyond which two groups stay apart."""
SMALLEST_SHARE = 0.004
"""Groups of a smaller share of all rows are dissolved: their rows go to the nearest group that is left."""

Rows = NDArray[np.float32]
Labels = NDArray[np.intp]


@lru_cache(maxsize=1)
def general() -> tuple[Rows, Rows]:
    """The mean sentence vector of public support messages, and the projection that keeps what they are about."""
    with np.load(WEIGHTS) as file:
        return file["mean"].astype(np.float32), file["projection"].astype(np.float32)


def project(vectors: Rows, mean: Rows) -> Rows:
    """Unit rows in which messages about one thing are close; `mean` (one row) is of the messages they are among."""
    return unit((vectors - mean) @ general()[1])


def unit(rows: Rows) -> Rows:
    """Every row at length 1; a row of zeros stays one."""
    lengths: Rows = np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)
    return (rows / lengths).astype(np.float32)


def smallest(count: int) -> int:
    """How many rows of `count` make a group of their own."""
    return max(1, round(SMALLEST_SHARE * count))


def group(rows: Rows) -> Labels:
    """A label 0, 1, ... for each row (unit length, shape (n, d)); -1 where a row fits no group of sufficient size."""
    count = len(rows)
    if count < 2:
        return np.zeros(count, dtype=np.intp)
    upper = np.triu_indices(count, 1)
    distances = np.clip(1 - (rows @ rows.T)[upper], 0, None).astype(np.float64)
    # Imported here: it takes SciPy in where that is installed, and a worker that groups nothing needs neither.
    merges = import_module("fastcluster").linkage(distances, method="average", preserve_input=False)
    return numbered(cut(merges, count), smallest(count))


def cut(merges: NDArray[np.float64], count: int) -> Labels:
    """The groups that the merges below `CUT` make; `merges` is what `fastcluster.linkage` gives of `count` rows."""
    parent = list(range(count + len(merges)))
    for step, (left, right, height, _) in enumerate(merges):
        if height < CUT:
            parent[int(left)] = parent[int(right)] = count + step
    for node in range(len(parent) - 1, -1, -1):
        parent[node] = parent[parent[node]]
    return np.array(parent[:count], dtype=np.intp)


def numbered(labels: Labels, least: int) -> Labels:
    """Labels 0, 1, ... in order of first appearance; -1 for those of fewer than `least` rows, unless all are."""
    names, first, which, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    kept = sizes >= min(least, int(sizes.max()))
    order = [int(name) for name in np.argsort(first) if kept[name]]
    renamed = np.full(len(names), -1, dtype=np.intp)
    renamed[order] = np.arange(len(order))
    result: Labels = renamed[which]
    return result
