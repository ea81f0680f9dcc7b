"""The sentence model's matrices by name, read from its ONNX file without the onnx package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_GRAPH, _INITIALIZER = 7, 5
"""Field numbers of ModelProto.graph and GraphProto.initializer (onnx.proto3)."""
_DIMS, _NAME, _EXTERNAL = 1, 8, 13
_VARINT, _BYTES = 0, 2
_WIDTH = {5: 4, 1: 8}


@dataclass(frozen=True, slots=True)
class Stored:
    """One matrix: where it starts in the data file, in bytes, and its numbers."""

    offset: int
    numbers: NDArray[np.float32]


def matrices(folder: Path) -> dict[str, Stored]:
    """Every matrix that the data file holds, by name; `folder` holds model.onnx and model.onnx_data. 32-bit."""
    data = np.memmap(folder / "model.onnx_data", dtype=np.uint8, mode="r")
    graph = next(value for field, value in _fields((folder / "model.onnx").read_bytes()) if field == _GRAPH)
    found = {}
    for field, value in _fields(graph):
        if field != _INITIALIZER:
            continue
        parts = list(_fields(value))
        place = dict(_entry(part) for key, part in parts if key == _EXTERNAL)
        if place:
            start, length = int(place["offset"]), int(place["length"])
            shape = [part for key, part in parts if key == _DIMS]
            name = next(part for key, part in parts if key == _NAME).decode()
            found[name] = Stored(start, np.array(data[start : start + length].view("<f4")).reshape(shape))
    return found


def _entry(part: bytes) -> tuple[str, str]:
    pair = dict(_fields(part))
    return pair[1].decode(), pair[2].decode()


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field number and value of each field of a protocol buffer."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        field, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield field, value
            continue
        length, at = _varint(message, at) if kind == _BYTES else (_WIDTH[kind], at)
        yield field, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
