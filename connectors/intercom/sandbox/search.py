"""POST /conversations/search over the sandbox's records: filters, nesting limits, pages. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from connectors.intercom.sandbox.shapes import listed
from connectors.intercom.sandbox.workspace import Record

DEFAULT_PAGE, LARGEST_PAGE = 20, 150
DEEPEST, WIDEST = 2, 15


class SearchRefused(ValueError):
    """A query that Intercom does not take; the message says why."""


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda have, want: str(want) in have if isinstance(have, list) else str(have) == str(want),
    "!=": lambda have, want: str(have) != str(want),
    "<": lambda have, want: have is not None and operator.lt(float(have), float(want)),
    "<=": lambda have, want: have is not None and operator.le(float(have), float(want)),
    ">": lambda have, want: have is not None and operator.gt(float(have), float(want)),
    ">=": lambda have, want: have is not None and operator.ge(float(have), float(want)),
    "IN": lambda have, want: str(have) in [str(one) for one in want],
    "NIN": lambda have, want: str(have) not in [str(one) for one in want],
}


def search(records: Iterable[Record], body: Mapping[str, Any]) -> Record:
    """One page of the conversations that match, newest change first; a cursor leads to the next page."""
    query = body.get("query")
    if not isinstance(query, Mapping):
        raise SearchRefused("query is required")
    found = sorted((r for r in records if _matches(r, query, 0)), key=lambda r: (-r["updated_at"], r["id"]))
    pagination = body.get("pagination") or {}
    size = min(int(pagination.get("per_page", DEFAULT_PAGE)), LARGEST_PAGE)
    start = int(pagination.get("starting_after") or 0)
    pages: Record = {
        "type": "pages",
        "page": 1 + start // size,
        "per_page": size,
        "total_pages": -(-len(found) // size),
    }
    if start + size < len(found):
        pages["next"] = {"per_page": size, "starting_after": str(start + size)}
    return {
        "type": "conversation.list",
        "pages": pages,
        "total_count": len(found),
        "conversations": [listed(record) for record in found[start : start + size]],
    }


def _matches(record: Record, query: Mapping[str, Any], depth: int) -> bool:
    how, value = query.get("operator"), query.get("value")
    if how in ("AND", "OR"):
        if depth >= DEEPEST or not isinstance(value, Sequence) or len(value) > WIDEST:
            raise SearchRefused("too many or too deeply nested filters")
        results = [_matches(record, inner, depth + 1) for inner in value]
        return all(results) if how == "AND" else any(results)
    compare = COMPARISONS.get(str(how))
    if compare is None:
        raise SearchRefused(f"unknown operator {how}")
    return compare(_field(record, str(query.get("field"))), value)


def _field(record: Record, path: str) -> Any:
    if path == "contact_ids":
        return [contact["id"] for contact in record["contacts"]["contacts"]]
    if path == "tag_ids":
        return [tag["id"] for tag in record["tags"]["tags"]]
    value: Any = record
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value
