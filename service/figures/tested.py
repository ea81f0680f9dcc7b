"""Words for what a test shows, given together: whoever looks at many intents or slices finds something by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from service.figures.results import Value
from service.figures.trends import FALSE_DISCOVERIES, Direction, benjamini_hochberg

WORDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "trend": (Direction.DECLINING, Direction.FLAT, Direction.IMPROVING),
        "topic": ("weak", "", ""),
    }
)
"""By name of the value: what it is called when it surely lies below what it is tested against, not surely, above."""


def together(cells: Sequence[Sequence[Value]]) -> list[tuple[Value, ...]]:
    """The values of a figure's cells (intents, channels ... of one period) with `q` and `word`, corrected over all.

    Those of parts (with an `of`) are one family of tests, those of wholes another (Benjamini-Hochberg at 5 % each).
    Values without a `p` stay as they are; done twice it changes nothing.
    """
    families: dict[tuple[str, bool], list[tuple[int, int]]] = {}
    for row, cell in enumerate(cells):
        for place, value in enumerate(cell):
            if value.p is not None and value.name in WORDS:
                families.setdefault((value.name, bool(value.of)), []).append((row, place))
    judged = [list(cell) for cell in cells]
    for places in families.values():
        corrected = benjamini_hochberg([cells[row][place].p or 0.0 for row, place in places])
        for (row, place), q in zip(places, corrected, strict=True):
            value = cells[row][place]
            judged[row][place] = replace(value, q=q, word=_word(value, q))
    return [tuple(cell) for cell in judged]


def _word(value: Value, q: float) -> str:
    below, flat, above = WORDS[value.name]
    if q >= FALSE_DISCOVERIES or value.value is None or value.against is None or value.value == value.against:
        return flat
    return above if value.value > value.against else below
