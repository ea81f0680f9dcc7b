"""A fitted intent catalog as bytes and back: numbers and the intents' names, no example's text."""

from __future__ import annotations

import json
from io import BytesIO

import numpy as np

from service.language.gram_sketch import GramSketch
from service.language.intent_reader import Reader
from service.language.intent_usual import Usual
from service.language.intents import IntentCatalog

FORM = 1
"""Raised whenever the same examples would be fitted otherwise, or be packed otherwise."""


def fitted_by(model_id: str) -> str:
    """What a packed catalog rests on: this code and that sentence model. Another one cannot read it."""
    return f"{FORM}/{model_id}"


def pack(catalog: IntentCatalog) -> bytes:
    """The catalog as bytes: 1 kB an example and 3 kB an intent, about. `unpack` gives one that reads the same."""
    reader, sketch = catalog.reader, catalog.reader.sketch
    file = BytesIO()
    np.savez_compressed(
        file,
        names=np.frombuffer(json.dumps(catalog.names).encode(), dtype=np.uint8),
        usual=np.array([catalog.usual.height, catalog.usual.near, catalog.usual.right]),
        labels=reader.labels.astype(np.int32),
        vectors=reader.vectors.astype(np.float16),
        mean=reader.mean.astype(np.float16),
        coefficients=reader.coefficients.astype(np.float16),
        grams=sketch.grams,
        counts=sketch.counts,
        texts=np.int64(sketch.texts),
    )
    return file.getvalue()


def unpack(packed: bytes) -> IntentCatalog:
    """The catalog that `pack` packed."""
    with np.load(BytesIO(packed), allow_pickle=False) as file:
        usual = [(first, second) for first, second in file["usual"].tolist()]
        reader = Reader(
            labels=file["labels"].astype(np.intp),
            vectors=file["vectors"].astype(np.float32),
            mean=file["mean"].astype(np.float32),
            sketch=GramSketch(file["grams"], file["counts"], int(file["texts"])),
            coefficients=file["coefficients"].astype(np.float32),
        )
        names = json.loads(file["names"].tobytes())
    return IntentCatalog(tuple(names), reader, Usual(*usual))
