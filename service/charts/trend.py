"""A figure over time: lines with their interval as a band, lines of reference, marks of what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from pygal import XY

from service.charts.chart import Chart
from service.charts.data import By, Event, Key, Point, Series
from service.charts.drawing import LETTERS, WIDTH, Drawn, config
from service.charts.scale import days, short, span, ticks
from service.figures.results import Unit
from service.figures.wording import between, number

HEIGHT = 280
MARKED = 9
"""Events that are marked; earlier ones are only counted."""
EDGE, WORDS = 0.01, 0.17
"""Shares of the width that stay free before the first point, and for the words of lines of reference."""
APART = 24
"""Units that labels and marks must be apart."""


def trend(
    title: str,
    series: Sequence[Series],
    *,
    unit: Unit,
    by: str = By.DAY,
    baseline: float | None = None,
    target: float | None = None,
    events: Sequence[Event] = (),
) -> Chart:
    """Lines over time. A point without a number is a gap; with one or two series their intervals are bands.

    `by` says what a point stands for: day, week or month. Of the events the latest nine are marked.
    """
    cut = By(by)
    known = [point for each in series for point in each.points]
    marked = _marked(events, known)
    table = tuple(_rows(series, unit, cut))
    return Chart(
        title=title,
        about=_about(series, unit, cut, baseline, target),
        kind="trend",
        width=WIDTH,
        height=HEIGHT,
        key=tuple(_key(series, unit, baseline, target, events, marked)),
        header=(cut.value.capitalize(), *(("Line",) if len(series) > 1 else ()), "Value", "95 % interval", "n"),
        rows=table,
        draw=lambda: _Trend.of(series, unit, cut, baseline=baseline, target=target, events=marked),
    )


def _rows(series: Sequence[Series], unit: Unit, by: By) -> Iterator[tuple[str, ...]]:
    for each in series:
        for point in each.points:
            name = (each.name,) if len(series) > 1 else ()
            value = "not enough data" if point.value is None else number(point.value, unit)
            yield by.named(point.day), *name, value, between(point.low, point.high, unit), f"{point.n:,}"


def _about(series: Sequence[Series], unit: Unit, by: By, baseline: float | None, target: float | None) -> str:
    parts = []
    for each in series:
        known = [point for point in each.points if point.value is not None]
        if known and known[0].value is not None and known[-1].value is not None:
            first, last = number(known[0].value, unit), number(known[-1].value, unit)
            parts.append(f"{each.name}: from {first}, {by.named(known[0].day)}, to {last}, {by.named(known[-1].day)}")
        else:
            parts.append(f"{each.name}: no number yet")
    parts += [f"{name} {number(line, unit)}" for name, line in (("baseline", baseline), ("target", target))
              if line is not None]  # fmt: skip
    return "; ".join(parts) + "."


def _marked(events: Sequence[Event], points: Sequence[Point]) -> tuple[Event, ...]:
    """The latest events within the days that are drawn."""
    first, last = min((p.day for p in points), default=date.max), max((p.day for p in points), default=date.min)
    return tuple(sorted((e for e in events if first <= e.day <= last), key=lambda e: (e.day, e.label))[-MARKED:])


def _key(
    series: Sequence[Series],
    unit: Unit,
    baseline: float | None,
    target: float | None,
    events: Sequence[Event],
    marked: Sequence[Event],
) -> Iterator[Key]:
    banded = len(series) <= 2 and any(point.low is not None for each in series for point in each.points)
    for place, each in enumerate(series):
        yield Key(f"swatch series-{place} {_tone(each)}".strip(), each.name)
    if banded:
        yield Key("fill band series-0", "95 % interval")
    if baseline is not None:
        yield Key("reference baseline", f"baseline {number(baseline, unit)}")
    if target is not None:
        yield Key("reference target", f"target {number(target, unit)}")
    for place, event in enumerate(marked, 1):
        yield Key("event", f"{event.day.day} {event.day:%b %Y}: {event.label}", f"{place}")
    if len(events) > len(marked) == MARKED:
        yield Key("event", f"{len(events) - len(marked)} more are not marked")


def _tone(series: Series) -> str:
    return f"tone-{series.tone}" if series.tone else ""


class _Trend(Drawn, XY):
    """`source`, `unit`, `by`, `lines` (name, value) and `events` are what is drawn beside pygal's own lines."""

    margins = (10, 16, 26, 64)
    beside = True
    source: Sequence[Series] = ()
    unit = Unit.NUMBER
    by = By.DAY
    lines: Sequence[tuple[str, float]] = ()
    events: Sequence[Event] = ()

    @classmethod
    def of(
        cls,
        series: Sequence[Series],
        unit: Unit,
        by: By,
        *,
        baseline: float | None,
        target: float | None,
        events: Sequence[Event],
    ) -> _Trend:
        points = [point for each in series for point in each.points]
        lines = [(name, value) for name, value in (("baseline", baseline), ("target", target)) if value is not None]
        numbers = [n for p in points for n in (p.value, p.low, p.high)] + [value for _, value in lines]
        low, high = span(numbers, unit)
        first = min((p.day for p in points), default=date(2000, 1, 1))
        last = max((p.day for p in points), default=first)
        around = 0 if last > first else by.following(first).toordinal() - first.toordinal()
        wide = (last - first).days + 2 * around
        before, behind = EDGE * wide + around, (WORDS * wide if lines else 0) + around
        chart = cls(
            config(HEIGHT, dots_size=3.5, allow_interruptions=True, range=(low, high), show_x_guides=False,
                   xrange=(first.toordinal() - before, last.toordinal() + behind),
                   value_formatter=lambda value: short(value, unit))
        )  # fmt: skip
        chart.y_labels = [value for value in ticks(low, high, unit) if low <= value <= high]
        chart.x_labels = [{"label": words, "value": day.toordinal()} for day, words in days(first, last, by) if points]
        chart.source, chart.unit, chart.by, chart.lines, chart.events = series, unit, by, lines, events
        if events:
            chart.margins = (30, 16, 26, 64)
        for each in series:
            chart.add(each.name, [_told(point, each.name, unit, by) for point in each.points],
                      show_dots=len(each.points) <= 60)  # fmt: skip
        return chart

    def _plot(self) -> None:
        behind = self.svg.node(self.nodes["plot"], class_="behind")
        self._events(behind)
        if len(self.source) <= 2:
            for place, each in enumerate(self.source):
                self._band(behind, each, f"band series-{place} {_tone(each)}".strip())
        super()._plot()
        for part in ("plot", "overlay"):
            for place, each in enumerate(self.source):
                node = self.nodes[part].find(f"./g[@class='series serie-{place} color-{place}']")
                if node is not None:
                    node.set("class", f"series series-{place} {_tone(each)}".strip())
        self._references()

    def _band(self, parent: Any, series: Series, class_: str) -> None:
        """The interval around each run of points; a single point has whiskers."""
        for whole, run in groupby(series.points, key=lambda p: p.low is not None and p.high is not None):
            points = list(run) if whole else []
            lower = [self.view((p.day.toordinal(), p.low)) for p in points]
            upper = [self.view((p.day.toordinal(), p.high)) for p in points]
            if len(points) > 1:
                self.path(parent, [*lower, *reversed(upper)], class_, close=True)
            elif points:
                self.svg.confidence_interval(parent, lower[0][0], lower[0][1], upper[0][1], width=4)

    def _references(self) -> None:
        """Baseline and target, each with its words at the end of its line, apart from one another."""
        places = sorted(((self.view.y(value), name, value) for name, value in self.lines), reverse=True)
        below = len(places) == 2 and places[0][0] - places[1][0] < LETTERS + 8
        for place, (y, name, value) in enumerate(places):
            self.path(self.nodes["overlay"], [(0, y), (self.view.width, y)], f"reference {name}")
            under = (below and place == 0) or y < APART - 4
            words = f"{name} {number(value, self.unit)}"
            height = y + LETTERS + 2 if under else y - 5
            self.text(self.nodes["text_overlay"], words, self.view.width, height, f"reference-text {name} end")

    def _events(self, parent: Any) -> None:
        """A line down from a numbered mark; marks that would lie upon one another stand below one another."""
        taken: list[tuple[float, float]] = []
        for place, event in enumerate(self.events, 1):
            x, y = self.view.x(event.day.toordinal()), -16.0
            while any(abs(x - other) < APART - 4 and y == height for other, height in taken):
                y += APART - 4
            taken.append((x, y))
            self.path(parent, [(x, y), (x, self.view.height)], "event")
            mark = self.svg.node(self.nodes["text_overlay"])
            self.svg.node(mark, "title").text = f"{event.day.day} {event.day:%b %Y}: {event.label}"
            self.svg.node(mark, "circle", cx=x, cy=y, r=9, class_="event-mark")
            self.text(mark, f"{place}", x, y + 4, "event-number")


def _told(point: Point, name: str, unit: Unit, by: By) -> dict[str, Any]:
    """A point as pygal takes it, with what is said when it is pointed at."""
    words = f"{name}, {by.named(point.day)}: " + ("no number" if point.value is None else number(point.value, unit))
    ends = between(point.low, point.high, unit)
    return {
        "value": (point.day.toordinal(), point.value),
        "tooltip": f"{words}{f' ({ends})' if ends else ''}, n {point.n:,}",
    }
