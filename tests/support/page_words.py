"""A page as its reader sees it."""

from __future__ import annotations

import html
import re
from typing import Any

_MARKUP = re.compile(r"<(style|svg).*?</\1>|<[^>]+>", re.DOTALL)


def words(answer: Any) -> str:
    """The page without mark-up and drawings, white space as one blank."""
    return read(answer.get_data(as_text=True))


def read(text: str) -> str:
    """The same of its HTML."""
    return " ".join(html.unescape(_MARKUP.sub(" ", text)).split())
