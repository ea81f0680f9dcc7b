"""Parts of a whole over time: a column for each day, week or month, its parts upon one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from pygal import StackedBar

from service.charts.chart import Chart
from service.charts.data import By, Key, Series
from service.charts.drawing import WIDTH, Drawn, config
from service.charts.scale import days, short, span, ticks
from service.figures.results import Unit
from service.figures.wording import number

HEIGHT = 280
SHADES = 3
"""Parts of one tone that can be told apart; more begin anew."""


def stacked(title: str, series: Sequence[Series], *, unit: Unit, by: str = By.DAY) -> Chart:
    """The parts of each period upon one another, the first at the bottom; a period without numbers stays empty.

    All series have the same days. Parts of one tone differ by shade; white lines lie between all of them.
    """
    cut = By(by)
    columns = [point.day for point in series[0].points] if series else []
    rows = tuple(
        (cut.named(day), *(_words(each, place, unit) for each in series), f"{max(_ns(series, place)):,}")
        for place, day in enumerate(columns)
    )
    return Chart(
        title=title,
        about="; ".join(_about(series, unit, cut)) + ".",
        kind="stacked",
        width=WIDTH,
        height=HEIGHT,
        key=tuple(
            Key(f"fill {mark}", each.name) for each, mark in reversed(list(zip(series, _marks(series), strict=True)))
        ),
        header=(cut.value.capitalize(), *(each.name for each in series), "n"),
        rows=rows,
        draw=lambda: _Stacked.of(series, columns, unit, cut),
    )


def _words(series: Series, place: int, unit: Unit) -> str:
    value = series.points[place].value
    return "no number" if value is None else number(value, unit)


def _ns(series: Sequence[Series], place: int) -> Iterator[int]:
    return (each.points[place].n for each in series)


def _about(series: Sequence[Series], unit: Unit, by: By) -> Iterator[str]:
    for each in series:
        last = next((point for point in reversed(each.points) if point.value is not None), None)
        if last is not None and last.value is not None:
            yield f"{each.name}: {number(last.value, unit)}, {by.named(last.day)}"


def _marks(series: Sequence[Series]) -> list[str]:
    """The class of each part: its tone and how many of that tone lie below it, or its own colour."""
    seen: dict[str, int] = {}
    marks = []
    for place, each in enumerate(series):
        if each.tone:
            marks.append(f"tone-{each.tone} shade-{seen.get(each.tone, 0) % SHADES}")
            seen[each.tone] = seen.get(each.tone, 0) + 1
        else:
            marks.append(f"series-{place}")
    return marks


class _Stacked(Drawn, StackedBar):
    _adapters = ()  # Pygal's own makes a 0 of a gap.
    margins = (10, 16, 26, 64)
    beside = True
    _series_margin = 0.1

    @classmethod
    def of(cls, series: Sequence[Series], columns: Sequence[date], unit: Unit, by: By) -> _Stacked:
        sums = [sum(each.points[place].value or 0.0 for each in series) for place in range(len(columns))]
        _, high = span([0.0, min(max(sums, default=0.0), 1.0) if unit is Unit.SHARE else max(sums, default=0.0)], unit,
                       from_zero=True)  # fmt: skip
        named = dict(days(columns[0], columns[-1], by)) if columns else {}
        chart = cls(config(HEIGHT, range=(0, high), show_x_guides=False, value_formatter=lambda v: short(v, unit)))
        chart.x_labels = [named.get(day, "") for day in columns]
        chart.y_labels = [value for value in ticks(0, high, unit) if value <= high]
        if not series:
            chart.add("", [None])
        for each, mark in zip(series, _marks(series), strict=True):
            chart.add(each.name, [_told(each, place, unit, by, mark) for place in range(len(columns))])
        return chart

    def _bar(self, serie: Any, parent: Any, x: float, y: float, i: int, zero: float, secondary: bool = False) -> Any:
        drawn = super()._bar(serie, parent, x, y, i, zero, secondary)
        parent[-1].set("class", serie.metadata[i]["mark"])
        return drawn


def _told(series: Series, place: int, unit: Unit, by: By, mark: str) -> dict[str, Any]:
    point = series.points[place]
    words = "no number" if point.value is None else number(point.value, unit)
    told = f"{series.name}, {by.named(point.day)}: {words}, n {point.n:,}"
    return {"value": point.value, "tooltip": told, "mark": f"rect {mark}"}
