"""How cases are spread: a column for each range of values, equally wide, so that long tails stay readable."""

from __future__ import annotations

from collections.abc import Sequence

from pygal import Histogram

from service.charts.chart import Chart
from service.charts.data import Bin, Key
from service.charts.drawing import WIDTH, Drawn, config
from service.charts.scale import short, span, ticks
from service.figures.results import Unit
from service.figures.wording import number

HEIGHT = 230


def histogram(title: str, bins: Sequence[Bin], *, unit: Unit, middle: float | None = None) -> Chart:
    """Cases by range; `unit` is that of the ranges. `middle`, a median or mean of the cases, is marked."""
    n = sum(each.n for each in bins)
    most = max(bins, key=lambda each: each.n, default=None)
    about = f"{n:,} cases" + (f", most of them, {most.n:,}, {_range(most, unit)}." if most and n else ".")
    return Chart(
        title=title,
        about=about,
        kind="histogram",
        width=WIDTH,
        height=HEIGHT,
        key=() if middle is None else (Key("reference middle", f"median {number(middle, unit)}"),),
        header=("Range", "Cases", "Share"),
        rows=tuple((_range(each, unit), f"{each.n:,}", number(each.n / n, Unit.SHARE) if n else "") for each in bins),
        draw=lambda: _Histogram.of(bins, unit, middle),
    )


def _range(one: Bin, unit: Unit) -> str:
    if one.high is None:
        return f"{short(one.low, unit)} and more"
    return f"{short(one.low, unit)} to {short(one.high, unit)}"


class _Histogram(Drawn, Histogram):
    margins = (10, 16, 26, 64)
    beside = True
    _series_margin = 0.04
    source: Sequence[Bin] = ()
    unit = Unit.NUMBER
    middle: float | None = None

    @classmethod
    def of(cls, bins: Sequence[Bin], unit: Unit, middle: float | None) -> _Histogram:
        _, high = span([each.n for each in bins], Unit.COUNT, from_zero=True)
        chart = cls(
            config(HEIGHT, range=(0, high), show_x_guides=False, value_formatter=lambda v: short(v, Unit.COUNT))
        )
        chart.source, chart.unit, chart.middle = bins, unit, middle
        chart.y_labels = ticks(0, high, Unit.COUNT)
        every = max(1, round(len(bins) / 7))
        edges = [(place, each.low) for place, each in enumerate(bins)][::every]
        chart.x_labels = [{"label": short(low, unit), "value": place} for place, low in edges]
        chart.add("", [{"value": (each.n, place, place + 1), "tooltip": f"{_range(each, unit)}: {each.n:,}"}
                       for place, each in enumerate(bins)])  # fmt: skip
        return chart

    def _plot(self) -> None:
        super()._plot()
        place = None if self.middle is None else _place(self.source, self.middle)
        if place is not None and self.middle is not None:
            x = self.view.x(place)
            self.path(self.nodes["overlay"], [(x, 0), (x, self.view.height)], "reference middle")
            words, left = f"median {number(self.middle, self.unit)}", x > self.view.width * 0.7
            class_ = "reference-text middle" + (" end" if left else "")
            self.text(self.nodes["text_overlay"], words, x + (-6 if left else 6), 10, class_)


def _place(bins: Sequence[Bin], value: float) -> float | None:
    """Where a value lies among equally wide columns; `None` outside of all."""
    for place, each in enumerate(bins):
        if each.low <= value and (each.high is None or value < each.high):
            return place + (0.5 if each.high is None else (value - each.low) / (each.high - each.low))
    return None
