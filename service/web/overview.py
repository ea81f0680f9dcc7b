"""What the overview shows: the figures of the account's level as cards, against its own beginning and targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from service.charts.chart import Chart
from service.charts.data import By
from service.charts.sparkline import sparkline
from service.figures.bases import meant
from service.figures.catalogue import Figure, Kind, Level, Maturity, figure
from service.figures.maturity import Suggested
from service.figures.results import Value
from service.figures.standing import Progress
from service.figures.wording import number
from service.figures.words import HEADLINES, called
from service.reports.course import Course, Name, courses
from service.reports.course_words import against_beginning, mostly
from service.reports.figures import Only
from service.reports.maturity import suggestion
from service.reports.next_steps import Shortfall, shortfall
from service.store import goals
from service.store.figures import Period
from service.web import figure_page as shown
from service.web.figure_page import Row, row
from service.web.levels import LEVELS, levels
from service.web.view import View
from service.web.vocabulary import Tone

CARDS: Mapping[str, tuple[Name, ...]] = {
    "escalation": (("rate", ""), ("proactive", ""), ("demanded", "")),
    "business": (("satisfaction", ""),),
}
"""The values of a card where they are not the figure's headlines: the first is drawn, the others stand below it."""

RETURNS: tuple[Name, ...] = (("repeat_contact", ""), ("repeat_contact_7d", ""))
"""How many came back: a card of its own beside satisfaction, both of the figure `business`."""

KEPT = ("confirmed", "likely", "unclear", "unresolved", "abandoned", "returned")


@dataclass(frozen=True, slots=True)
class Target:
    """Progress to this month's target: `part` of the way from the beginning (0 to 1), and in words."""

    part: float
    reached: bool
    words: str


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: the value that stands for it and those below, how it goes, and its way to the target.

    `mostly` says that most of it is from one of the periods. Then no other value stands below it: what is set side by
    side is taken for a comparison.
    """

    figure: Figure
    title: str
    main: Row
    others: tuple[Row, ...]
    change: str
    tone: Tone
    why: str
    target: Target | None
    line: Chart | None
    mostly: str = ""

    @property
    def leading(self) -> bool:
        """Whether it moves before the outcome."""
        return self.figure.kind is Kind.LEADING


@dataclass(frozen=True, slots=True)
class Part:
    """One class of containment: of all the bot's conversations and, of what it kept, of those. Parts of one `tone`
    differ by `shade`, as in the chart beside."""

    of: str
    all: Row
    kept: Row | None
    tone: str
    shade: int


@dataclass(frozen=True, slots=True)
class Containment:
    """Quantity and quality side by side. `kept` and `escalated` add up to all."""

    parts: tuple[Part, ...]
    kept: Row
    escalated: Part
    chart: Chart | None
    why: str
    target: Target | None

    @property
    def bar(self) -> Iterator[tuple[float, float, Part]]:
        """Where each part begins in a bar that is 1000 long, how long it is, and the part."""
        place = 0.0
        for part in (*self.parts, self.escalated):
            length = 1000 * (part.all.value.value or 0.0)
            yield place, length, part
            place += length


@dataclass(frozen=True, slots=True)
class Layer:
    """What a level adds."""

    level: Maturity
    title: str
    meaning: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """The page. `stated`: the level chosen, `None`: it goes by the suggestion. `short`: the figure
    furthest behind its target."""

    level: Maturity
    stated: Maturity | None
    suggested: Suggested
    containment: Containment | None
    layers: tuple[Layer, ...]
    steps: Mapping[str, float]
    days: tuple[int, int] | None
    by: By = By.WEEK
    short: Shortfall | None = None


BY_MONTH = 200
"""Days from which on lines go by month: as easy to read, and quicker."""


def overview(session: Session, view: View) -> Overview:
    """Everything the page shows; nothing is counted yet: no containment and no layers."""
    source = view.source(session)
    found, stated, steps = suggestion(source), goals.maturity(session), goals.steps(session)
    level = stated or found.level
    if view.latest is None:
        return Overview(level, stated, found, None, (), steps, None)
    of = levels(level)
    asked = tuple(one for layer in of.values() for one in layer)
    drawn: dict[str, Only] = {one.name: _names(one)[0][0] for one in asked}
    drawn |= {"containment": shown.BESIDE, "business": (_names(figure("business"))[0][0], RETURNS[0][0])}
    by = By.WEEK if (view.until - view.since).days <= BY_MONTH else By.MONTH
    question = replace(view.question(*asked, period=Period(by)), only=drawn, intents=False)
    known = courses(question, source, steps=steps, beginning=view.compared)
    beginning = next((each.baseline for each in known.values()), None)
    layers = (Layer(each, *LEVELS[each], tuple(_cards(of[each], known, by))) for each in of)
    days = (beginning.days, 30) if beginning is not None and not beginning.whole else None
    # That the bot keeps more is no aim of its own: what it solves is. Diagnostic figures explain others.
    ends = (one for one in asked if one.level is not Level.DIAGNOSTIC)
    aims = {**{one.name: _names(one)[0] for one in ends}, "containment": ("quality", "confirmed")}
    short = shortfall(known, aims.items(), since=view.since, until=view.until)
    return Overview(level, stated, found, containment(known["containment"], by), tuple(layers), steps, days, by, short)


def _cards(figures: tuple[Figure, ...], known: Mapping[str, Course], by: By) -> Iterator[Card]:
    for one in figures:
        if one.name == "containment":
            continue
        found = card(one, known[one.name], _names(one), by)
        if found is not None:
            yield found
        if one.name == "business":
            returns = card(one, known[one.name], RETURNS, by)
            if returns is not None:
                yield returns


def _names(one: Figure) -> tuple[Name, ...]:
    """The values of a figure's card."""
    return CARDS.get(one.name, HEADLINES[one.name])


