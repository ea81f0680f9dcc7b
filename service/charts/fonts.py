"""The letters of pictures: Roboto, which comes with Deskmark, so that a machine without fonts draws the same picture.

resvg leaves text out where it has no font. Letters that Roboto lacks (Japanese, Arabic ...) are taken from the
machine's fonts, and left out where it has none; what a picture says is always said in words beside it too.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

FAMILY = "Roboto"
BEYOND = 0x0530
"""The first letter behind Latin, Greek and Cyrillic, which Roboto has."""
SIGNS = range(0x2000, 0x2300)
"""Dashes, quotes, currencies and arrows, which it has for the most part."""


@cache
def _own() -> tuple[str, ...]:
    folder = files("font_roboto") / "files"
    return tuple(str(folder / f"Roboto-{weight}.ttf") for weight in ("Regular", "Bold", "Italic"))


def fonts(words: str) -> dict[str, Any]:
    """What resvg is told of fonts to draw these words. Reading the machine's fonts takes a third of a second."""
    own = all(ord(letter) < BEYOND or ord(letter) in SIGNS for letter in words)
    return {"font_files": list(_own()), "skip_system_fonts": own, "font_family": FAMILY, "sans_serif_family": FAMILY}
