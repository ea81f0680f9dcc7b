"""Figures: which there are, their values, and the conversations behind each value."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field
from sqlalchemy.orm import Session

from service.figures.catalogue import ALL_FIGURES, Figure
from service.figures.catalogue import figure as figure_named
from service.figures.fact import DIMENSIONS
from service.figures.results import Value
from service.reports.behind import Behind, behind
from service.reports.counter import Wanted
from service.reports.figures import DAYS, Cell, Question, answers
from service.reports.figures import described as as_json
from service.reports.sources import Stored
from service.scoring.definitions import VERSIONS
from service.scoring.score import DEFINITIONS
from service.store.figures import Period
from service.web.api.conversations import Cursor, Limit, ids_named
from service.web.api.cursors import cursor, place_of
from service.web.api.routes import Answer, Day, Query, get
from service.web.parts import parts
from service.web.problems import Problem

Dimension = Literal["helpdesk", "account", "channel", "brand", "inbox", "bot", "group", "intent", "language"]
assert get_args(Dimension) == DIMENSIONS


def _known_version(value: str) -> str:
    if value not in VERSIONS:
        raise ValueError(f"is not one of {', '.join(VERSIONS)}")
    return value


def _filter(value: str) -> str:
    name, sign, _ = value.partition("=")
    if not sign or name not in DIMENSIONS:
        raise ValueError("is no dimension and value with = between, such as channel=email")
    return value


Filter = Annotated[str, AfterValidator(_filter), Field(json_schema_extra={"pattern": f"^(?:{'|'.join(DIMENSIONS)})="})]
Version = Annotated[str, AfterValidator(_known_version), Field(json_schema_extra={"enum": list(VERSIONS)})]


class FigureAbout(Answer):
    """What a figure is."""

    name: str
    title: str
    definition: str
    level: str
    maturity: str
    kind: str


class Catalogue(Answer):
    """All figures."""

    items: list[FigureAbout]


@get("/figures", Catalogue)
def figures(_: object) -> Answer:
    """Figures that there are, with what each of them says."""
    return Catalogue(items=[FigureAbout(**as_json(each)) for each in ALL_FIGURES])


class Range(Query):
    """Which conversations are counted."""

    since: Day | None = Field(None, description=f"First day, UTC. Default: {DAYS} days up to `until`.")
    until: Day | None = Field(None, description="Last day, UTC. Default: the latest day with anything to count.")
    filter: tuple[Filter, ...] = Field(
        (), description="dimension=value, e.g. channel=email; may be repeated, all hold."
    )
    installation: tuple[str, ...] = Field((), description="Id, helpdesk or account; may be repeated.")
    definitions: Version = Field(DEFINITIONS, description="Version.")


class FigureQuery(Range):
    """Which conversations are counted, and how they are cut."""

    by: Literal["day", "week", "month"] | None = Field(None, description="One answer for each. Weeks begin on Monday.")
    dimension: Dimension | None = Field(None, description="One answer for each of its values.")


class ValueShape(Answer):
    """One number. `value` is null where `note` says what is missing; `n` is how many cases it rests on."""

    name: str
    of: str = Field(description="Of what: an intent, a class, a source; empty for all.")
    value: float | None
    unit: str
    n: int
    hits: int | None = Field(description="How many of the n, for a share.")
    low: float | None = Field(description="Lower end of the 95 % interval.")
    high: float | None
    interval: str = Field(description="wilson, bootstrap or normal; empty where there is none.")
    better: str = Field(description="higher, lower, or empty.")
    against: float | None = Field(description="What a test compares the value with.")
    p: float | None = Field(description="The p-value of the test.")
    q: float | None = Field(description="The same, corrected for the number of tests made together.")
    word: str = Field(description="What the test says, e.g. improving, flat, declining, weak.")
    note: str


class CellShape(Answer):
    """The values of one period and one value of the dimension."""

    start: date = Field(description="First day of the period.")
    of: str | None = Field(description="The dimension's value; null for none, or where no dimension was asked for.")
    name: str | None = Field(description="How the helpdesk calls this brand, team or bot; null where it told no name.")
    values: list[ValueShape]


class FigureAnswer(FigureAbout):
    """One figure with its values. The definitions version that they rest on is always told."""

    definitions: str
    since: date
    until: date
    by: str | None
    dimension: str | None
    filters: dict[str, str | None]
    least: int = Field(description="Fewest cases for which a number is shown.")
    cells: list[CellShape]


NAME = {"name": "One of the names that /figures lists."}


@get("/figures/<name>", FigureAnswer, query=FigureQuery, path_help=NAME)
def figure(asked: FigureQuery, name: str) -> Answer:
    """One figure, whole or cut by days, weeks or months and by a dimension.

    Every rate comes with its n and a Wilson 95 % interval, a median with a bootstrap interval; with fewer cases than
    `least` there is no number but a note. Periods and values that nothing was counted for are left out.
    """
    one = _figure(name)
    with parts().database.read() as session:
        source = _source(session, asked)
        question = _question(asked, one, source, Period(asked.by) if asked.by else Period.WHOLE, asked.dimension)
        (answer,) = answers(question, source)
    return FigureAnswer(
        **as_json(one),
        definitions=question.definitions,
        since=question.since,
        until=question.until - timedelta(days=1),
        by=asked.by,
        dimension=asked.dimension,
        filters=dict(question.filters),
        least=source.least,
        cells=[_cell(cell, source.labels().name(asked.dimension or "", cell.of)) for cell in answer.cells],
    )


def _figure(name: str) -> Figure:
    try:
        return figure_named(name)
    except KeyError as error:
        raise Problem(404, "there is no figure of this name; /api/v1/figures lists them") from error


def _source(session: Session, asked: Range) -> Stored:
    p = parts()
    ids = ids_named(session, asked.installation)
    return Stored(session, asked.definitions, ids, p.now(), p.settings.prices, p.settings.fewest_cases)


def _question(
    asked: Range, one: Figure, source: Stored, period: Period = Period.WHOLE, dimension: str | None = None
) -> Question:
    last = asked.until or source.last_day() or parts().now().date()
    since = asked.since or last - timedelta(days=DAYS - 1)
    if since > last:
        fault = {"parameter": "since", "detail": "lies after until"}
        raise Problem(400, "a parameter cannot be used", faults=[fault])
    filters = {name: value or None for name, _, value in (each.partition("=") for each in asked.filter)}
    return Question(since, last + timedelta(days=1), (one,), period, dimension, filters, asked.definitions)


def _cell(cell: Cell, name: str | None) -> CellShape:
    return CellShape(start=cell.start, of=cell.of, name=name, values=[_value(value) for value in cell.values])


def _value(value: Value) -> ValueShape:
    return ValueShape(**value.to_json())


class BehindQuery(Range):
    """Which value of the figure, and which conversations are counted."""

    value: str = Field(description="The value's `name`.")
    of: str = Field("", description="The value's `of`.")
    hits: Literal["true", "false"] = Field("false", description="Only what counts among the hits of a share.")
    cursor: Cursor = None
    limit: Limit = 50


class BehindItem(Answer):
    """One episode that a value counts."""

    conversation: str = Field(description="Deskmark's id of the conversation.")
    installation: str
    external_id: str
    episode: int
    day: date
    n: int = Field(description="How often it counts in the value's n: once, or for instance once an answer.")
    hits: int = Field(description="How often it counts among the hits.")


class BehindAnswer(Answer):
    """One page of what a value counts. A page may hold fewer than `limit`, even none, and still not be the last."""

    figure: str
    value: str
    of: str
    definitions: str
    items: list[BehindItem]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


@get("/figures/<name>/conversations", BehindAnswer, query=BehindQuery, path_help=NAME)
def behind_figure(asked: BehindQuery, name: str) -> Answer:
    """Conversations behind one value of a figure, newest day first.

    The list is made by asking the figure itself about each conversation: over all pages, the items' `n` add up to the
    value's `n`, and their `hits` to its `hits`. Values that rest on more than conversations (gaps, months) have none.
    """
    one = _figure(name)
    after = None
    if asked.cursor is not None:
        day, row_id, episode = place_of(asked.cursor, 3)
        after = _place(day, row_id, episode)
    with parts().database.read() as session:
        source = _source(session, asked)
        question = _question(asked, one, source)
        wanted = Wanted(asked.value, asked.of, only_hits=asked.hits == "true")
        found = behind(session, question, source.installation_ids, wanted, after=after, limit=asked.limit)
    if found is None:
        raise Problem(404, "the figure has no such value, or it is none of conversations alone")
    return BehindAnswer(
        figure=name,
        value=asked.value,
        of=asked.of,
        definitions=question.definitions,
        items=[_item(item) for item in found.items],
        next=None if found.next is None else cursor(*(str(key) for key in found.next)),
    )


def _place(day: str, row_id: str, episode: str) -> tuple[date, str, int]:
    try:
        return date.fromisoformat(day), row_id, int(episode)
    except ValueError as error:
        fault = {"parameter": "cursor", "detail": "is not one that a list gave"}
        raise Problem(400, "a parameter cannot be used", faults=[fault]) from error


def _item(item: Behind) -> BehindItem:
    names: dict[str, Any] = {name: getattr(item, name) for name in BehindItem.model_fields}
    return BehindItem(**names)
