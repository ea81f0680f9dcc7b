"""The sentence model with trainable low-rank changes to its last three layers (Hu et al., 2021, arXiv:2106.09685).

Needs `jax` (the small wheel for CPUs) beside the project's own packages, in an environment of its own:

    python -m venv /tmp/training && /tmp/training/bin/pip install jax -e .

The network is rebuilt from the matrices of the ONNX file, so that gradients can flow; its vectors equal the session's
to 3e-7. The lower layers stay as they are, so their output is computed once for each text and kept. Texts are packed:
no arithmetic is spent on padding, which halves the time.
"""

from __future__ import annotations

import os

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from benchmarks.training.model_file import Stored, matrices
from service.language.embedding import Vectors
from service.language.model import MiniLM

LAYERS, FIRST_CHANGED, HEADS, WIDTH = 6, 3, 12, 384
RANK, SCALE = 16, 2.0
"""Changes are multiplied by `SCALE` in training, and by less when they are applied: see text_model.py."""
CHANGED = {
    "q": "attn.q_proj",
    "k": "attn.k_proj",
    "v": "attn.v_proj",
    "o": "attn.o_proj",
    "up": "mlp.fc1",
    "down": "mlp.fc2",
}
BATCH, ROUND = 64, 256

Hidden = NDArray[np.float32]
"""Shape (tokens, 384): one text between two layers."""
Changes = dict[int, dict[str, tuple[jax.Array, jax.Array]]]
"""For each changed layer and matrix the factors a (in, rank) and b (rank, out)."""


@dataclass(frozen=True)
class Packed:
    """Texts one after the other. `place` (texts, longest) says where each token stands, `back` the reverse."""

    tokens: NDArray[np.float32]
    place: NDArray[np.int32]
    back: NDArray[np.int32]
    mask: NDArray[np.float32]


def name(layer: int, matrix: str) -> str:
    """A changed matrix's name in the ONNX file."""
    return f"model.layers.{layer}.{CHANGED[matrix]}.MatMul.weight"


class Network:
    """MiniLM in jax. `folder` of the model as in `MiniLM`."""

    def __init__(self, model: MiniLM) -> None:
        self._tokenizer = model._tokenizer  # noqa: SLF001
        self.stored = matrices(model._files / "onnx")  # noqa: SLF001
        self._layers = [_layer(self.stored, i) for i in range(LAYERS)]
        self._upper = jax.jit(self.forward)
        self._lower = jax.jit(self._below)

    def lower(self, texts: Sequence[str], longest: int) -> list[Hidden]:
        """What the unchanged layers make of each text, cut to `longest` tokens."""
        rows = [self._tokenizer.encode(text).ids for text in texts]
        rows = [row if len(row) <= longest else [*row[: longest - 1], row[-1]] for row in rows]
        embedded = [self._embedded(row) for row in rows]
        out: list[Hidden] = [np.empty(0)] * len(rows)
        for chosen, packed in _batches(embedded):
            done, at = np.asarray(self._lower(packed.tokens, packed.place, packed.back, packed.mask)), 0
            for i in chosen:
                out[i] = done[at : at + len(rows[i])]
                at += len(rows[i])
        return out

    def vectors(self, hidden: Sequence[Hidden], changes: Changes, scale: float) -> Vectors:
        """A unit row for each text, from its lower layers' output."""
        out = np.empty((len(hidden), WIDTH), np.float32)
        for chosen, packed in _batches(hidden):
            made = self._upper(changes, packed.tokens, packed.place, packed.back, packed.mask, jnp.float32(scale))
            out[chosen] = np.asarray(made)[: len(chosen)]
        return out

    def fresh(self, rng: np.random.Generator) -> Changes:
        """Factors that change nothing yet."""
        made: Changes = {}
        for layer in range(FIRST_CHANGED, LAYERS):
            made[layer] = {}
            for matrix in CHANGED:
                rows, columns = self.stored[name(layer, matrix)].numbers.shape
                start = jnp.asarray(rng.normal(0, rows**-0.5, (rows, RANK)), jnp.float32)
                made[layer][matrix] = (start, jnp.zeros((RANK, columns), jnp.float32))
        return made

    def _embedded(self, ids: Sequence[int]) -> Hidden:
        words, places, types = (
            self.stored[f".model.embeddings.{kind}_embeddings.weight"].numbers
            for kind in ("word", "position", "token_type")
        )
        summed: Hidden = words[list(ids)] + places[: len(ids)] + types[0]
        return summed

    def _below(self, x: jax.Array, place: jax.Array, back: jax.Array, mask: jax.Array) -> jax.Array:
        norm = "model.layers.-1.embeddings_norm_layernorm"
        x = _norm(
            x, jnp.asarray(self.stored[f"{norm}.weight"].numbers), jnp.asarray(self.stored[f"{norm}.bias"].numbers)
        )
        for layer in self._layers[:FIRST_CHANGED]:
            x = _block(x, layer, {}, place, back, mask, jnp.float32(0))
        return x

    def forward(
        self, changes: Changes, x: jax.Array, place: jax.Array, back: jax.Array, mask: jax.Array, scale: jax.Array
    ) -> jax.Array:
        """Unit vectors of packed texts, from their lower layers' output."""
        for i in range(FIRST_CHANGED, LAYERS):
            x = _block(x, self._layers[i], changes.get(i, {}), place, back, mask, scale)
        summed = (x[place] * mask[..., None]).sum(1)
        return summed / jnp.linalg.norm(summed, axis=1, keepdims=True)


