"""How far reviewers agree with Deskmark and with one another, score by score, with what was confused with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.figures.agreement import agreement
from service.figures.kappa import kappa
from service.figures.rates import LEAST
from service.figures.results import Better, Value, share
from service.scoring.definitions import VERDICTS


@dataclass(frozen=True, slots=True)
class Table:
    """One score: how often both say the same, kappa, and counts by (what one said, what the other said).

    `words` are the verdicts that were said, in the order of the definitions. Counts are shown whatever n is; the two
    values only from `least` cases on.
    """

    score: str
    agreement: Value
    kappa: Value
    words: tuple[str, ...]
    counts: Mapping[tuple[str, str], int]

    @property
    def n(self) -> int:
        """How many cases it rests on."""
        return self.agreement.n


def tables(counts: Mapping[tuple[str, str, str], int], *, least: int = LEAST) -> Sequence[Table]:
    """A table for every score of (score, what one said, what the other said) -> times, in the definitions' order.

    >>> found = tables({("effort", "low", "low"): 30, ("effort", "low", "high"): 2, ("effort", "high", "high"): 8})
    >>> [(table.score, table.agreement.value, round(table.kappa.value, 2)) for table in found]
    [('effort', 0.95, 0.86)]
    """
    known = {score for score, _, _ in counts}
    ordered = [name for name in VERDICTS if name in known]
    return [_table(score, {pair[1:]: n for pair, n in counts.items() if pair[0] == score}, least) for score in ordered]


def _table(score: str, counts: Mapping[tuple[str, str], int], least: int) -> Table:
    said = {word for pair in counts for word in pair}
    order = VERDICTS[score] or ()
    words = (*(word for word in order if word in said), *sorted(said.difference(order)))
    found = agreement(counts)
    agreed = share("agreement", found.rate, of=score, better=Better.HIGHER, least=least)
    return Table(score, agreed, kappa("kappa", found, of=score, least=least), words, counts)
