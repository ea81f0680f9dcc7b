"""What the page of handoffs shows: what is asked again, by team and intent, and escalated against direct."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.charts.chart import Chart
from service.charts.data import Bin, Tone
from service.charts.histogram import histogram
from service.figures.beside import Beside
from service.figures.catalogue import figure
from service.figures.comparison import paths
from service.figures.rates import Rate
from service.figures.results import Better, Unit, duration, share
from service.figures.rows import kept
from service.figures.spread import spread
from service.figures.tally import Tally
from service.figures.times import Times, times_of
from service.figures.wording import duration as in_words
from service.figures.wording import number
from service.reports.figures import Key
from service.web.figure_page import Row, row
from service.web.insight import Told

CONTEXT, TIME = figure("context_preservation"), figure("post_handoff_time")

PARTS = 15
"""Teams or intents that are shown at once."""


@dataclass(frozen=True, slots=True)
class Part:
    """One team or intent (`None`: not known) and how it is called.

    How often nothing was asked again, times, and who gave up waiting.
    """

    name: str | None
    words: str
    preserved: Row
    first_reply: Row
    abandoned: Row


@dataclass(frozen=True, slots=True)
class Pair:
    """One intent with the medians of both ways, and in words how many times as long the escalated took."""

    intent: str
    escalated: Row
    direct: Row
    times: str
    tone: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Escalated against direct: over all intents, intent by intent, and what a raw comparison would have said."""

    ratio: Row | None
    difference: Row | None
    left_out: int
    sentence: str
    raw: str
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Handoffs:
    """What the page counts. Of the bot: those that somebody `answered` and those who had `gone`; `wrote`: all handoffs
    after which somebody wrote, those from person to person among them."""

    answered: int
    gone: int
    wrote: int

    @property
    def by_bot(self) -> int:
        """The bot's handoffs."""
        return self.answered + self.gone


def counted(tally: Tally) -> Handoffs:
    """What the parts of the page count."""
    queue = tally.of("queue")
    return Handoffs(queue.get("answered", 0), queue.get("abandoned_in_queue", 0), tally.total("context"))


def parts_of(found: Mapping[Key, Tally], least: int, called: Callable[[str], str]) -> tuple[list[Part], int]:
    """The values of a dimension with the most handoffs first, and how many more there are. `called`: their words."""
    handoffs = {of: (_handoffs(counted), counted) for (_, of), counted in found.items()}
    known = sorted(((of, *each) for of, each in handoffs.items() if each[0]), key=lambda e: (-e[1], e[0] or ""))
    return [_part(of, called(of) if of else "not known", counted, least) for of, _, counted in known[:PARTS]], max(
        0, len(known) - PARTS
    )


def _handoffs(counted: Tally) -> int:
    queue = counted.of("queue")
    return max(counted.total("context"), queue.get("answered", 0) + queue.get("abandoned_in_queue", 0))


def _part(of: str | None, words: str, counted: Tally, least: int) -> Part:
    preserved = next(v for v in kept.context(counted, Beside(least=least)) if v.name == "preserved")
    queue = counted.of("queue")
    gone, answered = queue.get("abandoned_in_queue", 0), queue.get("answered", 0)
    abandoned = share("abandoned_in_queue", Rate(gone, gone + answered), better=Better.LOWER, least=least)
    reply = duration("first_reply", times_of(counted, "first_reply"), least=least)
    return Part(of, words, row(CONTEXT, preserved), row(TIME, reply), row(TIME, abandoned))


def waiting(tally: Tally, told: Told) -> Chart | None:
    """How long customers waited for the first word of a human; `None` with too few."""
    median = told.values.get(("first_reply", ""))
    if median is None or median.value is None:
        return None
    bins = [Bin(low, high, n) for low, high, n in spread(times_of(tally, "first_reply"))]
    return histogram("From the handoff to the first reply", bins, unit=Unit.SECONDS, middle=median.value)


def compared(tally: Tally, told: Told, least: int) -> Compared:
    """Escalated against direct, within the same intents; and thrown together, for what that is worth."""
    ratio, difference = told.row("ratio"), told.row("difference")
    left = told.values.get(("left_out", ""))
    pairs = []
    for escalated in told.rows("escalated"):
        direct = told.row("direct", escalated.value.of)
        if direct is not None:
            pairs.append(_pair(escalated, direct))
    pairs.sort(key=lambda pair: -pair.escalated.value.n)
    return Compared(
        ratio, difference, int(left.value or 0) if left is not None else 0, _sentence(ratio), _raw(tally, least),
        tuple(pairs),
    )  # fmt: skip


def _pair(escalated: Row, direct: Row) -> Pair:
    one, other = escalated.value, direct.value
    factor = one.value / other.value if one.value and other.value else None
    apart = _apart(one.low, one.high, other.low, other.high)
    tone = Tone.NEUTRAL if factor is None or not apart else Tone.BAD if factor > 1 else Tone.GOOD
    return Pair(one.of, escalated, direct, "" if factor is None else f"{factor:.1f} times", tone)


def _apart(low: float | None, high: float | None, other_low: float | None, other_high: float | None) -> bool:
    """Whether two intervals do not touch: then surely not chance."""
    if low is None or high is None or other_low is None or other_high is None:
        return False
    return low > other_high or other_low > high


def _sentence(ratio: Row | None) -> str:
    """What the ratio means; empty without one."""
    if ratio is None or ratio.value.value is None or ratio.value.low is None or ratio.value.high is None:
        return ""
    value, low, high = (number(each, Unit.RATIO) for each in (ratio.value.value, ratio.value.low, ratio.value.high))
    if ratio.value.low > 1:
        meaning = "longer than chance explains. The bot likely hands over the harder cases of each wish: a part of it"
    elif ratio.value.high < 1:
        meaning = (
            "shorter than chance explains, though the bot likely hands over the harder cases: what it gathers may help"
        )
    else:
        meaning = "chance could explain the difference"
    return (
        f"For the same kind of wish, an escalated conversation takes {value} times as long ({low} to {high}) as one "
        f"that went to a human directly: {meaning}."
    )


def _raw(tally: Tally, least: int) -> str:
    """What all thrown together would say; empty with too few."""
    both = paths(tally).values()
    escalated, direct = (sum((getattr(each, side) for each in both), Times({})) for side in ("escalated", "direct"))
    if min(escalated.n, direct.n) < least:
        return ""
    one, other = escalated.quantile(0.5) or 0.0, direct.quantile(0.5) or 0.0
    return f"{in_words(one)} escalated (n {escalated.n:,}) against {in_words(other)} direct (n {direct.n:,})"
