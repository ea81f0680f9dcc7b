"""A chart that is ready to be shown: as SVG within a page, as a picture, and as a table with the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from pygal.graph.graph import Graph

from service.charts.data import Key
from service.charts.drawing import WIDTH, drawn
from service.charts.picture import Theme, picture

Table = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart. `about` says in a sentence what is seen, for those who do not; `key` what lines, colours and marks
    mean. `kind` is the class that its style goes by. `header` and `rows` are the same numbers in words. `draw` makes
    a graph of the library, or the shapes themselves."""

    title: str
    about: str
    kind: str
    width: int
    height: int
    key: tuple[Key, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    draw: Callable[[], Graph | ET.Element]

    def svg(self) -> str:
        """The chart to stand inline in a page, coloured by the classes of charts.css; the same every time.

        It has no ids, so that any number of charts can stand in one page.
        """
        root = ET.Element(
            "svg",
            {"class": f"chart chart-{self.kind}", "viewBox": f"0 0 {self.width} {self.height}", "role": "img"},
        )
        ET.SubElement(root, "title").text = self.title
        ET.SubElement(root, "desc").text = self.about
        root.append(self._drawing())
        return ET.tostring(root, encoding="unicode")

    def png(self, *, width: int = 2 * WIDTH, theme: Theme = Theme.LIGHT) -> bytes:
        """The chart with its title and its key as a PNG of `width` pixels, for mails and messages."""
        return picture(
            self.title, self._drawing(), self.key, kind=self.kind, size=(self.width, self.height), width=width,
            theme=theme,
        )  # fmt: skip

    def _drawing(self) -> ET.Element:
        found = self.draw()
        return drawn(found) if isinstance(found, Graph) else found

    def table(self) -> Table:
        """The same numbers as a table: what stands in its head, and its rows."""
        return self.header, self.rows
