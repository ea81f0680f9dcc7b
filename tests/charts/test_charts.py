"""Charts: fit to stand inline under a strict policy, the same every time, gaps and marks in their place."""

from __future__ import annotations

import re
import struct
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.charts.bars import bars
from service.charts.calibration import calibration
from service.charts.chart import Chart
from service.charts.data import Bar, Bin, By, Event, Point, Series, Stated
from service.charts.histogram import histogram
from service.charts.picture import Theme
from service.charts.scale import days, short, span, ticks
from service.charts.sparkline import sparkline
from service.charts.stacked import stacked
from service.charts.trend import MARKED, trend
from service.figures.results import Unit

MONDAY = date(2026, 3, 2)
SVG = "{http://www.w3.org/2000/svg}"


def weeks(*values: float | None, n: int = 120) -> tuple[Point, ...]:
    """A share by week with an interval of ten points."""
    return tuple(
        Point(MONDAY + timedelta(weeks=place), value, None if value is None else value - 0.05,
              None if value is None else value + 0.05, n)
        for place, value in enumerate(values)
    )  # fmt: skip


CHARTS: dict[str, Chart] = {
    "trend": trend("Solved & closed <b>", [Series("solved", weeks(0.5, 0.55, None, 0.6, 0.58))], unit=Unit.SHARE,
                   by=By.WEEK, baseline=0.5, target=0.6, events=[Event(date(2026, 3, 11), "bot 2")]),
    "two lines": trend("Turns", [Series("a", weeks(1, 2)), Series("b", weeks(2, 1))], unit=Unit.TURNS, by="week"),
    "three lines": trend("Turns", [Series(name, weeks(1, 2)) for name in "abc"], unit=Unit.TURNS, by="week"),
    "bars": bars("Outcomes", [Bar("Confirmed", 0.4, 0.3, 0.5, 90, "good"), Bar("Few", None, n=12, note="12 of 20"),
                              Bar("A name that is much too long for the line it stands in", 0.1, n=9)],
                 unit=Unit.SHARE),
    "stacked": stacked("Parts", [Series("good", weeks(0.5, None, 0.6), "good"),
                                 Series("fine", weeks(0.2, None, 0.2), "good"),
                                 Series("own", weeks(0.3, None, 0.2))], unit=Unit.SHARE, by="week"),
    "histogram": histogram("Waits", [Bin(0, 60, 5), Bin(60, 300, 9), Bin(300, None, 1)], unit=Unit.SECONDS, middle=90),
    "calibration": calibration("Confidence", [Stated(0.3, 0.2, 0.1, 0.3, 40), Stated(0.9, 0.8, 0.7, 0.9, 60)],
                               threshold=0.5),
    "sparkline": sparkline("Solved", weeks(0.5, None, 0.6), unit=Unit.SHARE, by="week", tone="good"),
    "nothing": trend("Nothing", [Series("a", ())], unit=Unit.SHARE),
    "no numbers": trend("None", [Series("a", weeks(None, None))], unit=Unit.SHARE, by="week"),
    "one point": trend("One", [Series("a", weeks(0.5))], unit=Unit.SHARE, by="week"),
    "no bars": bars("None", [], unit=Unit.COUNT),
    "no parts": stacked("None", [], unit=Unit.SHARE),
    "no bins": histogram("None", [], unit=Unit.SECONDS, middle=5),
    "no curve": calibration("None", []),
    "no points": sparkline("None", []),
}  # fmt: skip


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_stands_inline_without_script_style_or_ids(name: str) -> None:
    chart = CHARTS[name]
    svg = chart.svg()
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == ["title", "desc"]
    assert root.findtext("title") == chart.title
    for node in root.iter():
        assert isinstance(node.tag, str), "a comment"
        assert node.tag not in ("script", "style", "defs", "foreignObject", "a")
        assert not {"id", "style", "onload", "href"} & set(node.attrib), node.attrib
    assert "http" not in svg
    assert "2026-11" not in svg, "the day on which it was drawn"
    assert svg == chart.svg(), "not the same every time"


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("theme", Theme)
def test_a_chart_is_a_picture_of_the_asked_width(name: str, theme: Theme) -> None:
    picture = CHARTS[name].png(width=400, theme=theme)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", picture[16:20])[0] == 400
    assert picture == CHARTS[name].png(width=400, theme=theme)


