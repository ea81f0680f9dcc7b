"""What Zendesk's answers say of its rate limits, in all the spellings it has used. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_PAIRS = (("ratelimit-remaining", "ratelimit-reset"), ("rate-limit-remaining", "rate-limit-reset"))
_ENDPOINT = re.compile(r"^zendesk-rate-?limit-(?P<name>.+)$")
_VALUE = re.compile(r"(\w+)=(\d+)")


@dataclass(frozen=True, slots=True)
class Left:
    """How many calls a limit leaves and in how many seconds it starts anew; `endpoint` is empty for the account's."""

    endpoint: str
    remaining: int
    resets: float


def limits(headers: Mapping[str, str]) -> Iterator[Left]:
    """Every limit that an answer's headers name.

    Account: `ratelimit-*` (2024 on), `rate-limit-*` (before). Endpoint: `zendesk-rate-limit-tickets-update` (2023),
    `zendesk-ratelimit-per-ticket-updates` (2025), each with total, remaining and resets.
    """
    known = {name.lower(): value for name, value in headers.items()}
    for remaining, reset in _PAIRS:
        if known.get(remaining, "").isdecimal() and known.get(reset, "").isdecimal():
            yield Left("", int(known[remaining]), float(known[reset]))
            break
    for name, value in known.items():
        if found := _ENDPOINT.match(name):
            parts = dict(_VALUE.findall(value))
            if "remaining" in parts and "resets" in parts:
                yield Left(found["name"], int(parts["remaining"]), float(parts["resets"]))
