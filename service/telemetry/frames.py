"""Where an error was raised, without any value: what may be logged, stored and shown of it."""

from __future__ import annotations

import traceback
from pathlib import Path

FRAMES = 12


def frames(error: BaseException) -> list[str]:
    """The last `FRAMES` frames, innermost last: file, line and function."""
    return [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-FRAMES:]
    ]