def test_words_of_a_picture_are_drawn_without_the_machines_fonts() -> None:
    with_words = trend("A title", [Series("a", weeks(0.5, 0.6))], unit=Unit.SHARE, by="week").png(width=500)
    without = trend(" ", [Series("a", weeks(0.5, 0.6))], unit=Unit.SHARE, by="week").png(width=500)
    assert len(with_words) > len(without) + 500
    assert trend("返品", [Series("a", weeks(0.5, 0.6))], unit=Unit.SHARE, by="week").png(width=500)


@pytest.mark.parametrize("name", [name for name in CHARTS if not name.startswith("no")])
def test_the_table_has_as_many_cells_as_its_head(name: str) -> None:
    header, rows = CHARTS[name].table()
    assert rows
    assert {len(row) for row in rows} == {len(header)}
    assert CHARTS[name].about.endswith((".", "Mar 2026"))


def test_a_gap_is_no_zero() -> None:
    root = ET.fromstring(CHARTS["trend"].svg())
    lines = [node for node in root.iter("path") if node.get("class", "").startswith("line reactive")]
    assert len(lines) == 2, "the line goes on over the gap"
    assert len([node for node in root.iter("path") if node.get("class") == "band series-0"]) == 2
    assert len([node for node in root.iter("circle") if "dot" in node.get("class", "")]) == 4
    assert ("week of 16 Mar 2026", "not enough data", "", "120") in CHARTS["trend"].table()[1]
    assert len(list(ET.fromstring(CHARTS["stacked"].svg()).iter("rect"))) == 6
    assert len([node for node in ET.fromstring(CHARTS["one point"].svg()).iter("g") if node.get("class") == "ci"]) == 1


def test_baseline_target_and_events_are_named() -> None:
    chart = CHARTS["trend"]
    words = [node.text for node in ET.fromstring(chart.svg()).iter("text")]
    assert {"baseline 50.0 %", "target 60.0 %", "1"} <= set(words)
    assert [key.text for key in chart.key] == [
        "solved", "95 % interval", "baseline 50.0 %", "target 60.0 %",
        "11 Mar 2026: bot 2",
    ]  # fmt: skip
    titles = [node.text or "" for node in ET.fromstring(chart.svg()).iter("title")]
    assert "solved, week of 2 Mar 2026: 50.0 % (45.0 to 55.0 %), n 120" in titles


def test_of_many_events_the_latest_are_marked_apart_from_one_another() -> None:
    events = [Event(MONDAY + timedelta(days=n), f"event {n}") for n in range(12)] + [Event(date(2020, 1, 1), "old")]
    chart = trend("Many", [Series("a", weeks(0.5, 0.6, 0.7))], unit=Unit.SHARE, by="week", events=events)
    circles = [(node.get("cx"), node.get("cy")) for node in ET.fromstring(chart.svg()).iter("circle")
               if node.get("class") == "event-mark"]  # fmt: skip
    assert len(circles) == len(set(circles)) == MARKED
    assert chart.key[-1].text == "4 more are not marked"
    assert chart.key[-2].text.endswith("event 11")


def test_labels_of_close_lines_do_not_lie_upon_one_another() -> None:
    chart = trend("Close", [Series("a", weeks(0.5, 0.6))], unit=Unit.SHARE, by="week", baseline=0.5, target=0.505)
    places = {node.text: float(node.get("y", 0)) for node in ET.fromstring(chart.svg()).iter("text")
              if "reference-text" in node.get("class", "")}  # fmt: skip
    assert abs(places["baseline 50.0 %"] - places["target 50.5 %"]) >= 13


def test_many_lines_have_no_bands() -> None:
    assert "band" not in CHARTS["three lines"].svg()
    assert CHARTS["three lines"].table()[0] == ("Week", "Line", "Value", "95 % interval", "n")


