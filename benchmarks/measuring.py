"""One line of the quality table, the intervals of its figures, and the colleagues' measuring script as a module."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("DESKMARK_SHARED", ROOT.parent / "shared"))
DATA = SHARED / "data"
COMMAND = str(Path(sys.executable).parent / "deskmark")


@dataclass(frozen=True)
class Row:
    """One figure: what was measured, on how many, against which aim and trivial method (`None`: reported only)."""

    task: str
    figure: str
    value: float | None
    n: str
    aim: str = ""
    met: bool | None = None
    floor: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        value = "-" if self.value is None else f"{self.value:.3f}"
        met = {True: "yes", False: "NO", None: ""}[self.met]
        return (self.task, self.figure, value, self.n, self.floor, self.aim, met)


Aim = tuple[str, Callable[[float], bool]]


def at_least(aim: float) -> Aim:
    return f">= {aim}", lambda value: value >= aim


def at_most(aim: float) -> Aim:
    return f"<= {aim}", lambda value: value <= aim


def row(task: str, figure: str, value: float | None, n: object, aim: Aim | None = None, floor: str = "") -> Row:
    """A row; a figure that could not be computed misses its aim."""
    if aim is None:
        return Row(task, figure, value, str(n), floor=floor)
    return Row(task, figure, value, str(n), aim[0], value is not None and aim[1](value), floor)


def spread(interval: list[float] | tuple[float, float], n: object) -> str:
    return f"{n} [{interval[0]:.3f}, {interval[1]:.3f}]"


def of(share: float, n: int) -> str:
    """The n of a share with its Wilson interval."""
    return spread(wilson(round(share * n), n), n)


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson score interval of a share (Wilson 1927)."""
    if not n:
        return 0.0, 1.0
    p, d = hits / n, 1 + z * z / n
    middle, half = (p + z * z / (2 * n)) / d, z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    return max(0.0, middle - half), min(1.0, middle + half)


def macro_f1(pairs: list[tuple[object, object]]) -> tuple[float, dict[object, float]]:
    per = {}
    for label in sorted({gold for gold, _ in pairs}, key=str):
        hits = sum(g == label and s == label for g, s in pairs)
        per[label] = 2 * hits / (sum(g == label for g, _ in pairs) + sum(s == label for _, s in pairs))
    return sum(per.values()) / len(per), per


def auc(pairs: list[tuple[int, float]]) -> float | None:
    """Chance that a positive is ranked above a negative, ties half (Mann and Whitney 1947)."""
    positive, negative = ([p for label, p in pairs if label == wanted] for wanted in (1, 0))
    if not (positive and negative):
        return None
    wins = sum((a > b) + (a == b) / 2 for a in positive for b in negative)
    return wins / (len(positive) * len(negative))


def brier(pairs: list[tuple[int, float]]) -> float:
    """Mean squared distance of a stated probability from what was true (Brier 1950)."""
    return sum((p - label) ** 2 for label, p in pairs) / len(pairs)


def calibration_error(pairs: list[tuple[int, float]], bins: int = 10) -> float:
    """Expected calibration error over bins of equal width (Naeini et al. 2015)."""
    error = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        inside = [(label, p) for label, p in pairs if low <= p < high or (number == bins - 1 and p == 1)]
        error += abs(sum(label - p for label, p in inside))
    return error / len(pairs)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def evaluator() -> ModuleType:
    """The measuring script; its runs of the command are remembered, so that calibration reads the same cards."""
    spec = importlib.util.spec_from_file_location("evaluate", SHARED / "evaluate" / "evaluate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    plain, seen = module.run, {}

    def run(command: str, args: list[str], documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
        # The name of a catalog's temporary file changes; that there is one does not.
        told = [arg for arg in args if not arg.startswith(("/", "\\"))]
        key = hashlib.sha256(json.dumps([told, documents]).encode()).hexdigest()
        if key not in seen:
            seen[key] = plain(command, args, documents)
        return seen[key]

    module.run = run
    return module
