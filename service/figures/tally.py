"""The tally: how many of what. Whole numbers only, so that tallies of parts add up to the tally of the whole, exactly.

A tally is all that a figure may read. It never holds a rate, a mean or a median: those come from its counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from service.figures.cells import SEPARATOR, cells_of
from service.figures.fact import Fact

_NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts by measure and bucket. Measures and buckets are those of `service.figures.cells`; a count is never 0.

    >>> one = Tally({"containment": {"likely": 2}})
    >>> (one + one).count("containment", "likely"), one.count("containment", "unclear")
    (4, 0)
    """

    cells: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, measure: str) -> Mapping[str, int]:
        """The counts of a measure by bucket; empty when nothing was counted."""
        return self.cells.get(measure, _NOTHING)

    def count(self, measure: str, bucket: str = "") -> int:
        """One count, 0 when nothing was counted."""
        return self.of(measure).get(bucket, 0)

    def total(self, measure: str) -> int:
        """The sum over all buckets of a measure."""
        return sum(self.of(measure).values())

    def split(self, measure: str) -> Iterator[tuple[tuple[str, ...], int]]:
        """The buckets of a measure in their parts, with their counts, in a fixed order."""
        for bucket, count in sorted(self.of(measure).items()):
            yield tuple(bucket.split(SEPARATOR)), count

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
