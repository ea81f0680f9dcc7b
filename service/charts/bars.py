"""Shares or numbers side by side: lying bars, each below its words, with whiskers for its interval."""

from __future__ import annotations

from collections.abc import Sequence

from pygal import HorizontalBar

from service.charts.chart import Chart
from service.charts.data import Bar
from service.charts.drawing import WIDTH, Drawn, config
from service.charts.scale import SCALES, short, span, ticks
from service.figures.results import Unit
from service.figures.wording import between, number

ROW, BELOW = 46, 26
"""Units that a bar with its words takes, and what stands below all of them."""


def bars(title: str, rows: Sequence[Bar], *, unit: Unit, most: int = 30) -> Chart:
    """One bar a row, in the order given; only the first `most` are drawn, the table has all.

    A bar without a number is left out and its `note` says what is missing.
    """
    shown = tuple(rows[:most])
    return Chart(
        title=title,
        about="; ".join(f"{row.name}: {_value(row, unit)}" for row in shown[:8]) + ".",
        kind="bars",
        width=WIDTH,
        height=ROW * max(1, len(shown)) + BELOW,
        key=(),
        header=("", "Value", "95 % interval", "n"),
        rows=tuple((row.name, _value(row, unit), between(row.low, row.high, unit), f"{row.n:,}") for row in rows),
        draw=lambda: _Bars.of(shown, unit),
    )


def _value(row: Bar, unit: Unit) -> str:
    return (row.note or "no number") if row.value is None else number(row.value, unit)


class _Bars(Drawn, HorizontalBar):
    """`source` are the bars from below, as pygal stacks them."""

    margins = (0, 16, BELOW, 16)
    room = 0.0
    _series_margin = 0.36
    source: Sequence[Bar] = ()
    unit = Unit.NUMBER

    @classmethod
    def of(cls, rows: Sequence[Bar], unit: Unit) -> _Bars:
        low, high = span([n for row in rows for n in (row.value, row.high)], unit, from_zero=True)
        low = low if unit in SCALES else min(low, 0.0)
        chart = cls(
            config(ROW * max(1, len(rows)) + BELOW, range=(low, high), zero=max(low, 0.0), rounded_bars=3,
                   show_y_labels=False, show_x_guides=False, show_y_guides=True,
                   value_formatter=lambda value: short(value, unit))
        )  # fmt: skip
        chart.source, chart.unit = tuple(reversed(rows)), unit
        chart.x_labels = [row.name for row in chart.source]
        chart.y_labels = [value for value in ticks(low, high, unit) if low <= value <= high]
        chart.add("", [_told(row, unit) for row in chart.source])
        return chart

    def _plot(self) -> None:
        labels = self.svg.node(self.nodes["text_overlay"], class_="labels")
        tracks = self.svg.node(self.nodes["plot"], class_="tracks")
        thick = ROW * (1 - 2 * self._series_margin) * (1 - 2 * self._serie_margin)
        for place, row in enumerate(self.source):
            middle = self.view.height * (1 - (place + 0.5) / len(self.source))
            self.svg.node(
                tracks, "rect", x=0, y=middle - thick / 2, width=self.view.width, height=thick, rx=3, class_="track"
            )
            self.text(labels, _cut(row.name), 0, middle - 11, "label")
            missing = " missing" if row.value is None else ""
            said = _value(row, self.unit) + (f" · n {row.n:,}" if row.n and row.value not in (None, row.n) else "")
            self.text(labels, said, self.view.width, middle - 11, f"value{missing}")
        super()._plot()


def _told(row: Bar, unit: Unit) -> dict[str, object] | None:
    if row.value is None:
        return None
    ends = between(row.low, row.high, unit)
    told = f"{row.name}: {number(row.value, unit)}{f' ({ends})' if ends else ''}, n {row.n:,}"
    metadata: dict[str, object] = {"value": row.value, "tooltip": told}
    if row.tone:
        metadata["node"] = {"class": f"rect tone-{row.tone}"}
    if row.low is not None and row.high is not None:
        metadata["ci"] = {"low": row.low, "high": row.high}
    return metadata


def _cut(words: str, most: int = 44) -> str:
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
