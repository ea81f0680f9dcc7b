"""What the board of gaps lists: a question once, also where several helpdesks of one account group are asked it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from service.reports.gap_board import Line, Standing
from service.store.gap_facts import Burden

FIRST = (
    Standing.NEW, Standing.REOPENED, Standing.ACKNOWLEDGED, Standing.ASSIGNED, Standing.FIXED, Standing.VERIFIED,
)  # fmt: skip
"""Where a question stands whose parts stand apart: where it needs somebody most."""
DONE = frozenset({Standing.FIXED, Standing.VERIFIED})


class Order(StrEnum):
    """What the board is ordered by."""

    IMPACT = "impact"
    ASKED = "asked"
    AGE = "age"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Row:
    """One question: its gap on each helpdesk, the one that is asked most first."""

    parts: tuple[Line, ...]

    @property
    def first(self) -> Line:
        """The part that names it."""
        return self.parts[0]

    @property
    def burden(self) -> Burden:
        """What all parts came to on the days looked at."""
        return sum((part.burden for part in self.parts), Burden())

    @property
    def messages(self) -> int:
        """How often it was ever asked."""
        return sum(part.gap.messages for part in self.parts)

    @property
    def cost(self) -> float | None:
        """What all parts cost; `None` without prices."""
        known = [part.cost for part in self.parts if part.cost is not None]
        return sum(known) if known else None

    @property
    def weeks(self) -> Sequence[tuple[date, Burden]]:
        """The burden of each whole week."""
        together = zip(*(part.weeks for part in self.parts), strict=True)
        return [(weeks[0][0], sum((burden for _, burden in weeks), Burden())) for weeks in together]

    @property
    def standing(self) -> Standing:
        """Where it stands: as the part that needs somebody most."""
        return min((part.standing for part in self.parts), key=FIRST.index)

    @property
    def audiences(self) -> Sequence[str]:
        """Whose work it is, each once; empty while it is nobody's."""
        return _audiences(self.parts)

    @property
    def audiences_there(self) -> Sequence[str]:
        """The same of the parts that stand where the row does."""
        return _audiences(part for part in self.parts if part.standing is self.standing)

    @property
    def age(self) -> int:
        """Days since the first of its open parts opened, or opened again; of all parts where none is open."""
        return max([part.age for part in self.parts if part.standing not in DONE] or [part.age for part in self.parts])

    @property
    def last_asked(self) -> float:
        """When it was last asked, as a timestamp; 0 where that is not known."""
        return max(part.gap.facts.asked.last.timestamp() if part.gap.facts.asked else 0.0 for part in self.parts)


def rows(lines: Iterable[Line], account_groups: Mapping[str, str | None]) -> list[Row]:
    """The lines as rows: one for each question. `account_groups`: that of each installation; none is joined with none.

    Only installations of one account group are joined, whatever number their gaps still have.
    """
    found: dict[tuple[str, int], list[Line]] = defaultdict(list)
    for each in lines:
        row = each.gap.row
        group = account_groups.get(row.installation_id)
        key = ("", row.id) if group is None or row.topic is None else (group, row.topic)
        found[key].append(each)
    return [Row(tuple(sorted(parts, key=_most_asked))) for parts in found.values()]


def _audiences(parts: Iterable[Line]) -> Sequence[str]:
    return sorted({part.gap.row.audience for part in parts if part.gap.row.audience})


def _most_asked(part: Line) -> tuple[int, int]:
    return -part.gap.messages, part.gap.row.id


def ordered(found: Iterable[Row], order: Order) -> list[Row]:
    """What matters most first. Impact: the cost on the days looked at, without prices how often asked."""
    keys: Mapping[Order, Callable[[Row], float]] = {
        Order.IMPACT: lambda one: one.burden.messages if one.cost is None else one.cost,
        Order.ASKED: lambda one: one.burden.messages,
        Order.AGE: lambda one: one.age,
        Order.LATEST: lambda one: one.last_asked,
    }
    return sorted(found, key=lambda one: (-keys[order](one), -one.burden.messages, one.first.gap.row.id))