def card(one: Figure, course: Course, names: tuple[Name, ...], by: By) -> Card | None:
    """A figure's card; `None` where it has nothing to show on these days."""
    values = [value for value in map(course.value, names) if value is not None]
    if not values:
        return None
    main, name = values[0], (values[0].name, values[0].of)
    moved, uneven, why = course.moved.get(name), mostly(course, name, by), against_beginning(course, name)
    line = None
    if main.value is not None:
        line = sparkline(called(one.name, main), shown.points(course, name, by), unit=main.unit, by=by)
    return Card(
        figure=one,
        title=called(one.name, main) if one.name == "business" else one.title,
        main=row(one, main, course),
        others=() if uneven else tuple(row(one, value, course) for value in values[1:]),
        change="" if moved is None else f"{moved.word.capitalize()} than at first" if moved.word else "No change shown",
        tone=_tone(moved.word if moved is not None else ""),
        why=f"{why} {meant(one.name, main.name)}".rstrip() if why else "",
        target=target(course, name),
        line=line,
        mostly=uneven,
    )


def _tone(word: str) -> Tone:
    return {"better": Tone.GOOD, "worse": Tone.BAD}.get(word, Tone.NEUTRAL)


def target(course: Course, name: Name) -> Target | None:
    """The way from the beginning to this month's target; `None` where there is none."""
    aim = course.progress.get(name)
    if aim is None:
        return None
    goal, now = number(aim.goal, aim.now.unit), number(aim.now.value or 0.0, aim.now.unit)
    stands = f"Not reached: {now} since your first 30 days ended."
    if aim.reached:
        stands = "Reached, beyond chance." if aim.sure else "Reached so far; chance could still explain that."
    return Target(_way(aim), aim.reached, f"Target of month {max(1, course.month)}: {goal}. {stands}")


def _way(aim: Progress) -> float:
    start, now = aim.baseline.value or 0.0, aim.now.value or 0.0
    if aim.reached:
        return 1.0
    whole = aim.goal - start
    return min(1.0, max(0.0, (now - start) / whole)) if whole else 0.0


def containment(course: Course, by: By) -> Containment | None:
    """Each class by name, beside what was kept and what was handed over; `None` of nothing."""
    one = figure("containment")
    values: Mapping[Name, Value] = {(value.name, value.of): value for value in course.values}
    whole = values.get(("contained", ""))
    if whole is None or not whole.n:
        return None

    def part(of: str) -> Part:
        quality = values.get(("quality", of))
        kept = row(one, quality, course) if quality is not None else None
        tone = shown.TONES.get(of, Tone.NEUTRAL)
        shade = sum(shown.TONES.get(before) == tone for before in KEPT[: KEPT.index(of)]) if of in KEPT else 0
        return Part(of, row(one, values["class", of], course), kept, tone, shade)

    name = ("quality", "confirmed")
    return Containment(
        parts=tuple(part(of) for of in KEPT),
        kept=row(one, whole, course),
        escalated=part("escalated"),
        chart=shown.beside(one, course, by),
        why=against_beginning(course, name),
        target=target(course, name),
    )
