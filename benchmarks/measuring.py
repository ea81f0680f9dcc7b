"""One line of the quality table, the intervals of its figures, and the colleagues' measuring script as a module."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from service.figures.calibration import Point, calibration
from service.figures.rates import Rate

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
    return spread(Rate(round(share * n), n).interval() or (0.0, 1.0), n)


def macro_f1(pairs: list[tuple[object, object]]) -> tuple[float, dict[object, float]]:
    per = {}
    for label in sorted({gold for gold, _ in pairs}, key=str):
        hits = sum(g == label and s == label for g, s in pairs)
        per[label] = 2 * hits / (sum(g == label for g, _ in pairs) + sum(s == label for _, s in pairs))
    return sum(per.values()) / len(per), per


def calibrated(task: str, pairs: list[tuple[int, float]]) -> Iterable[Row]:
    """How far stated probabilities (label 0 or 1, probability) are from what was true, and how well they rank."""
    found = calibration(Point(p, label, 1 - label) for label, p in pairs)
    assert found is not None, "there is something to measure"
    base = found.rate.value or 0.0
    for name, estimate, floor in (
        ("expected calibration error", found.error, ""),
        ("Brier score", found.brier, f"{base * (1 - base):.3f}"),
        ("AUC of the probability", found.auc, ".500"),
    ):
        if estimate is not None:
            yield row(task, name, estimate.value, spread((estimate.low, estimate.high), len(pairs)), None, floor)


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
