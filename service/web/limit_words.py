"""API limits in words: which one it is, how many calls in which time."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from limits import parse

LIMITS: Mapping[str, str] = MappingProxyType(
    {
        "api": "All requests",
        "tickets-update": "Changing tickets",
        "tickets-update-many": "Changing many tickets at once",
        "search-export": "Searching",
        "incremental": "Reading the history",
    }
)
"""By the connectors' names, which logs use too."""

HISTORY = "/history"
"""The end of the name of the part that reading the history may take."""


def limit_words(bucket: str) -> str:
    """A limit's name.

    >>> limit_words("search-export"), limit_words("api/history"), limit_words("new")
    ('Searching', 'All requests, part for the history', 'new')
    """
    whole = bucket.removesuffix(HISTORY)
    return LIMITS.get(whole, whole) + ("" if whole == bucket else ", part for the history")


def rate_words(rate: str) -> str:
    """A rate.

    >>> rate_words("1600/10 second"), rate_words("700/minute"), rate_words("30 per 10 minutes")
    ('1,600 in 10 seconds', '700 a minute', '30 in 10 minutes')
    """
    limit = parse(rate)
    unit = limit.GRANULARITY.name
    return f"{limit.amount:,} {f'a {unit}' if limit.multiples == 1 else f'in {limit.multiples} {unit}s'}"
