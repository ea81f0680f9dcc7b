"""Keeps figures of models that were trained without what they are measured on: cross_validated.json, read by
benchmarks/public_sets.py. Numbers only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "cross_validated.json"


def keep(task: str, figures: Sequence[Mapping[str, Any]], file: Path = FILE) -> None:
    """Put these in place of the task's figures; other tasks' stay.

    A figure has `figure` (its name), `value` and `n`; where there are any, `interval` (95 %), `aim` and `floor`.
    """
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    kept[task] = list(figures)
    tasks = []
    for name, rows in kept.items():
        lines = ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in rows)
        tasks.append(f"  {json.dumps(name)}: [\n{lines}\n  ]")
    file.write_text("{\n" + ",\n".join(tasks) + "\n}\n", encoding="utf-8")
