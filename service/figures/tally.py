"""The tally: how many of what. Whole numbers only, so that tallies of parts add up to the tally of the whole, exactly.

A tally is all that a figure may read. It never holds a rate, a mean or a median: those come from its counts.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from service.figures.cells import SEPARATOR, cells_of
from service.figures.fact import Fact

_NOTHING: Mapping[str, int] = MappingProxyType({})


class Cells(Mapping[str, Mapping[str, int]]):
    """Counts by measure and bucket that add some buckets up faster than one by one."""

    @abstractmethod
    def by_end(self, measure: str, start: str) -> Mapping[int, int]:
        """As `Tally.by_end`."""

    @property
    @abstractmethod
    def mark(self) -> Hashable:
        """Cells with the same mark hold the same counts."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts by measure and bucket. Measures and buckets are those of `service.figures.cells`; a count is never 0.

    >>> one = Tally({"containment": {"likely": 2}})
    >>> (one + one).count("containment", "likely"), one.count("containment", "unclear")
    (4, 0)
    """

    cells: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def mark(self) -> Hashable | None:
        """Tallies with the same mark are the same; `None`: that is not known."""
        return self.cells.mark if isinstance(self.cells, Cells) else None

    def of(self, measure: str) -> Mapping[str, int]:
        """The counts of a measure by bucket; empty when nothing was counted."""
        return self.cells.get(measure, _NOTHING)

    def count(self, measure: str, bucket: str = "") -> int:
        """One count, 0 when nothing was counted."""
        return self.of(measure).get(bucket, 0)

    def total(self, measure: str) -> int:
        """The sum over all buckets of a measure."""
        return sum(self.of(measure).values())

    def by_end(self, measure: str, start: str) -> Mapping[int, int]:
        """The counts of a measure's buckets whose first part is `start`, by the number that is the last part, rising;
        the parts between do not matter.

        >>> Tally({"handling": {"escalated\\tfare\\t7": 2, "escalated\\tseat\\t7": 1, "direct\\tseat\\t7": 5}}).by_end(
        ...     "handling", "escalated"
        ... )
        {7: 3}
        """
        if isinstance(self.cells, Cells):
            return self.cells.by_end(measure, start)
        found: dict[int, int] = {}
        for bucket, count in self.of(measure).items():
            end = end_of(bucket, start)
            if end is not None:
                found[end] = found.get(end, 0) + count
        return dict(sorted(found.items()))

    def split(self, measure: str) -> Iterator[tuple[tuple[str, ...], int]]:
        """The buckets of a measure in their parts, with their counts, in a fixed order."""
        for bucket, count in sorted(self.of(measure).items()):
            yield _parts(bucket), count

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return merge((self, other))

    def to_json(self) -> dict[str, dict[str, int]]:
        """`{measure: {bucket: count}}`."""
        return {measure: dict(buckets) for measure, buckets in self.cells.items()}

    @classmethod
    def from_json(cls, document: Mapping[str, Mapping[str, int]]) -> Tally:
        """The tally that `to_json` wrote."""
        return cls(document)


@lru_cache(maxsize=50_000)
def _parts(bucket: str) -> tuple[str, ...]:
    """The parts of a bucket: the same buckets come again in every period."""
    return tuple(bucket.split(SEPARATOR))


def end_of(bucket: str, start: str) -> int | None:
    """The number that a bucket ends in; `None` where its first part is not `start`."""
    return int(bucket.rpartition(SEPARATOR)[2]) if bucket.startswith(f"{start}{SEPARATOR}") else None


def tally(facts: Iterable[Fact]) -> Tally:
    """Count facts. Their order does not matter; each is counted as often as it comes."""
    counts: dict[str, dict[str, int]] = {}
    for fact in facts:
        for measure, bucket, count in cells_of(fact):
            buckets = counts.get(measure)
            if buckets is None:
                buckets = counts[measure] = {}
            buckets[bucket] = buckets.get(bucket, 0) + count
    return Tally(counts)


def merge(tallies: Iterable[Tally]) -> Tally:
    """All of them together: `merge([tally(a), tally(b)])` is `tally([*a, *b])`."""
    counts: dict[str, dict[str, int]] = {}
    for one in tallies:
        for measure, buckets in one.cells.items():
            known = counts.get(measure)
            if known is None:
                counts[measure] = dict(buckets)
                continue
            seen = known.get
            for bucket, count in buckets.items():
                known[bucket] = seen(bucket, 0) + count
    return Tally(counts)
