"""The life of a knowledge gap: open, acknowledged, fixed, verified or reopened, derived from what happened and when.

No state is stored. Which messages belong to the gap, when a person acknowledged it and when an improvement for it was
deployed are facts; where that leaves the gap follows from them, so that facts may arrive in any order and a change of
the rules re-derives the past. All counting is by UTC day. Nothing here knows a database or a clock.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate
from math import exp, lgamma, log, log1p
from types import MappingProxyType

from service.figures.rates import Rate

DAY = timedelta(days=1)


class GapState(StrEnum):
    """Where a gap stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    FIXED = "fixed"
    VERIFIED = "verified"
    REOPENED = "reopened"


STILL_OPEN = frozenset({GapState.OPEN, GapState.ACKNOWLEDGED, GapState.REOPENED})


@dataclass(frozen=True, slots=True)
class Rules:
    """When a fix counts as verified or as failed. All are settings, judged and not fitted.

    `before`: a fix is compared with so many days up to and with its own. `settle`: so many days later it has reached
    the bot. `looks`: it is looked at so many days after that; each look tests at `level` divided by their number
    (Bonferroni), as the first that succeeds ends the looking. `failed`: a rate that is not below this share of the
    old one, with at least `returns` new messages, is no fix.
    """

    before: int = 28
    settle: int = 1
    looks: tuple[int, ...] = (14, 28, 56)
    level: float = 0.05
    failed: float = 0.5
    returns: int = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """When a gap's messages were sent: the first and the last of `messages`, and how many of them on each UTC day.

    `by_day` is needed only for a gap with fixes; it may be left empty otherwise. `negative`: the first of those that
    carried negative feedback.
    """

    first: datetime
    last: datetime
    messages: int
    by_day: Mapping[date, int]
    negative: datetime | None = None


@dataclass(frozen=True, slots=True)
class GapFacts:
    """What is known of one gap. Times are aware; any order.

    `asked` is `None` before the first message. `acknowledged`: when a person took note. `fixes`: when an improvement
    for it was deployed.
    """

    asked: Asked | None
    acknowledged: Sequence[datetime] = ()
    fixes: Sequence[datetime] = ()

    @classmethod
    def of(
        cls,
        seen: Iterable[datetime],
        negative: Iterable[datetime] = (),
        *,
        acknowledged: Sequence[datetime] = (),
        fixes: Sequence[datetime] = (),
    ) -> GapFacts:
        """The facts of a gap whose messages (`seen`, those with negative feedback once more) are known one by one."""
        known = sorted(seen)
        days = Counter(at.astimezone(UTC).date() for at in known)
        asked = Asked(known[0], known[-1], len(known), days, min(negative, default=None)) if known else None
        return cls(asked, acknowledged, fixes)


@dataclass(frozen=True, slots=True)
class Step:
    """A change of state."""

    state: GapState
    at: datetime


@dataclass(frozen=True, slots=True)
class Effect:
    """Messages of the gap among the bot's conversations before and after a fix, and how likely chance explains a drop.

    `p` is one-sided: given all the messages, the chance that so few fall into the time after if nothing had changed
    (exact conditional test of two Poisson rates, Przyborowski and Wilenski 1940).
    """

    fixed_at: datetime
    messages_before: int
    conversations_before: int
    messages_after: int
    conversations_after: int
    p: float

    @property
    def ratio(self) -> float | None:
        """Rate after divided by rate before; `None` when there is nothing to divide by."""
        if not (self.messages_before and self.conversations_before and self.conversations_after):
            return None
        before = self.messages_before / self.conversations_before
        return self.messages_after / self.conversations_after / before

    @property
    def ratio_interval(self) -> tuple[float, float | None] | None:
        """Between which ratios the true one most likely (95 %) lies; no upper end where there may be none.

        Given all messages, those after the fix are a share of them; Wilson's interval of that share, turned into a
        ratio of rates. `None` where `ratio` is.
        """
        if self.ratio is None:
            return None
        ends = Rate(self.messages_after, self.messages_before + self.messages_after).interval() or (0.0, 1.0)
        scale = self.conversations_before / self.conversations_after
        low, high = ends
        return low / (1 - low) * scale, None if high >= 1 else high / (1 - high) * scale


@dataclass(frozen=True, slots=True)
class GapLife:
    """A gap's steps in order (the first is `open`), and the measured effect of each of its fixes, the earliest first.

    `negative`: when the first of its messages with negative feedback was sent.
    """

    steps: tuple[Step, ...]
    messages: int
    effects: tuple[Effect, ...] = ()
    negative: datetime | None = None

    @property
    def effect(self) -> Effect | None:
        """The measured effect of its last fix, if it had one."""
        return self.effects[-1] if self.effects else None

    @property
    def state(self) -> GapState:
        """Where it stands now."""
        return self.steps[-1].state

    @property
    def opened_at(self) -> datetime:
        """When its first message was sent."""
        return self.steps[0].at

    def first(self, state: GapState) -> datetime | None:
        """When it first came into `state`."""
        return next((step.at for step in self.steps if step.state is state), None)


NO_EXPOSURE: Mapping[date, int] = MappingProxyType({})


