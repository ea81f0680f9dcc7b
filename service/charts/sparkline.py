"""A figure over time in a word's size: for a card, without axes. The card says the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from pygal import XY

from service.charts.chart import Chart
from service.charts.data import By, Point, Tone
from service.charts.drawing import Drawn, config
from service.figures.results import Unit
from service.figures.wording import between, number

SIZE = (160, 40)


def sparkline(
    title: str, points: Sequence[Point], *, unit: Unit = Unit.NUMBER, by: str = By.DAY, tone: str = Tone.PLAIN
) -> Chart:
    """The line alone, its last point marked; gaps where there is no number."""
    cut = By(by)
    known = [(point.day, point.value) for point in points if point.value is not None]
    ends = ", ".join(f"{number(value, unit)} {cut.named(day)}" for day, value in known[:: max(1, len(known) - 1)])
    return Chart(
        title=title,
        about=ends or "No number yet.",
        kind="sparkline",
        width=SIZE[0],
        height=SIZE[1],
        key=(),
        header=(cut.value.capitalize(), "Value", "95 % interval", "n"),
        rows=tuple(
            (cut.named(p.day), "not enough data" if p.value is None else number(p.value, unit),
             between(p.low, p.high, unit), f"{p.n:,}")
            for p in points
        ),
        draw=lambda: _Sparkline.of(points, tone),
    )  # fmt: skip


class _Sparkline(Drawn, XY):
    margins = (5, 5, 5, 5)
    tone = ""

    @classmethod
    def of(cls, points: Sequence[Point], tone: str) -> _Sparkline:
        values = [point.value for point in points if point.value is not None]
        low, high = min(values, default=0.0), max(values, default=1.0)
        days = [point.day.toordinal() for point in points] or [0]
        chart = cls(
            config(SIZE[1], show_x_labels=False, show_y_labels=False, show_x_guides=False, show_y_guides=False,
                   allow_interruptions=True, show_dots=False, xrange=(days[0], max(days[-1], days[0] + 1)),
                   range=(low, high if high > low else low + 1))
        )  # fmt: skip
        chart.width, chart.tone = SIZE[0], f"tone-{tone}" if tone else ""
        chart.add("", [(day, point.value) for day, point in zip(days, points, strict=False)])
        return chart

    def _plot(self) -> None:
        super()._plot()
        last = next((pair for pair in reversed(self.series[0].values) if pair[1] is not None), None)
        if last is not None:
            x, y = self.view(last)
            self.svg.node(self.nodes["overlay"], "circle", cx=x, cy=y, r=3.5, class_=f"dot {self.tone}".strip())
