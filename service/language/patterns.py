"""One regular expression out of several alternatives, each on its own line."""

from __future__ import annotations

import re


def any_of(*patterns: str) -> re.Pattern[str]:
    """Matches where one of `patterns` does.

    >>> bool(any_of(r"\\bopen\\b", r"\\bclosed\\b").search("we are closed"))
    True
    """
    return re.compile("|".join(patterns))
