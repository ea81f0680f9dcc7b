"""A figure over time in a word's size: for a card, without axes. The card says the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from service.charts.chart import Chart
from service.charts.data import By, Point, Tone
from service.figures.results import Unit
from service.figures.wording import between, number

SIZE = (160, 40)
MARGIN = 5.5


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
        draw=lambda: _drawing(points, tone),
    )  # fmt: skip


def _drawing(points: Sequence[Point], tone: str) -> ET.Element:
    """A path for each run of points, and a dot on the last. Twenty stand in a page: a whole graph for each, with axes
    that nobody sees, took a tenth of its time."""
    values = [point.value for point in points if point.value is not None]
    low, high = min(values, default=0.0), max(values, default=1.0)
    first, last = (points[place].day.toordinal() if points else 0 for place in (0, -1))

    def place(point: Point, value: float) -> tuple[float, float]:
        along = (point.day.toordinal() - first) / max(1, last - first)
        up = (value - low) / (high - low) if high > low else 0.0
        width, height = (side - 2 * MARGIN for side in SIZE)
        return MARGIN + along * width, MARGIN + (1 - up) * height

    group = ET.Element("g", {"class": f"chart-drawing series tone-{tone}" if tone else "chart-drawing series"})
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append(place(point, point.value))
    for run in runs:
        if len(run) > 1:
            ET.SubElement(group, "path", {"class": "line", "d": "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in run)})
    if values:
        x, y = next(run[-1] for run in reversed(runs) if run)
        ET.SubElement(group, "circle", {"class": "dot", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3.5"})
    return group
