"""What Zendesk's answers say of its rate limits, in all the spellings it has used. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_SPELLINGS = ("ratelimit", "rate-limit")
_ENDPOINT = re.compile(r"^zendesk-rate-?limit-(?P<name>.+)$")
_VALUE = re.compile(r"\b([a-z]+)=([0-9]{1,12})\b")
_NUMBER = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Left:
    """How many calls a limit leaves and in how many seconds it starts anew; `endpoint` is empty for the account's.

    `total` is the limit itself, 0 where the answer does not say it.
    """

    endpoint: str
    remaining: int
    resets: float
    total: int = 0


def limits(headers: Mapping[str, str]) -> Iterator[Left]:
    """Every limit that an answer's headers name.

    Account: `ratelimit-*` (2024 on), `rate-limit-*` (before). Endpoint: `zendesk-rate-limit-tickets-update` (2023),
    `zendesk-ratelimit-per-ticket-updates` (2025), each with total, remaining and resets.
    """
    known = {name.lower(): value for name, value in headers.items()}
    for name in _SPELLINGS:
        left, resets = known.get(f"{name}-remaining", ""), known.get(f"{name}-reset", "")
        if _NUMBER.fullmatch(left) and _NUMBER.fullmatch(resets):
            whole = known.get(f"{name}-limit") or known.get(name, "")
            yield Left("", int(left), float(resets), int(whole) if _NUMBER.fullmatch(whole) else 0)
            break
    for name, value in known.items():
        if found := _ENDPOINT.match(name):
            parts = dict(_VALUE.findall(value))
            if "remaining" in parts and "resets" in parts:
                total = int(parts.get("total", 0))
                yield Left(found["name"], int(parts["remaining"]), float(parts["resets"]), total)
