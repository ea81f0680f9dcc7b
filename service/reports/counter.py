"""How often one conversation counts in a value of a figure, asked of the figure itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from service.figures.beside import Beside
from service.figures.catalogue import Figure
from service.figures.cells import SEPARATOR
from service.figures.fact import Fact
from service.figures.results import Value
from service.figures.tally import Tally, tally

MORE_THAN_COUNTS = frozenset({"ratio", "difference", "left_out", "trend", "threshold_precision", "threshold_recall",
                              "threshold_handed_over"})  # fmt: skip
"""Values that one conversation may change as a whole, so that none of them stands behind a part of it."""


TIMES = frozenset({"escalation.before", "escalation.delay", "handling", "handling.business", "first_reply",
                   "first_reply.business", "queue.waited"})  # fmt: skip
"""Measures whose buckets end with that of a time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value by its name and what it is of; with `only_hits` only what counts among its hits."""

    name: str
    of: str = ""
    only_hits: bool = False


@dataclass(slots=True)
class Counter:
    """How often a fact counts in a value: by how much the value's counts grow when the fact is added.

    It is added to `base`, which has every bucket that there is, once: a share of a class that nothing else falls into
    would not be there for a single fact. `beside` is what the figure is given: nothing, and a number even for one case.
    Facts that add the same to what the figure reads are asked about once.
    """

    figure: Figure
    wanted: Wanted
    beside: Beside
    base: Tally
    counts: tuple[int, int]
    measures: tuple[str, ...]
    known: dict[tuple[frozenset[tuple[str, int]], ...], tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, figure: Figure, wanted: Wanted, whole: Tally) -> Counter | None:
        """`None` when the figure has no such value, or one that is more than a count of conversations."""
        if wanted.name.rpartition(".")[2] in MORE_THAN_COUNTS:
            return None
        read: set[str] = set()
        once = {measure: dict.fromkeys(_kinds(measure, whole), 1) for measure in whole.cells}
        beside = Beside(least=1, only=wanted.name)
        values = figure.compute(Tally(_Recorder(once, read)), beside)
        found = _value(values, wanted)
        if found is None:
            return None
        base = Tally({measure: once[measure] for measure in read if measure in once})
        return cls(figure, wanted, beside, base, (found.n, found.hits or 0), tuple(sorted(read)))

    def count(self, fact: Fact) -> tuple[int, int]:
        """How often it counts in n, and how often among the hits."""
        counted = tally([fact])
        key = tuple(frozenset(counted.of(measure).items()) for measure in self.measures)
        if key not in self.known:
            added = Tally({m: counted.of(m) for m in self.measures if counted.of(m)})
            found = _value(self.figure.compute(self.base + added, self.beside), self.wanted)
            n, hits = self.counts
            self.known[key] = (0, 0) if found is None else (found.n - n, (found.hits or 0) - hits)
        return self.known[key]


def _kinds(measure: str, whole: Tally) -> Iterable[str]:
    """The buckets of a measure; of one of times, which no value is of, only one for each place."""
    buckets = whole.of(measure)
    if measure not in TIMES:
        return buckets
    return {bucket.rpartition(SEPARATOR)[0]: bucket for bucket in sorted(buckets)}.values()


def _value(values: Iterable[Value], wanted: Wanted) -> Value | None:
    return next((value for value in values if (value.name, value.of) == (wanted.name, wanted.of)), None)


class _Recorder(Mapping[str, Mapping[str, int]]):
    """Cells that remember which measures were asked for."""

    def __init__(self, cells: Mapping[str, Mapping[str, int]], read: set[str]) -> None:
        self._cells = cells
        self._asked = read

    def __getitem__(self, measure: str) -> Mapping[str, int]:
        self._asked.add(measure)
        return self._cells[measure]

    def __iter__(self) -> Iterator[str]:
        self._asked.update(self._cells)
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)
