"""How far stated probabilities can be believed: what was stated against what came true, beside the ideal line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pygal import XY

from service.charts.chart import Chart
from service.charts.data import Key, Stated
from service.charts.drawing import Drawn, config
from service.charts.scale import short
from service.figures.results import Unit
from service.figures.wording import between, number

SIDE = 420
"""Units: the chart is nearly square, so that the ideal line rises as it should."""
HEIGHT = 380
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def calibration(title: str, points: Sequence[Stated], *, threshold: float | None = None) -> Chart:
    """One dot for each part of the curve, with whiskers. Below the diagonal more is promised than kept.

    `threshold`: the confidence below which a human should take over; it is marked.
    """
    key = [
        Key("dot-key", "what came true, with its 95 % interval"),
        Key("ideal", "stated and kept are equal; below it, promised more than kept"),
    ]
    if threshold is not None:
        key.append(Key("reference threshold", f"suggested threshold {number(threshold, Unit.SHARE)}"))
    return Chart(
        title=title,
        about="; ".join(f"stated {number(p.stated, Unit.SHARE)}, came true {number(p.value, Unit.SHARE)}"
                        for p in points) + ".",
        kind="calibration",
        width=SIDE,
        height=HEIGHT,
        key=tuple(key),
        header=("Stated", "Came true", "95 % interval", "n"),
        rows=tuple(
            (number(p.stated, Unit.SHARE), number(p.value, Unit.SHARE), between(p.low, p.high, Unit.SHARE), f"{p.n:,}")
            for p in points
        ),
        draw=lambda: _Calibration.of(points, threshold),
    )  # fmt: skip


class _Calibration(Drawn, XY):
    margins = (16, 24, 30, 24)
    threshold: float | None = None

    @classmethod
    def of(cls, points: Sequence[Stated], threshold: float | None) -> _Calibration:
        chart = cls(
            config(HEIGHT, stroke=False, dots_size=5, range=(0, 1), xrange=(0, 1), show_x_guides=True,
                   value_formatter=lambda value: short(value, Unit.SHARE))
        )  # fmt: skip
        chart.width = SIDE
        chart.threshold = threshold
        chart.x_labels = [{"label": short(share, Unit.SHARE), "value": share} for share in QUARTERS]
        chart.y_labels = list(QUARTERS)
        chart.add("", [_told(point) for point in points])
        return chart

    def _plot(self) -> None:
        behind = self.svg.node(self.nodes["plot"], class_="behind")
        self.path(behind, [self.view((0, 0)), self.view((1, 1))], "ideal")
        if self.threshold is not None:
            x = self.view.x(self.threshold)
            self.path(behind, [(x, 0), (x, self.view.height)], "reference threshold")
        super()._plot()


def _told(point: Stated) -> dict[str, Any]:
    share = number(point.value, Unit.SHARE)
    told = f"stated {number(point.stated, Unit.SHARE)}, came true {share}, n {point.n:,}"
    return {"value": (point.stated, point.value), "tooltip": told, "ci": {"low": point.low, "high": point.high}}
