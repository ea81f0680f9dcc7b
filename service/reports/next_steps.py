"""What to do next: the few things that would change most, chosen by one rule from what is known.

The rule. First whatever left its usual range and that nobody has answered: it may get worse while one reads. Then what
concerns the most conversations a week, of the last four weeks:

* the gap that is asked most and is nobody's work, or is asked again after its fix: as often as it is asked, and no
  more often than in the last whole week;
* the answer of the bot behind the most avoidable handoffs: as many as they are;
* the figure furthest from its monthly target, where its whole interval is on the wrong side: as many conversations as
  lie between value and target. Diagnostic figures, and those that are no share of conversations, are left out.

What concerns fewer than one conversation a week is left out. Last, where there is room, what keeps the figures honest:
verdicts that agents dispute, and what is left of last week's random sample. Three steps at most; none where nothing
can be defended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from service.figures.beside import Prices
from service.figures.results import Better, Unit, Value
from service.figures.standing import Progress
from service.reports.course import Course, Name
from service.reports.gap_board import Line, Standing, standing, told
from service.reports.sources import Stored
from service.store import next_steps, review_queue
from service.store.next_steps import OpenAlarms
from service.store.opinions import monday

WEEKS = 4
MOST = 3
"""Steps that are shown."""

FEWEST = 1.0
"""Conversations a week from which on something is worth a step."""

LOOKED_AT = 5
"""Gaps that are looked at, the most asked first: the first of them may be fixed and be watched."""

OTHERWISE = frozenset({"answer_relevance"})
"""Figures whose shares are not of conversations: they cannot be weighed against what is."""

NOBODYS = frozenset({Standing.NEW, Standing.ACKNOWLEDGED, Standing.REOPENED})


@dataclass(frozen=True, slots=True)
class OpenGap:
    """A gap for somebody to take on, with its burden of four weeks."""

    line: Line

    @property
    def weekly(self) -> float:
        """How often it is asked in a week of the four, and no more often than in the last whole one: what was asked in
        one burst that is over is nobody's next work."""
        mean = self.line.burden.messages / WEEKS
        return min(mean, self.line.weeks[-1][1].messages) if self.line.weeks else mean


@dataclass(frozen=True, slots=True)
class Spared:
    """The answer (its name) that could have spared the most handoffs of four weeks."""

    answer: str
    handoffs: int

    @property
    def weekly(self) -> float:
        """Handoffs in a week."""
        return self.handoffs / WEEKS


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A share that is surely behind its target; `weekly`: conversations that lie between them."""

    figure: str
    value: Value
    goal: float
    weekly: float


@dataclass(frozen=True, slots=True)
class Reviews:
    """Conversations that wait for a person: whose verdict an agent disputes, and those left of last week's sample."""

    disputed: int
    sampled: int


Step = OpenAlarms | OpenGap | Spared | Shortfall | Reviews


@dataclass(frozen=True, slots=True)
class About:
    """Whose steps: of these installations of the source, up to and with the day `latest`. `review_share`: how much of a
    week is drawn for reviews, `None` for a reader who does not review."""

    source: Stored
    installation_ids: Collection[str]
    latest: date
    prices: Prices | None
    review_share: float | None

    @property
    def days(self) -> tuple[date, date]:
        """The first of the four weeks' days, and the day after the last."""
        return self.latest - timedelta(days=7 * WEEKS - 1), self.latest + timedelta(days=1)


def steps(session: Session, about: About, short: Shortfall | None) -> list[Step]:
    """What to do, the first thing first; `short` is the figure furthest behind its target."""
    alarms = next_steps.open_alarms(session, about.installation_ids)
    weekly = [each for each in (_gap(session, about), _spared(session, about), short) if each is not None]
    weekly.sort(key=lambda each: -each.weekly)
    found: list[Step] = [alarms] if alarms is not None else []
    found += [each for each in weekly if each.weekly >= FEWEST]
    if about.review_share is not None and len(found) < MOST:
        found += _reviews(session, about, about.review_share)
    return found[:MOST]


def _gap(session: Session, about: About) -> OpenGap | None:
    since, until = about.days
    known = {gap.row.id: (gap, lived) for gap, lived in about.source.gaps()}
    found = []
    for row in next_steps.asked_most(session, about.installation_ids, since=since, until=until, limit=LOOKED_AT):
        gap, lived = known[row.id]
        if standing(lived, gap.row.audience, gap.row.assigned_at) in NOBODYS:
            when = about.source.now
            found.append(OpenGap(told(session, gap, lived, since=since, until=until, as_of=when, prices=about.prices)))
    return max(found, key=lambda gap: gap.weekly, default=None)


def _spared(session: Session, about: About) -> Spared | None:
    since, until = about.days
    ids, definitions = about.installation_ids, about.source.definitions
    found = next_steps.answer_most_had(session, ids, definitions, since=since, until=until)
    return None if found is None else Spared(*found)


def _reviews(session: Session, about: About, share: float) -> Iterator[Reviews]:
    week = monday(about.source.now) - review_queue.WEEK
    sampled = next_steps.unreviewed(session, about.installation_ids, week=week, share=share)
    found = Reviews(next_steps.disputes(session, about.installation_ids), sampled)
    if found.disputed or found.sampled:
        yield found


def shortfall(
    known: Mapping[str, Course], names: Iterable[tuple[str, Name]], *, since: date, until: date
) -> Shortfall | None:
    """Of the values `names` (figure and name) the one behind its target by most conversations a week, where it is
    surely behind. The days are those of the courses."""
    return max(_shortfalls(known, names, since, until), key=lambda each: each.weekly, default=None)


def _shortfalls(
    known: Mapping[str, Course], names: Iterable[tuple[str, Name]], since: date, until: date
) -> Iterator[Shortfall]:
    for figure, name in names:
        course = known[figure]
        aim = course.progress.get(name)
        if aim is None or course.baseline is None or figure in OTHERWISE or not _surely_behind(aim):
            continue
        days = (until - max(since, course.baseline.until)).days
        missing = abs(aim.goal - (aim.now.value or 0.0)) * aim.now.n
        yield Shortfall(figure, aim.now, aim.goal, missing * 7 / max(1, days))


def _surely_behind(aim: Progress) -> bool:
    now = aim.now
    if now.unit is not Unit.SHARE or now.low is None or now.high is None:
        return False
    return now.high < aim.goal if now.better is Better.HIGHER else now.low > aim.goal
