"""The life of a knowledge gap: open, acknowledged, fixed, verified or reopened, derived from what happened and when.

No state is stored. Which messages belong to the gap, when a person acknowledged it and when an improvement for it was
deployed are facts; where that leaves the gap follows from them, so that facts may arrive in any order and a change of
the rules re-derives the past. All counting is by UTC day. Nothing here knows a database or a clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from math import exp, lgamma, log, log1p
from types import MappingProxyType

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
class GapFacts:
    """What is known of one gap. Times are aware; any order.

    `seen`: when each of its messages was sent. `negative`: those of them that carried negative feedback.
    `acknowledged`: when a person took note. `fixes`: when an improvement for it was deployed.
    """

    seen: Sequence[datetime]
    negative: Sequence[datetime] = ()
    acknowledged: Sequence[datetime] = ()
    fixes: Sequence[datetime] = ()


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


@dataclass(frozen=True, slots=True)
class GapLife:
    """A gap's steps in order (the first is `open`), and the measured effect of its last fix, if it had one."""

    steps: tuple[Step, ...]
    messages: int
    effect: Effect | None = None
    negative: tuple[datetime, ...] = field(default=())

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
    >>> lived = life(
    ...     GapFacts(seen=asked, fixes=[monday + timedelta(days=28)]), as_of=asked[-1] + 50 * DAY, exposure=busy
    ... )
    >>> [str(step.state) for step in lived.steps]
    ['open', 'fixed', 'verified']
    """
    rules = rules or Rules()
    seen = sorted(at for at in facts.seen if at <= as_of)
    if not seen:
        return None
    fixes = sorted({at for at in facts.fixes if seen[0] <= at <= as_of})
    days = [at.astimezone(UTC).date() for at in seen]
    steps = [Step(GapState.OPEN, seen[0])]
    effect = None
    for number, fixed_at in enumerate(fixes):
        until = fixes[number + 1] if number + 1 < len(fixes) else as_of
        watch = _Watch(days, exposure, fixed_at, until, rules)
        steps.append(Step(GapState.FIXED, fixed_at))
        steps += watch.steps()
        effect = watch.effect(watch.last)
    steps = _with_notes(steps, sorted(at for at in facts.acknowledged if seen[0] <= at <= as_of))
    negative = tuple(sorted(at for at in facts.negative if at <= as_of))
    return GapLife(tuple(steps), len(seen), effect, negative)


class _Watch:
    """The time after one fix, up to the next one or to now."""

    def __init__(
        self, days: Sequence[date], exposure: Mapping[date, int], fixed_at: datetime, until: datetime, rules: Rules
    ) -> None:
        self._days, self._exposure, self._rules, self._fixed_at = days, exposure, rules, fixed_at
        fixed = fixed_at.astimezone(UTC).date()
        self._before = (fixed - (rules.before - 1) * DAY, fixed)
        self._first = fixed + rules.settle * DAY
        self.last = until.astimezone(UTC).date()

    def _count(self, since: date, until: date) -> tuple[int, int]:
        messages = sum(since <= day <= until for day in self._days)
        return messages, sum(n for day, n in self._exposure.items() if since <= day <= until)

    def effect(self, until: date, since: date | None = None) -> Effect:
        """Before against after, the time after counted up to and with the day `until`."""
        before, bots_before = self._count(*self._before)
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
        came_back = sorted(day for day in self._days if since <= day <= until)
        for number, day in enumerate(came_back, 1):
            effect = self.effect(day, since)
            # Where nothing was asked before, whatever is asked now is not less.
            back = not effect.messages_before or (effect.ratio is not None and effect.ratio >= self._rules.failed)
            if number >= self._rules.returns and effect.conversations_after and back:
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


def fewer(hits: int, n: int, part: int, whole: int) -> float:
    """P(X <= hits) for X ~ Binomial(n, part / whole); 1.0 when there is nothing to tell apart.

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
