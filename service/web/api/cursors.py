"""Where a list goes on: a cursor names the last row by what the list is ordered by, so nothing is skipped or doubled
when rows come in between. Opaque to whoever holds it.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

from service.web.problems import Problem

Place = tuple[str, ...]


def cursor(*place: str | datetime) -> str:
    """A cursor behind the row with these sort keys."""
    keys = [key.isoformat() if isinstance(key, datetime) else key for key in place]
    return urlsafe_b64encode(json.dumps(keys, separators=(",", ":")).encode()).decode().rstrip("=")


def place_of(given: str, length: int) -> Place:
    """The sort keys of a cursor. Raises a 400 problem when it is none of ours."""
    try:
        keys = json.loads(urlsafe_b64decode(given + "=" * (-len(given) % 4)))
    except (ValueError, RecursionError) as error:
        raise _unknown() from error
    if not isinstance(keys, list) or len(keys) != length or not all(map(_is_key, keys)):
        raise _unknown()
    return tuple(keys)


def _is_key(key: object) -> bool:
    """A text that every database takes: without lone surrogates and null characters."""
    return isinstance(key, str) and "\0" not in key and not any("\ud800" <= each <= "\udfff" for each in key)


def moment_of(key: str) -> datetime:
    """A sort key that is a time, in UTC. Raises a 400 problem."""
    try:
        moment = datetime.fromisoformat(key)
        if moment.tzinfo is None:
            raise _unknown()
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _unknown() from error


def _unknown() -> Problem:
    fault = {"parameter": "cursor", "detail": "is not one that a list gave"}
    return Problem(400, "a parameter cannot be used", faults=[fault])
