"""pygal's drawings made plain: no script, no style, no ids, no dates, short numbers; coloured by classes alone.

What Deskmark draws beside pygal's own lines and bars (bands, lines of reference, events, labels within the plot) goes
through pygal's projection and nodes, so that it fits whatever scale pygal chose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from pygal.config import Config
from pygal.etree import etree
from pygal.graph.graph import Graph
from pygal.style import Style

etree.to_etree()  # lxml, where it happens to be installed, writes the same chart differently.

WIDTH = 640
"""Units that every chart is wide; the page or the picture says how large a unit is."""

LETTERS = 13
"""Size of a chart's letters in units, where there is room; narrow pages enlarge them by style."""

DROPPED = frozenset({"defs", "desc", "style", "script"})
NUMBER = re.compile(r"-?\d+\.\d+")
PLAIN = Style(label_font_size=LETTERS, major_label_font_size=LETTERS, value_font_size=LETTERS, font_family="sans-serif")


class _Once(Config):
    """The settings of one chart: pygal copies them deep for the next one, of which there is none."""

    def copy(self) -> _Once:
        return self


def config(height: int, **given: Any) -> Config:
    """What all charts have in common."""
    return _Once(
        width=WIDTH, height=height, js=(), css=(), style=PLAIN, no_prefix=True, show_legend=False, margin=0, spacing=4,
        truncate_label=-1, x_value_formatter=lambda _: "", classes=(), no_data_text="No number to show yet", **given,
    )  # fmt: skip


class Drawn(Graph):
    """What every chart does otherwise than pygal: a tooltip is a title, margins are fixed, labels stand in the plot.

    `margins`: top, right, bottom, left, in units. `room`: share of its length that an axis goes beyond its ends.
    `beside`: whether the numbers of the y axis stand beside the plot, for columns would hide them; else on its lines.
    """

    margins = (10, 16, 26, 16)
    room = 0.02
    beside = False

    def __getattribute__(self, name: str) -> Any:
        """As pygal's, in one step: while it draws it asks so for almost everything, thousands of times a chart."""
        state = object.__getattribute__(self, "__dict__").get("state")
        if state is not None and name in state.__dict__ and name != "state" and not name.startswith("__"):
            return state.__dict__[name]
        return object.__getattribute__(self, name)

    def _draw(self) -> None:
        self.svg.pre_render = _nothing  # It writes pygal's script and style sheet, which would be taken out again.
        super()._draw()

    def _tooltip_data(self, *_given: Any, **_more: Any) -> None:
        """Nothing: it needs a script. `tooltip` in a value's metadata becomes a title."""

    def _tooltip_and_print_values(self, *_given: Any) -> None:
        """Nothing, for the same reason."""

    def _compute_y_labels(self) -> None:
        """Just those that were given: pygal looks for others first, which takes longer than all the drawing."""
        places = list(self.y_labels or ())
        self._y_labels = [(self._y_format(place), place) for place in places]
        self._box.ymin = min([self._box.ymin, *places])
        self._box.ymax = max([self._box.ymax, *places])

    def _compute_margin(self) -> None:
        super()._compute_margin()
        box = self.margin_box
        box.top, box.right, box.bottom, box.left = self.margins

    def _set_view(self) -> None:
        self._box.margin = self.room
        super()._set_view()

    def _y_axis(self) -> None:
        """Numbers of the y axis, where they take little room."""
        super()._y_axis()
        for text in self.nodes["plot"].iterfind("./g[@class='axis y always_show']/g/text"):
            text.set("x", f"{8 - self.margin_box.left if self.beside else 0}")
            if not self.beside:
                text.set("y", f"{float(text.get('y')) - 0.35 * LETTERS - 4}")

    def _confidence_interval(self, node: Any, x: float, y: float, value: Any, metadata: Any) -> None:
        """pygal's, also where a value is an x and a y."""
        super()._confidence_interval(node, x, y, value[1] if isinstance(value, list) else value, metadata)

    def text(self, parent: Any, words: str, x: float, y: float, class_: str) -> Any:
        """Words at a place of the plot."""
        node = self.svg.node(parent, "text", x=x, y=y, class_=class_)
        node.text = words
        return node

    def path(self, parent: Any, points: Sequence[tuple[float, float]], class_: str, *, close: bool = False) -> None:
        """A line through places of the plot."""
        drawn = "M" + " L".join(f"{x:f} {y:f}" for x, y in points) + (" Z" if close else "")
        self.svg.node(parent, "path", d=drawn, class_=class_)


def _nothing() -> None:
    pass


def drawn(chart: Graph) -> ET.Element:
    """The chart as a group of plain shapes, with the chart's own width and height."""
    root = chart.render_tree()
    _strip(root)
    group = ET.Element("g", {"class": "chart-drawing"})
    group.extend(list(root))
    return group


def _strip(node: Any) -> None:
    for child in list(node):
        if not isinstance(child.tag, str) or child.tag in DROPPED or _is_empty(child):
            node.remove(child)
            continue
        for name in ("id", "style", "transform") if child.get("transform") == "translate(0 0)" else ("id", "style"):
            child.attrib.pop(name, None)
        for name, value in child.attrib.items():
            if "." in value:
                child.set(name, NUMBER.sub(_shorter, value))
        _strip(child)
        if child.tag == "g" and not len(child):
            node.remove(child)


def _shorter(found: re.Match[str]) -> str:
    return f"{float(found[0]):.1f}".removesuffix(".0")


def _is_empty(node: Any) -> bool:
    """Boxes for tooltips and backgrounds, titles of nothing, and the title of the whole, which is written anew."""
    class_ = node.get("class", "")
    return class_ in ("background", "tooltip", "titles") or (node.tag == "title" and node.text in (None, "", "Pygal"))
