"""Low-rank changes to the sentence model's upper layers, which make its vectors tell issues apart.

What changes is small (two thin factors for each matrix); the matrices themselves are read from the model's own file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WEIGHTS = Path(__file__).parent / "weights" / "issue_model.npz"
"""Written by benchmarks/training/text_model.py. For each changed matrix, under its name in the model: `/offset` (where
it starts in model.onnx_data, in bytes), `/a` (in, rank) and `/b` (rank, out); what is added is a @ b. Beside them what
`service.language.similarity` reads: a mean to take away, a slope and an intercept.

Learned from CLINC150 (CC BY 3.0) and BANKING77 (CC BY 4.0): which messages share an intent. No text is in it.
"""

_FLOAT = np.dtype("<f4")


@lru_cache(maxsize=1)
def adaptation_id() -> str:
    """Changes whenever the changes to the model do."""
    return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:12]


def adapted_layers(file: Path) -> Mapping[str, NDArray[np.float32]]:
    """The changed matrices (in, out) by their names in the model; `file` holds the model's own."""
    stored = np.memmap(file, dtype=np.uint8, mode="r")
    with np.load(WEIGHTS) as changes:
        names = [key.removesuffix("/offset") for key in changes.files if key.endswith("/offset")]
        return {
            name: _changed(stored, int(changes[f"{name}/offset"]), changes[f"{name}/a"], changes[f"{name}/b"])
            for name in names
        }


def _changed(
    stored: NDArray[np.uint8], offset: int, a: NDArray[np.float16], b: NDArray[np.float16]
) -> NDArray[np.float32]:
    shape = (a.shape[0], b.shape[1])
    own = stored[offset : offset + shape[0] * shape[1] * _FLOAT.itemsize].view(_FLOAT).reshape(shape)
    changed: NDArray[np.float32] = own + a.astype(np.float32) @ b.astype(np.float32)
    return changed
