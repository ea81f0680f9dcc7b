"""A chart as a PNG: the same drawing with its title, its key and a style of its own, drawn by resvg.

Pages colour charts by variables of a style sheet, which no mail has; so the colours stand here once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from xml.etree import ElementTree as ET

from resvg_py import svg_to_bytes

from service.charts.data import Key
from service.charts.fonts import FAMILY, fonts

HEAD, LINE, EDGE = 46, 24, 20
"""Units that the title, a line of the key and the edge take."""


class Theme(StrEnum):
    """Which colours a picture has."""

    LIGHT = "light"
    DARK = "dark"


COLOURS: Mapping[Theme, Mapping[str, str]] = MappingProxyType(
    {
        Theme.LIGHT: {
            "surface": "#ffffff", "ink": "#1b1e22", "muted": "#5a616b", "line": "#e1e1db", "edge": "#848a84",
            "accent": "#0b6e5f", "band": "#cfe6e1", "good": "#2f8f5b", "warn": "#c98a1b", "bad": "#c4504a",
            "info": "#3f6fc4", "neutral": "#9aa0a6", "second": "#3f6fc4", "third": "#b0681c", "fourth": "#7a5ba8",
        },
        Theme.DARK: {
            "surface": "#1a1d21", "ink": "#e9eaec", "muted": "#a2a9b3", "line": "#2c3137", "edge": "#707883",
            "accent": "#4fc3ad", "band": "#20443e", "good": "#5cc48a", "warn": "#e0ac4a", "bad": "#ef8078",
            "info": "#86aef5", "neutral": "#80878f", "second": "#86aef5", "third": "#e0a060", "fourth": "#b79be0",
        },
    }
)  # fmt: skip

STYLE = """
text { fill: %(muted)s; font-family: %(family)s; font-size: 13px; }
.heading { fill: %(ink)s; font-size: 18px; font-weight: bold; } .key-text { fill: %(ink)s; font-size: 13px; }
.nofill, .line { fill: none; } .axis .line { stroke: none; } .axis .guide.line, .axis .major.line { stroke: %(line)s; }
.axis.y text { text-anchor: start; } .axis.x text { text-anchor: middle; } .end { text-anchor: end; }
.axis.x .line { stroke: none; } .chart-calibration .axis.x .guide.line { stroke: %(line)s; }
.series .line { stroke: %(accent)s; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
.dot { fill: %(accent)s; stroke: %(surface)s; stroke-width: 1.5; } .band { fill: %(accent)s; opacity: .16; }
.ci path { stroke: %(muted)s; stroke-width: 1.5; fill: none; } .track { fill: %(line)s; opacity: .7; }
.rect { fill: %(accent)s; } .chart-stacked .rect { stroke: %(surface)s; stroke-width: 1.5; }
.reference { fill: none; stroke: %(muted)s; stroke-width: 1.5; stroke-dasharray: 2 4; }
.target { stroke: %(good)s; stroke-dasharray: 8 5; } .reference-text.target { fill: %(good)s; stroke: none; }
.event { stroke: %(edge)s; stroke-width: 1; stroke-dasharray: 3 3; fill: none; }
.event-mark { fill: %(surface)s; stroke: %(edge)s; }
.event-number { fill: %(ink)s; text-anchor: middle; font-size: 11px; }
.label { fill: %(ink)s; } .value { fill: %(ink)s; text-anchor: end; } .missing { font-style: italic; fill: %(muted)s; }
.no_data { text-anchor: middle; } .ideal { fill: none; stroke: %(edge)s; stroke-dasharray: 4 4; }
"""


def _style(theme: Theme) -> str:
    colours = COLOURS[theme]
    rules = [STYLE % {**colours, "family": FAMILY}]
    for place, name in enumerate(("accent", "second", "third", "fourth", "warn", "good", "bad", "neutral")):
        rules.append(f".series-{place} .line, .swatch.series-{place} {{ stroke: {colours[name]}; }}")
        rules.append(f".series-{place} .dot, .series-{place} .rect, .band.series-{place}, .fill.series-{place} "
                     f"{{ fill: {colours[name]}; }}")  # fmt: skip
    rules.append(".series-1 .line, .swatch.series-1 { stroke-dasharray: 7 4; }")
    rules.append(".series-2 .line, .swatch.series-2 { stroke-dasharray: 2 4; }")
    for tone in ("good", "warn", "bad", "info", "neutral"):
        rules.append(f".rect.tone-{tone}, .fill.tone-{tone} {{ fill: {colours[tone]}; }}")
        rules.append(f".tone-{tone} .line, .swatch.tone-{tone} {{ stroke: {colours[tone]}; }}")
        rules.append(f".tone-{tone} .dot, .band.tone-{tone} {{ fill: {colours[tone]}; }}")
    for shade, share in ((1, 0.62), (2, 0.35)):
        rules.append(f".rect.shade-{shade}, .fill.shade-{shade} {{ opacity: {share}; }}")
    return "\n".join(rules)


def picture(
    title: str,
    drawing: ET.Element,
    key: Sequence[Key],
    *,
    kind: str,
    size: tuple[int, int],
    width: int,
    theme: Theme,
) -> bytes:
    """The drawing of `size` units below its title, with its key beneath; a PNG `width` pixels wide."""
    wide, high = size[0] + 2 * EDGE, HEAD + size[1] + len(key) * LINE + EDGE
    root = ET.Element(
        "svg",
        {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {wide} {high}", "width": f"{wide}",
         "height": f"{high}", "class": f"chart chart-{kind}"},
    )  # fmt: skip
    _text(root, title, EDGE, 28, "heading")
    placed = ET.SubElement(root, "g", {"transform": f"translate({EDGE},{HEAD})"})
    placed.append(drawing)
    for place, line in enumerate(key):
        _key(root, line, HEAD + size[1] + place * LINE + LINE // 2)
    svg = ET.tostring(root, encoding="unicode")
    return svg_to_bytes(
        svg_string=svg,
        style_sheet=_style(theme),
        background=COLOURS[theme]["surface"],
        width=width,
        **fonts(svg),
    )


def _key(root: ET.Element, line: Key, y: int) -> None:
    if line.number:
        ET.SubElement(root, "circle", {"cx": f"{EDGE + 10}", "cy": f"{y}", "r": "9", "class": "event-mark"})
        _text(root, line.number, EDGE + 10, y + 4, "event-number")
    elif line.mark == "dot-key":
        ET.SubElement(root, "circle", {"cx": f"{EDGE + 10}", "cy": f"{y}", "r": "5", "class": "dot"})
    elif "fill" in line.mark.split():
        mark = {"x": f"{EDGE + 4}", "y": f"{y - 6}", "width": "12", "height": "12", "rx": "2", "class": line.mark}
        ET.SubElement(root, "rect", mark)
    else:
        ET.SubElement(root, "path", {"d": f"M{EDGE} {y}h20", "class": line.mark, "stroke-width": "2.5"})
    _text(root, line.text, EDGE + 30, y + 5, "key-text")


def _text(root: ET.Element, words: str, x: float, y: float, class_: str) -> None:
    ET.SubElement(root, "text", {"x": f"{x}", "y": f"{y}", "class": class_}).text = words
