"""Learned weights at run time: logistic models as plain numbers, trained by `benchmarks/training/context_repeat.py`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic model over standardised features."""

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def logit(self, row: Sequence[float]) -> float:
        """The log-odds for one row of features; a row of another length raises `ValueError`."""
        pairs = zip(row, self.mean, self.scale, self.weights, strict=True)
        return self.bias + sum((x - mean) / scale * weight for x, mean, scale, weight in pairs)

    @classmethod
    def from_numbers(cls, numbers: Mapping[str, object]) -> Logistic:
        """The model from its JSON object (`mean`, `scale`, `weights`, `bias`)."""

        def row(name: str) -> tuple[float, ...]:
            values = numbers[name]
            assert isinstance(values, list)
            return tuple(float(value) for value in values)

        return cls(row("mean"), row("scale"), row("weights"), float(str(numbers["bias"])))


def chance(logit: float) -> float:
    """The probability of a log-odds value."""
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-logit))
    return math.exp(logit) / (1.0 + math.exp(logit))


@dataclass(frozen=True, slots=True)
class Models:
    """The matcher of a question and one exchange, and two models over all: before and after the reply is known."""

    exchange: Logistic
    asked: Logistic
    replied: Logistic


@lru_cache(maxsize=1)
def models() -> Models:
    """The weights shipped with the package."""
    text = (files("service.language") / "weights" / "context_repeat.json").read_text(encoding="utf-8")
    numbers = json.loads(text)
    return Models(*(Logistic.from_numbers(numbers[name]) for name in ("exchange", "asked", "replied")))