def pack(hidden: Sequence[Hidden], *, total: int, longest: int) -> Packed:
    """Texts one after the other in `total` rows."""
    place = np.zeros((len(hidden), longest), np.int32)
    mask = np.zeros((len(hidden), longest), np.float32)
    back, tokens, at = np.zeros(total, np.int32), np.zeros((total, WIDTH), np.float32), 0
    for i, row in enumerate(hidden):
        n = len(row)
        place[i, :n], mask[i, :n] = np.arange(at, at + n), 1
        back[at : at + n], tokens[at : at + n] = i * longest + np.arange(n), row
        at += n
    return Packed(tokens, place, back, mask)


def rounded(count: int, step: int = ROUND) -> int:
    """Up to the next multiple, so that few shapes are compiled."""
    return -(-count // step) * step


def contrast(vectors: jax.Array, labels: jax.Array, temperature: float) -> jax.Array:
    """Supervised contrastive loss (Khosla et al., 2020, arXiv:2004.11362)."""
    itself = jnp.eye(len(labels))
    logits = vectors @ vectors.T / temperature - 1e9 * itself
    chance = logits - jax.scipy.special.logsumexp(logits, axis=1, keepdims=True)
    same = (labels[:, None] == labels[None, :]) * (1 - itself)
    return -(jnp.where(same > 0, chance, 0).sum(1) / same.sum(1)).mean()


def mean_of(runs: Sequence[Changes]) -> Changes:
    """One change that equals the mean of the runs' changes: their factors side by side."""
    return {
        layer: {
            matrix: (
                jnp.concatenate([run[layer][matrix][0] for run in runs], axis=1),
                jnp.concatenate([run[layer][matrix][1] for run in runs], axis=0) / len(runs),
            )
            for matrix in runs[0][layer]
        }
        for layer in runs[0]
    }


@cache
def step() -> jax.stages.Wrapped:
    """One compiled step of Adam with clipped gradients and decoupled weight decay."""

    def take(state: tuple[Changes, Changes, Changes], slope: Changes, at: float, rate: float) -> tuple[Changes, ...]:
        now, first, second = state
        length = jnp.sqrt(sum((leaf**2).sum() for leaf in jax.tree.leaves(slope)))
        slope = jax.tree.map(lambda g: g * jnp.minimum(1, 1 / (length + 1e-9)), slope)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slope)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, slope)

        def moved(x: jax.Array, m: jax.Array, v: jax.Array) -> jax.Array:
            return x - rate * (m / (1 - 0.9**at) / (jnp.sqrt(v / (1 - 0.999**at)) + 1e-8) + 0.01 * x)

        return jax.tree.map(moved, now, first, second), first, second

    return jax.jit(take)


def _batches(hidden: Sequence[Hidden]) -> list[tuple[NDArray[np.int64], Packed]]:
    """Texts of like length together; a short batch is filled up with one-token rows."""
    order = np.argsort([len(row) for row in hidden], kind="stable")
    made = []
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        rows = [hidden[i] for i in chosen] + [np.zeros((1, WIDTH), np.float32)] * (BATCH - len(chosen))
        total, longest = rounded(sum(len(row) for row in rows)), rounded(max(len(row) for row in rows), 8)
        made.append((chosen, pack(rows, total=total, longest=longest)))
    return made


def _layer(stored: Mapping[str, Stored], i: int) -> dict[str, jax.Array]:
    at = f"model.layers.{i}."
    layer = {m: jnp.asarray(stored[name(i, m)].numbers) for m in CHANGED}
    layer |= {f"{m}_bias": jnp.asarray(stored[f"{at}{part}.Add.bias"].numbers) for m, part in CHANGED.items()}
    for norm in ("attention_output", "mlp_output"):
        layer |= {
            f"{norm}_{part}": jnp.asarray(stored[f"{at}{norm}_norm_layernorm.{part}"].numbers)
            for part in ("weight", "bias")
        }
    return layer


def _norm(x: jax.Array, weight: jax.Array, bias: jax.Array) -> jax.Array:
    centred = x - x.mean(-1, keepdims=True)
    return centred / jnp.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12) * weight + bias


def _block(
    x: jax.Array,
    layer: Mapping[str, jax.Array],
    changes: Mapping[str, tuple[jax.Array, jax.Array]],
    place: jax.Array,
    back: jax.Array,
    mask: jax.Array,
    scale: jax.Array,
) -> jax.Array:
    """One layer over packed tokens."""

    def linear(y: jax.Array, matrix: str) -> jax.Array:
        out = y @ layer[matrix] + layer[f"{matrix}_bias"]
        return out + scale * ((y @ changes[matrix][0]) @ changes[matrix][1]) if matrix in changes else out

    texts, longest = place.shape

    def heads(y: jax.Array) -> jax.Array:
        return y[place].reshape(texts, longest, HEADS, WIDTH // HEADS).transpose(0, 2, 1, 3)

    likeness = jnp.einsum("nhid,nhjd->nhij", heads(linear(x, "q")), heads(linear(x, "k"))) * (WIDTH // HEADS) ** -0.5
    weights = jax.nn.softmax(likeness + (mask[:, None, None, :] - 1) * 1e9, -1)
    read = jnp.einsum("nhij,nhjd->nhid", weights, heads(linear(x, "v")))
    read = read.transpose(0, 2, 1, 3).reshape(texts * longest, WIDTH)[back]
    x = _norm(linear(read, "o") + x, layer["attention_output_weight"], layer["attention_output_bias"])
    wide = jax.nn.gelu(linear(x, "up"), approximate=False)
    return _norm(linear(wide, "down") + x, layer["mlp_output_weight"], layer["mlp_output_bias"])