def test_bars_say_what_is_missing_and_only_the_first_are_drawn() -> None:
    many = bars("Many", [Bar(f"b{n}", n / 50, n=9) for n in range(50)], unit=Unit.SHARE, most=10)
    assert len(many.rows) == 50
    root = ET.fromstring(many.svg())
    assert len([node for node in root.iter("rect") if node.get("class", "").startswith("rect")]) == 10
    words = [node.text for node in ET.fromstring(CHARTS["bars"].svg()).iter("text")]
    assert "12 of 20" in words
    assert any(word and word.endswith("…") for word in words)


def test_bars_begin_at_the_same_line_as_their_axis() -> None:
    root = ET.fromstring(CHARTS["bars"].svg())
    assert {node.get("x") for node in root.iter("rect")} == {"0"}


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [(0.025, Unit.SHARE, "2.5 %"), (90, Unit.SECONDS, "1.5 min"), (30, Unit.SECONDS, "30 s"),
     (86400, Unit.SECONDS, "1 d"), (2_500_000, Unit.COUNT, "2.5M"), (0.05, Unit.CHANGE, "5 %"), (12, Unit.DAYS, "12")],
)  # fmt: skip
def test_numbers_beside_an_axis_are_short(value: float, unit: Unit, words: str) -> None:
    assert short(value, unit) == words


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.sampled_from(Unit))
@settings(max_examples=200)
def test_an_axis_holds_what_it_shows(low: float, width: float, unit: Unit) -> None:
    found = ticks(low, low + width, unit)
    assert 2 <= len(found) <= 5
    assert found[0] <= low + 1e-6 * max(1, abs(low))
    assert found[-1] >= low + width - 1e-6 * max(1, abs(low + width))
    assert found == sorted(set(found))


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=20))
def test_shares_stay_between_nothing_and_all(values: list[float | None]) -> None:
    low, high = span(values, Unit.SHARE)
    assert 0 <= low < high <= 1
    assert all(low <= value <= high + 1e-9 for value in values if value is not None)


@pytest.mark.parametrize(("unit", "first", "last"), [(Unit.STARS, 1, 5), (Unit.POINTS, 1, 7)])
def test_answers_on_a_scale_stay_between_its_ends(unit: Unit, first: int, last: int) -> None:
    whole = span([1.2, last - 0.3], unit, from_zero=True)
    assert whole == (first, last)
    assert {ticks(*whole, unit)[place] for place in (0, -1)} == {first, last}
    assert span([1.2, last], unit) == (first, last)
    low, high = span([4.1, last - 0.1], unit)
    assert low > first, "far from the beginning it begins closer"
    assert high <= last
    assert span([-0.5, 0.5], unit)[0] <= -0.5, "a difference of two answers is on no scale"
    assert span([], unit) == span([0.0, 1.0], Unit.NUMBER)


def test_bars_on_a_scale_begin_at_its_first_point() -> None:
    chart = bars("Satisfaction", [Bar("all", 3.0, 2.5, 3.5, 40), Bar("none", 1.0, n=20)], unit=Unit.STARS)
    drawn = [each for each in ET.fromstring(chart.svg()).iter() if "rect reactive" in each.get("class", "")]
    track = next(each for each in ET.fromstring(chart.svg()).iter() if each.get("class") == "track")
    wide = sorted(float(each.get("width", 0)) / float(track.get("width", 1)) for each in drawn)
    assert wide == pytest.approx([0.0, 0.5], abs=0.01)


def test_few_days_are_named_below_an_axis() -> None:
    assert days(date(2026, 3, 1), date(2026, 3, 1), By.DAY) == [(date(2026, 3, 1), "1 Mar")]
    year = days(date(2025, 3, 10), date(2026, 3, 10), By.DAY)
    assert year[0] == (date(2025, 4, 1), "Apr 25")
    assert len(year) <= 6
    assert days(date(2026, 3, 2), date(2026, 3, 9), By.MONTH) == [(date(2026, 3, 2), "Mar 26")]
    assert By.MONTH.following(date(2026, 12, 1)) == date(2027, 1, 1)
    assert re.fullmatch(r"\d+ \w+ \d{4}", By.DAY.named(MONDAY))
