"""Agreement of two judges on the same cases: raw, and Cohen's kappa with its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from service.figures.rates import LEVEL, Rate, z_of


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two judges agree on `rate.n` cases; `kappa` is 1 for always, 0 for as often as by chance.

    `kappa` and its interval are `None` of nothing, and when one of the judges used one word throughout: chance alone
    then explains whatever agreement there is, and kappa would be 0 for the best judge as for the worst.
    """

    rate: Rate
    kappa: float | None
    low: float | None
    high: float | None


def agreement(pairs: Mapping[tuple[str, str], int], level: float = LEVEL) -> Agreement:
    """Agreement from counts of (what one said, what the other said).

    kappa = (agreed - chance) / (1 - chance) (Cohen 1960); its variance, not assuming kappa 0, after Fleiss, Cohen and
    Everitt (1969), which is a large-sample one; ends are kept within -1..1.

    >>> found = agreement({("yes", "yes"): 20, ("yes", "no"): 5, ("no", "yes"): 10, ("no", "no"): 15})
    >>> round(found.kappa, 2), round(found.low, 2), round(found.high, 2), found.rate
    (0.4, 0.15, 0.65, Rate(hits=35, n=50))
    """
    n = sum(pairs.values())
    hits = sum(count for (one, other), count in pairs.items() if one == other)
    rows: dict[str, int] = {}
    columns: dict[str, int] = {}
    for (one, other), count in pairs.items():
        rows[one] = rows.get(one, 0) + count
        columns[other] = columns.get(other, 0) + count
    by_chance = sum(count * columns.get(word, 0) for word, count in rows.items())
    if n in (0, *rows.values(), *columns.values()):
        return Agreement(Rate(hits, n), None, None, None)
    observed, chance = hits / n, by_chance / n**2
    kappa = (observed - chance) / (1 - chance)
    # Fleiss, Cohen and Everitt's three terms, each with (1 - kappa) or (1 - chance) as they give it.
    same = other_words = 0.0
    for (one, other), count in pairs.items():
        if one == other:
            both = (rows[one] + columns[one]) / n
            same += count / n * (1 - both * (1 - kappa)) ** 2
        else:
            other_words += count / n * ((columns.get(one, 0) + rows.get(other, 0)) / n) ** 2
    variance = (same + (1 - kappa) ** 2 * other_words - (kappa - chance * (1 - kappa)) ** 2) / (1 - chance) ** 2 / n
    reach = z_of(level) * math.sqrt(max(0.0, variance))
    return Agreement(Rate(hits, n), kappa, max(-1.0, kappa - reach), min(1.0, kappa + reach))