def life(
    facts: GapFacts, *, as_of: datetime, exposure: Mapping[date, int] = NO_EXPOSURE, rules: Rules | None = None
) -> GapLife | None:
    """How the gap has fared until `as_of`; `None` while no message of it was sent.

    `exposure`: how many conversations the bot took part in, by day; a fix in a quiet week proves nothing. Days that
    are not in it had none, and without any conversation a fix is neither verified nor failed.

    >>> monday = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> asked = [monday + timedelta(days=n % 28) for n in range(40)]
    >>> busy = {(monday + timedelta(days=n)).date(): 50 for n in range(60)}
    >>> lived = life(GapFacts.of(asked, fixes=[monday + timedelta(days=28)]), as_of=asked[-1] + 50 * DAY, exposure=busy)
    >>> [str(step.state) for step in lived.steps]
    ['open', 'fixed', 'verified']
    """
    rules, asked = rules or Rules(), facts.asked
    if asked is None or asked.first > as_of:
        return None
    today = as_of.astimezone(UTC).date()
    # Without days only the number of all of them is known.
    messages = sum(n for day, n in asked.by_day.items() if day <= today) if asked.by_day else asked.messages
    fixes = sorted({at for at in facts.fixes if asked.first <= at <= as_of})
    days, exposed = (_Days.of(counts if fixes else {}) for counts in (asked.by_day, exposure))
    steps = [Step(GapState.OPEN, asked.first)]
    effects = []
    for number, fixed_at in enumerate(fixes):
        until = fixes[number + 1] if number + 1 < len(fixes) else as_of
        watch = _Watch(days, exposed, fixed_at, until, rules)
        steps += [Step(GapState.FIXED, fixed_at), *watch.steps()]
        effects.append(watch.effect(watch.last))
    steps = _with_notes(steps, sorted(at for at in facts.acknowledged if asked.first <= at <= as_of))
    negative = asked.negative if asked.negative is not None and asked.negative <= as_of else None
    return GapLife(tuple(steps), messages, tuple(effects), negative)


@dataclass(frozen=True, slots=True)
class _Days:
    """Counts by day, ready to be added up between any two days."""

    days: Sequence[date]
    sums: Sequence[int]

    @classmethod
    def of(cls, counts: Mapping[date, int]) -> _Days:
        days = sorted(day for day, n in counts.items() if n)
        return cls(days, [0, *accumulate(counts[day] for day in days)])

    def between(self, since: date, until: date) -> int:
        """Both days included."""
        first, end = bisect_left(self.days, since), bisect_right(self.days, until)
        return self.sums[end] - self.sums[first] if end > first else 0

    def within(self, since: date, until: date) -> Sequence[date]:
        """The days with anything on them."""
        return self.days[bisect_left(self.days, since) : bisect_right(self.days, until)]


class _Watch:
    """The time after one fix, up to the next one or to now."""

    def __init__(self, asked: _Days, exposed: _Days, fixed_at: datetime, until: datetime, rules: Rules) -> None:
        self._asked, self._exposed, self._rules, self._fixed_at = asked, exposed, rules, fixed_at
        fixed = fixed_at.astimezone(UTC).date()
        self._before = self._count(fixed - (rules.before - 1) * DAY, fixed)
        self._first = fixed + rules.settle * DAY
        self.last = until.astimezone(UTC).date()

    def _count(self, since: date, until: date) -> tuple[int, int]:
        return self._asked.between(since, until), self._exposed.between(since, until)

    def effect(self, until: date, since: date | None = None) -> Effect:
        """Before against after, the time after counted up to and with the day `until`."""
        before, bots_before = self._before
        after, bots_after = self._count(since or self._first, until)
        p = fewer(after, before + after, bots_after, bots_before + bots_after)
        return Effect(self._fixed_at, before, bots_before, after, bots_after, p)

    def steps(self) -> list[Step]:
        """Verified at the first look that shows a drop, reopened on the day on which it turns out to be no fix."""
        level = self._rules.level / len(self._rules.looks)
        found: list[Step] = []
        since = self._first
        for look in self._rules.looks:
            day = self._first + look * DAY
            failed = self._failed(since, min(day, self.last))
            if failed is not None:
                return [*found, Step(GapState.REOPENED, _start(failed))]
            if day > self.last:
                return found
            measured = self.effect(day)
            if measured.conversations_after and measured.p < level:
                found.append(Step(GapState.VERIFIED, _start(day)))
                since = day + DAY
                break
        failed = self._failed(since, self.last)
        return [*found, Step(GapState.REOPENED, _start(failed))] if failed is not None else found

    def _failed(self, since: date, until: date) -> date | None:
        """The first day on which enough of it came back for the fix to have done little."""
        before, bots_before = self._before
        for day in self._asked.within(since, until):
            after, bots_after = self._count(since, day)
            # Where nothing was asked before, whatever is asked now is not less.
            back = not before or after * bots_before >= self._rules.failed * before * bots_after
            if after >= self._rules.returns and bots_after and back and (bots_before or not before):
                return day
        return None


def _with_notes(steps: Sequence[Step], acknowledged: Sequence[datetime]) -> list[Step]:
    """`steps` with each acknowledgement that came while the gap was open."""
    found: list[Step] = []
    for number, step in enumerate(steps):
        found.append(step)
        end = steps[number + 1].at if number + 1 < len(steps) else datetime.max.replace(tzinfo=UTC)
        note = next((at for at in acknowledged if step.at <= at < end), None)
        if step.state in STILL_OPEN and note is not None:
            found.append(Step(GapState.ACKNOWLEDGED, note))
    return found


@lru_cache(maxsize=10_000)
def fewer(hits: int, n: int, part: int, whole: int) -> float:
    """P(X <= hits) for X ~ Binomial(n, part / whole); 1.0 when there is nothing to tell apart.

    Kept, for what is long past is asked about again and again.

    >>> round(fewer(0, 5, 1, 2), 5)
    0.03125
    """
    if not n or not whole:
        return 1.0
    share = part / whole
    if share in (0.0, 1.0):
        return 1.0 if not share or hits >= n else 0.0
    rare, rest = log(share), log1p(-share)
    ways = (lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * rare + (n - k) * rest for k in range(hits + 1))
    return min(1.0, sum(exp(way) for way in ways))


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
